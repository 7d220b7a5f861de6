/**
 * Which operation waits for which. Document order is the meaning: of two operations that touch the same relation, one of
 * them writing, the earlier stays earlier; a barrier stays between what is before and behind it; everything else may run
 * side by side.
 */
import { dagBuilder, topologicalOrder, transitiveReduction } from '../graph/dag.js';
import type { FamilyOf } from './partition-families.js';
import { ANYTHING, type Operation, type OperationId } from '../operation/operation.js';

export type OrderedOperations =
  | {
      readonly ok: true;
      readonly operations: readonly Operation[];
      readonly edges: readonly (readonly [OperationId, OperationId])[];
    }
  | { readonly ok: false; readonly cycle: readonly OperationId[] };

/** `operations` in document order. */
export function orderOperations(
  operations: readonly Operation[],
  familyOf: FamilyOf = (relation) => [relation],
): OrderedOperations {
  const builder = dagBuilder(operations.map((operation) => operation.id));
  const touched = operations.map(({ reads, writes }) => ({
    reads: new Set(reads.flatMap(familyOf)),
    writes: new Set(writes.flatMap(familyOf)),
  }));
  for (const [index, operation] of operations.entries()) {
    builder.mustRun(operation.id).after(...operation.after, ...operation.skipWhen);
    for (let earlier = 0; earlier < index; earlier++) {
      const before = operations[earlier]!;
      const barrier = (before.barrier || operation.barrier) && before.step !== operation.step;
      if (barrier || conflicts(touched[earlier]!, touched[index]!)) builder.mustRun(before.id).before(operation.id);
    }
  }
  const dag = builder.build();
  const ordered = topologicalOrder(dag);
  if (!ordered.ok) return { ok: false, cycle: ordered.cycle };
  const byId = new Map(operations.map((operation) => [operation.id, operation]));
  const reduced = transitiveReduction(dag);
  const edges = reduced.ids.flatMap((id) => reduced.successors.get(id)!.map((later): [string, string] => [id, later]));
  return { ok: true, operations: ordered.order.map((id) => byId.get(id)!), edges: edges.sort(byText) };
}

interface Touched {
  readonly reads: ReadonlySet<string>;
  readonly writes: ReadonlySet<string>;
}

function conflicts(earlier: Touched, later: Touched): boolean {
  if (earlier.reads.has(ANYTHING) && later.writes.size > 0) return true;
  if (later.reads.has(ANYTHING) && earlier.writes.size > 0) return true;
  for (const written of earlier.writes) if (later.reads.has(written) || later.writes.has(written)) return true;
  for (const written of later.writes) if (earlier.reads.has(written)) return true;
  return false;
}

function byText(a: readonly [string, string], b: readonly [string, string]): number {
  const [left, right] = [a.join('\0'), b.join('\0')];
  return left < right ? -1 : Number(left > right);
}
