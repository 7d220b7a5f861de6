/**
 * Which checks of a graph can be asked now. Where an operation changes names or columns, what stands before it asks by other
 * names than what stands behind it: a check holds for the shape between two of them, and the run's journal knows which it is.
 */
import type { OperationGraph } from '../operation/operation-graph.js';
import type { Operation, OperationId } from '../operation/operation.js';

export type Due = 'now' | 'not yet' | 'no longer';

/** `done`: operations that have run. Graphs are in the order of their edges. */
export function dueChecks(
  { operations }: Pick<OperationGraph, 'operations'>,
  done: ReadonlySet<OperationId>,
): (operation: Operation) => Due {
  const changes = operations.flatMap((operation, at) =>
    operation.kind === 'statement' && operation.changesShape === true ? [{ at, operation }] : [],
  );
  return (asked) => {
    const place = operations.indexOf(asked);
    for (const { at, operation } of changes) {
      if (!operation.writes.some((key) => asked.reads.includes(key))) continue;
      const isDone = done.has(operation.id);
      if (at < place && !isDone) return 'not yet';
      if (at > place && isDone) return 'no longer';
    }
    return 'now';
  };
}
