/**
 * One thing done to several tables of a window, each in a short transaction of its own, one after the other. Who writes one side
 * holds it and comes to the other one's table, in either order: against clients that never pause, a lock on both tables at once is
 * had only in a moment when nobody writes (measured: up to 44 attempts). One table is had as soon as those have ended who hold it.
 */
import type { LockMode } from '../sql/lock-mode.js';
import type { OperationId, Reversal, StatementOperation } from '../operation/operation.js';
import { plain, statementBase } from '../operation/plain-statement.js';

export interface EachTable {
  readonly step: string;
  /** Of each with its number behind it. */
  readonly id: OperationId;
  readonly mode: LockMode;
  readonly label: (table: string) => string;
  /** None: the table is passed over. */
  readonly statements: (table: string) => readonly string[];
  /** What the first of them waits for. */
  readonly after: readonly OperationId[];
  readonly reversal?: (table: string, number: number) => Reversal;
}

export function tableByTable(
  tables: readonly string[],
  { step, id, mode, label, statements, after, reversal }: EachTable,
): readonly StatementOperation[] {
  const made: StatementOperation[] = [];
  for (const table of tables) {
    const texts = statements(table);
    if (texts.length === 0) continue;
    const base = statementBase(step, `${id}/${made.length + 1}`);
    made.push({
      ...base,
      label: label(table),
      lockFirst: [table],
      locks: [{ relation: table, mode }],
      writes: [table],
      after: made.length === 0 ? after : [made.at(-1)!.id],
      statements: texts.map(plain),
      ...(reversal !== undefined && { reversal: reversal(table, made.length + 1) }),
    });
  }
  return made;
}

/** Ids of those that must have ended for all of them to have ended. */
export function lastOf(made: readonly StatementOperation[], otherwise: readonly OperationId[]): readonly OperationId[] {
  return made.length === 0 ? otherwise : [made.at(-1)!.id];
}
