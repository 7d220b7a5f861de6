/**
 * The way back of a run: the reversals of what was begun, linked in reverse. The same vocabulary as the way there, so the
 * same executor runs it with the same checkpoints.
 */
import { graphDigest, type OperationGraph } from '../operation/operation-graph.js';
import type { Operation, OperationId } from '../operation/operation.js';
import { orderOperations } from './order-operations.js';

export interface CompiledRollback {
  readonly graph: OperationGraph;
  readonly digest: string;
}

export type RollbackOutcome =
  | ({ readonly ok: true } & CompiledRollback)
  /** Steps that were begun and have no way back. */
  | {
      readonly ok: false;
      readonly irreversible: readonly { readonly operation: OperationId; readonly reason: string }[];
    };

/** `begun`: ids of operations of `graph` that may have changed something. The checks of the run's invariants come last. */
export function compileRollback(graph: OperationGraph, begun: ReadonlySet<OperationId>): RollbackOutcome {
  const taken = graph.operations.filter((operation) => begun.has(operation.id));
  const irreversible = taken.flatMap(({ id, reversal }) =>
    reversal.kind === 'irreversible' ? [{ operation: id, reason: reversal.reason }] : [],
  );
  if (irreversible.length > 0) return { ok: false, irreversible };

  const later = successorsOf(graph);
  const reversals = new Map(taken.map((operation) => [operation.id, reversalOf(operation)]));
  // In reverse order, each after the reversals of everything that came after it on the way there. Operations of one step
  // may share a reversal, which then waits for what any of them waits for.
  const operations = new Map<OperationId, Operation>();
  for (const operation of [...taken].reverse()) {
    const own = reversals.get(operation.id)!;
    const ownIds = own.map((reversal) => reversal.id);
    const waits = [...later(operation.id)]
      .flatMap((id) => (reversals.get(id) ?? []).map((reversal) => reversal.id))
      .filter((id) => !ownIds.includes(id));
    for (const reversal of own) {
      const known = operations.get(reversal.id) ?? reversal;
      operations.set(reversal.id, { ...known, after: [...new Set([...known.after, ...waits])] });
    }
  }
  const ordered = orderOperations([...operations.values(), ...invariants(graph)]);
  if (!ordered.ok) throw new Error(`the way back of an acyclic graph has a cycle: ${ordered.cycle.join(' → ')}`);
  const back: OperationGraph = {
    ...sameFor(graph),
    direction: 'rollback',
    operations: ordered.operations,
    edges: ordered.edges,
  };
  return { ok: true, graph: back, digest: graphDigest(back) };
}

/** Without what later plans would go on with: that is no business of the way back. */
function sameFor({
  format,
  plan,
  target,
  steps,
  limits,
  fingerprint,
  goesOnWith,
}: OperationGraph): Omit<OperationGraph, 'direction' | 'operations' | 'edges' | 'windows'> {
  return {
    ...{ format, plan, steps, limits, fingerprint },
    ...(target !== undefined && { target }),
    ...(goesOnWith !== undefined && { goesOnWith }),
  };
}

function reversalOf(operation: Operation): readonly Operation[] {
  return operation.reversal.kind === 'operations' ? operation.reversal.operations : [];
}

/** They held when the run began, so they must hold when it has gone. */
function invariants(graph: OperationGraph): readonly Operation[] {
  return graph.operations
    .filter((operation) => operation.id.startsWith('begin/invariant/'))
    .map((operation) => ({ ...operation, id: `undo/${operation.id}`, after: [], skipWhen: [] }));
}

/** All that comes after an operation, directly or not. */
function successorsOf(graph: OperationGraph): (id: OperationId) => ReadonlySet<OperationId> {
  const direct = new Map<OperationId, OperationId[]>();
  for (const [before, after] of graph.edges) direct.set(before, [...(direct.get(before) ?? []), after]);
  return (id) => {
    const reached = new Set<OperationId>();
    const stack = [id];
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      for (const next of direct.get(at) ?? []) {
        if (reached.has(next)) continue;
        reached.add(next);
        stack.push(next);
      }
    }
    return reached;
  };
}
