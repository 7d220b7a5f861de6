/** What the way back of a run is, by what the journal says was begun; and whether there is one. */
import type { OperationState } from '../executor/journal.js';
import type { OperationGraph } from '../operation/operation-graph.js';
import { compileRollback, type RollbackOutcome } from '../planner/compile-rollback.js';

interface Begun {
  readonly id: string;
  readonly state: OperationState;
}

export function wayBackFrom(graph: OperationGraph, operations: readonly Begun[]): RollbackOutcome {
  const begun = operations.filter(({ state }) => state !== 'pending' && state !== 'skipped');
  return compileRollback(graph, new Set(begun.filter((one) => !leftNothing(one, graph)).map(({ id }) => id)));
}

/**
 * A transaction that failed, or did not get its locks, was rolled back whole. Outside one, a failed attempt is taken away
 * before it is called failed, where the operation knows how.
 */
function leftNothing({ id, state }: Begun, graph: OperationGraph): boolean {
  const operation = graph.operations.find((candidate) => candidate.id === id);
  if (operation?.kind !== 'statement') return false;
  if (operation.transactional) return state === 'failed' || state === 'blocked';
  return state === 'failed' && (operation.observation?.leftover ?? null) !== null;
}
