/**
 * Closing: a last comparison of every row, and then one short transaction that finds the mirrors as they were made and makes them
 * fall silent. The keys that are written meanwhile are noted down, as for a cutover, and compared under the lock of that transaction:
 * measured, a transaction that was open while everything was compared left rows that differ, and nobody was told. All mirrors
 * fall silent at once, behind all writers in flight: so the side that is left holds each transaction wholly, or not at all. Then
 * their triggers go, table by table.
 */
import type { Operation, Reversal, StatementOperation } from '../../operation/operation.js';
import { describeMirror, dropFunctions, dropBack, silence } from './define-mirror.js';
import { compareWindow } from './join-window.js';
import { dropBackTriggers, dropTriggersOn, hasPartitions, mirrorIsIntact } from './mirror-triggers.js';
import { tablesOf, targetsOf, truncatedBy, type OpenOptions } from './open-window.js';
import { noFailures } from './mirror-failures.js';
import { sqlName } from '../../mapping/mapping.js';
import { oldSideIsQuiet } from '../old-writers.js';
import { advanceSequences } from './sequences.js';
import { lastOf, tableByTable } from '../table-by-table.js';
import { watchWindows } from './watch-operations.js';
import { forgetWatch, touchedAgree, touchedBacklog, unwatchTable } from './watch-window.js';
import { noTruncateHasPassed } from './partitions-since.js';
import { moveWindow, windowMayMove } from '../window-state.js';
import type { TablesWindow } from './tables-window.js';
import { forgetKeys } from '../forget-keys.js';
import { plain, statementBase } from '../../operation/plain-statement.js';

export interface CloseOptions extends Pick<OpenOptions, 'family' | 'readsOf'> {
  /** How long nobody may have written to the old side, after a cutover. */
  readonly quietMs: number;
}

const NO_WAY_BACK: Reversal = {
  kind: 'irreversible',
  reason: 'a closed window has no mirrors that would take the way back with it',
};

/** `step`: the one that closes it. */
export function closeWindow(
  window: TablesWindow,
  step: string,
  { family, readsOf, quietMs }: CloseOptions,
): readonly Operation[] {
  const { id, mirrors } = window;
  const tables = tablesOf(window);
  const described = mirrors.map(describeMirror).join(', ');
  const intact = mirrors.map((mirror) => mirrorIsIntact(mirror, truncatedBy(mirror, family)));
  const watch = watchWindows([window], step, {
    id: `${step}/watch/${id}`,
    undo: `undo/${step}/watch/${id}`,
    assertions: intact,
  });
  const compare = compareWindow(window, step, `${step}/compare/${id}`, readsOf).map((check) => ({
    ...check,
    after: [...check.after, ...watch.last],
  }));
  // The leading side first, here and below: who writes there holds it and comes to the other side, and the other side is quiet.
  const leadingFirst = [...new Set([...(window.leads === 'new' ? targetsOf(mirrors) : []), ...tables])];
  const end: StatementOperation = {
    ...statementBase(step, `${step}/close/${id}`),
    label: `silence the mirrors of ${described}`,
    lockFirst: leadingFirst,
    locks: leadingFirst.map((relation) => ({ relation, mode: 'EXCLUSIVE' })),
    writes: tables,
    after: compare.map((check) => check.id),
    backlog: mirrors.map((mirror) => touchedBacklog(window, mirror)),
    assertions: [
      windowMayMove(window, 'closed'),
      ...intact,
      noFailures(window),
      ...mirrors.map((mirror) => touchedAgree(window, mirror)),
      ...mirrors.filter(hasPartitions).map((mirror) => noTruncateHasPassed(window, mirror)),
      ...(window.leads === 'new' ? [oldSideIsQuiet(window, quietMs)] : []),
    ],
    // Nobody inserts under this lock; whoever comes next may be numbered by the side that stays.
    statements: [...mirrors.flatMap(silence), ...advanceSequences(window), moveWindow(window, 'closed')].map(plain),
    reversal: NO_WAY_BACK,
  };
  const drop = tableByTable(leadingFirst, {
    ...{ step, id: `${step}/drop/${id}`, mode: 'ACCESS EXCLUSIVE', after: [end.id], reversal: () => NO_WAY_BACK },
    label: (table) => `remove the mirrors from ${table}`,
    statements: (table) => [
      ...unwatchTable(window, table),
      ...mirrors.flatMap((mirror) => [
        ...dropTriggersOn(mirror, table, family(table)),
        ...(mirror.back !== null && sqlName(mirror.mapping.target) === table ? dropBackTriggers(mirror) : []),
      ]),
    ],
  });
  const forget: StatementOperation = {
    ...statementBase(step, `${step}/forget/${id}`),
    label: `drop the functions of the window of ${described}, and forget what it noted`,
    after: lastOf(drop, [end.id]),
    statements: [
      ...mirrors.flatMap((mirror) => (mirror.back === null ? [] : dropBack(mirror, mirror.back))),
      ...mirrors.flatMap(dropFunctions),
      ...forgetWatch(window),
      ...forgetKeys(window),
    ].map(plain),
    reversal: NO_WAY_BACK,
  };
  return [...watch.operations, ...compare, end, ...drop, forget];
}
