/**
 * The opposite mirror: from here on a write to the target reaches the source too. Only behind a fill that was compared:
 * measured, the fill's own INSERTs would fire it, and a row deleted meanwhile came back.
 */
import { checkOperations } from '../../checks/check-operations.js';
import { sqlName } from '../../mapping/mapping.js';
import type { Operation, StatementOperation } from '../../operation/operation.js';
import { comparedInWindow } from './compare-window.js';
import { defineBack, dropBack } from './define-mirror.js';
import { createBackTriggers, dropBackTriggers, hasPartitions } from './mirror-triggers.js';
import { noTruncateHasPassed } from './partitions-since.js';
import { tablesOf, targetsOf } from './open-window.js';
import { advanceSequences } from './sequences.js';
import type { Mirror, TablesWindow } from './tables-window.js';
import { plain, statementBase } from '../../operation/plain-statement.js';

export interface JoinOptions {
  /** Keys of relations that the texts of a mapping read besides its row. */
  readonly readsOf: (mirror: Mirror) => readonly string[];
}

/** `step`: the one that fills the last of its targets. */
export function joinWindow(window: TablesWindow, step: string, { readsOf }: JoinOptions): readonly Operation[] {
  const { id, mirrors } = window;
  const tables = tablesOf(window);
  const both = mirrors.flatMap((mirror) => (mirror.back === null ? [] : [[mirror, mirror.back] as const]));
  const compare = compareWindow(window, step, `${step}/join/${id}`, readsOf);
  const targets = targetsOf(mirrors);
  const named = both.map(([{ mapping }]) => `${sqlName(mapping.target)} → ${sqlName(mapping.source)}`).join(', ');
  const join: StatementOperation = {
    ...statementBase(step, `${step}/join/${id}`),
    label: `keep ${named} in step from now on`,
    lockFirst: tables,
    locks: tables.map((relation) => ({ relation, mode: 'SHARE ROW EXCLUSIVE' })),
    writes: tables,
    after: compare.map((check) => check.id),
    statements: [
      ...both.flatMap(([mirror, back]) => defineBack(mirror, back, window)),
      ...both.flatMap(([mirror, back]) => createBackTriggers(mirror, back)),
      ...advanceSequences(window),
    ].map(plain),
    reversal: {
      kind: 'operations',
      operations: [
        {
          ...statementBase(step, `undo/${step}/join/${id}`),
          label: `no longer answer writes to ${targets.join(', ')}`,
          // Not the sources, which who writes a target comes to. All targets at once: else the source got half of a transaction.
          lockFirst: targets,
          locks: targets.map((relation) => ({ relation, mode: 'ACCESS EXCLUSIVE' })),
          writes: targets,
          statements: both
            .flatMap(([mirror, back]) => [...dropBackTriggers(mirror), ...dropBack(mirror, back)])
            .map(plain),
        },
      ],
    },
  };
  return [...compare, join];
}

/**
 * Every row of both sides, before something that would be wrong with a difference. Between two turns somebody may have switched a
 * mirror off and on again, which nothing shows afterwards: so it holds for the turn that asked.
 */
export function compareWindow(
  window: TablesWindow,
  step: string,
  prefix: string,
  readsOf: JoinOptions['readsOf'],
): ReturnType<typeof checkOperations> {
  const checks = window.mirrors.flatMap((mirror) => {
    const reads = [...new Set([sqlName(mirror.mapping.source), sqlName(mirror.mapping.target), ...readsOf(mirror)])];
    // Before the rows themselves: it says why they differ.
    const partitions = hasPartitions(mirror) ? [{ query: noTruncateHasPassed(window, mirror), reads }] : [];
    return [...partitions, { query: comparedInWindow(window, mirror), reads }];
  });
  return checkOperations(checks, { step, prefix, effect: 'fail', barrier: true, lasts: 'turn' });
}
