/**
 * Closing: a last comparison of every row, and then one short transaction that finds the mirrors as they were made and takes
 * them away. Nothing is lost between the two: what is written in between is written to both sides by the same mirrors.
 */
import type { Operation, StatementOperation } from '../operation/operation.js';
import { describeMirror, dropFunctions } from './define-mirror.js';
import { compareWindow, leaveBack } from './join-window.js';
import { forgetKeys } from './leave-window.js';
import { dropTriggers, mirrorIsIntact } from './mirror-triggers.js';
import { plain, statementBase, tablesOf, truncatedBy, type OpenOptions } from './open-window.js';
import { noFailures } from './mirror-failures.js';
import { oldSideIsQuiet } from './old-writers.js';
import { moveWindow, windowMayMove } from './window-state.js';
import type { Window } from './window.js';

export interface CloseOptions extends Pick<OpenOptions, 'family' | 'readsOf'> {
  /** How long nobody may have written to the old side, after a cutover. */
  readonly quietMs: number;
}

/** `step`: the one that closes it. */
export function closeWindow(
  window: Window,
  step: string,
  { family, readsOf, quietMs }: CloseOptions,
): readonly Operation[] {
  const { id, mirrors } = window;
  const tables = tablesOf(window);
  const compare = compareWindow(window, step, `${step}/compare/${id}`, readsOf);
  const end: StatementOperation = {
    ...statementBase(step, `${step}/close/${id}`),
    label: `remove the mirrors of ${mirrors.map(describeMirror).join(', ')}`,
    lockFirst: tables,
    locks: tables.map((relation) => ({ relation, mode: 'ACCESS EXCLUSIVE' })),
    writes: tables,
    barrier: true,
    after: compare.map((check) => check.id),
    assertions: [
      windowMayMove(window, 'closed'),
      ...mirrors.map((mirror) => mirrorIsIntact(mirror, truncatedBy(mirror, family))),
      noFailures(window),
      ...(window.leads === 'new' ? [oldSideIsQuiet(window, quietMs)] : []),
    ],
    statements: [
      ...mirrors.flatMap((mirror) => dropTriggers(mirror, truncatedBy(mirror, family))),
      ...mirrors.flatMap((mirror) => (mirror.back === null ? [] : leaveBack([mirror, mirror.back]))),
      ...mirrors.flatMap(dropFunctions),
      ...forgetKeys(window),
      moveWindow(window, 'closed'),
    ].map(plain),
    reversal: { kind: 'irreversible', reason: 'a closed window has no mirrors that would take the way back with it' },
  };
  return [...compare, end];
}
