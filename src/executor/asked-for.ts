/** What the answer of a check is needed for: the first that counts on it. */
import type { OperationGraph } from '../operation/operation-graph.js';
import type { Operation, OperationId } from '../operation/operation.js';

/**
 * Whoever waits for a whole step, or on the way back for all that came later, names its checks as well; but it comes behind what they
 * were asked for. By then they need not hold any more: rows are being taken away, or nobody keeps the sides in step.
 */
export function askedFor(check: OperationId, { operations }: OperationGraph): readonly Operation[] {
  const named = operations.filter(({ after }) => after.includes(check));
  return named.filter(({ after }) => !named.some(({ id }) => after.includes(id)));
}
