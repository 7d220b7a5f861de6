/** Operations on a window inside of tables that both its cutover and its close are made of. */
import { checkOperations } from '../../checks/check-operations.js';
import type { CheckOperation, OperationId, StatementOperation } from '../../operation/operation.js';
import type { ColumnsWindow, Side } from './columns-window.js';
import { compareTwins } from './compare-twins.js';
import { statementBase } from '../../operation/plain-statement.js';

/** Every row of every table, table by table; it holds for the turn that asked. */
export function compareColumns(
  window: ColumnsWindow,
  leads: Side,
  step: string,
  prefix: OperationId,
): readonly CheckOperation[] {
  return checkOperations(compareTwins(window, leads), { step, prefix, effect: 'fail', barrier: true, lasts: 'turn' });
}

/** A short transaction that keeps everybody out of these tables. `others`: what it locks besides, partitions among it. */
export function exclusive(
  step: string,
  id: OperationId,
  tables: readonly string[],
  others: readonly string[],
): StatementOperation {
  return {
    ...statementBase(step, id),
    lockFirst: tables,
    locks: [...tables, ...others].map((relation) => ({ relation, mode: 'ACCESS EXCLUSIVE' })),
    writes: [...tables, ...others],
    barrier: true,
  };
}

/**
 * Parents first, as most transactions come to them: one that has a parent and goes on to its child meets us waiting for the
 * parent, with nothing in hand. The other way round each would wait for the other until our attempt is over.
 */
export function tablesInOrder(windows: readonly ColumnsWindow[]): readonly string[] {
  return [...new Set(windows.flatMap(({ tables }) => tables.map(({ name }) => name)))];
}
