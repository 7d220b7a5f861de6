/**
 * Keys that are written are noted down from here on: before the comparison behind which a side begins to lead, or a window ends. The
 * triggers wait for the transactions that have written a table, so that none is open that the comparison does not see and no note tells.
 */
import type { CheckQuery } from '../../operation/check-query.js';
import type { OperationId, Reversal, StatementOperation } from '../../operation/operation.js';
import { IS_A_WAY_BACK } from '../../operation/operation.js';
import { plain, statementBase } from '../../operation/plain-statement.js';
import { lastOf, tableByTable } from '../table-by-table.js';
import { sourcesFirst } from './open-window.js';
import { guardPartitions } from './partitions-since.js';
import { advanceSequences } from './sequences.js';
import type { TablesWindow } from './tables-window.js';
import { defineWatch, forgetWatch, unwatchTable, watchTable } from './watch-window.js';

export interface WatchIds {
  readonly id: OperationId;
  /** Of its way back; null: it is part of one itself. */
  readonly undo: OperationId | null;
  /** Before anything is made: what is found wrong only later stands in the record of what the run left by then. */
  readonly assertions?: readonly CheckQuery[];
}

/** `last`: what must have ended for all tables to be watched. */
export function watchWindows(
  windows: readonly TablesWindow[],
  step: string,
  { id, undo, assertions }: WatchIds,
): { readonly operations: readonly StatementOperation[]; readonly last: readonly OperationId[] } {
  const prepare: StatementOperation = {
    ...statementBase(step, id),
    label: 'make the functions that note down which keys are written',
    barrier: true,
    ...(assertions !== undefined && { assertions }),
    statements: windows.flatMap(defineWatch).map(plain),
    reversal: undo === null ? IS_A_WAY_BACK : wayBackTo(forgetting(windows, step, undo)),
  };
  const watch = tableByTable(sourcesFirst(windows.flatMap(({ mirrors }) => mirrors)), {
    ...{ step, id, mode: 'SHARE ROW EXCLUSIVE', after: [prepare.id] },
    label: (table) => `note down which keys of ${table} are written from now on`,
    statements: (table) =>
      windows.flatMap((window) => [...guardPartitions(window, table), ...watchTable(window, table)]),
    ...(undo !== null && {
      reversal: (table, number) => {
        const unwatch = tableByTable([table], unwatching(windows, step, undo));
        return wayBackTo(...unwatch.map((one) => ({ ...one, id: `${undo}/${number}` })));
      },
    }),
  });
  return { operations: [prepare, ...watch], last: lastOf(watch, [prepare.id]) };
}

/** ACCESS EXCLUSIVE, for DROP TRIGGER. Under it nobody takes a number of a sequence of the table. */
export function unwatching(
  windows: readonly TablesWindow[],
  step: string,
  id: OperationId,
): Parameters<typeof tableByTable>[1] {
  return {
    ...{ step, id, mode: 'ACCESS EXCLUSIVE', after: [] },
    label: (table) => `stop noting down which keys of ${table} are written`,
    statements: (table) =>
      windows.flatMap((window) => [...unwatchTable(window, table), ...advanceSequences(window, table)]),
  };
}

export function forgetting(windows: readonly TablesWindow[], step: string, id: OperationId): StatementOperation {
  return {
    ...statementBase(step, id),
    label: 'forget which keys were written',
    statements: windows.flatMap(forgetWatch).map(plain),
  };
}

function wayBackTo(...operations: readonly StatementOperation[]): Reversal {
  return { kind: 'operations', operations };
}
