/**
 * Rows written without the triggers of others: the server is told that it applies what was decided elsewhere. Owns where
 * that begins and ends inside a batch: the journal is written as always. It switches off the server's own triggers behind
 * foreign keys as well, so a batch that does this looks up the parents itself and reports the first row that has none.
 */
import type { BatchProblem, BatchWork } from '../operation/operation.js';
import { DatabaseError, type Session } from './session.js';

export async function withUserTriggers<T>(
  { userTriggers = 'fire' }: Pick<BatchWork, 'userTriggers'>,
  session: Session,
  work: () => Promise<T>,
): Promise<T> {
  if (userTriggers === 'fire') return work();
  await session.query('SET LOCAL session_replication_role = replica');
  const result = await work();
  await session.query('SET LOCAL session_replication_role = DEFAULT');
  return result;
}

const FOREIGN_KEY_VIOLATION = '23503';

/** As the server would have refused the row; undefined for another problem. */
export function missingParent({ code, rows }: BatchProblem): DatabaseError | undefined {
  if (code !== 'parent_missing') return undefined;
  const { constraint = '', table = '', key = '', parent = '' } = (rows[0] ?? {}) as Partial<Record<string, string>>;
  return new DatabaseError(`a row of ${table} violates the foreign key "${constraint}"`, {
    kind: 'statement',
    sqlstate: FOREIGN_KEY_VIOLATION,
    detail: `${key} is not present in ${parent}.`,
    constraint,
  });
}
