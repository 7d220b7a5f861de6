/**
 * A generic directed acyclic graph: ids in input order, and who must run before whom. Owns order, cycles and paths; what
 * the nodes are, and why one waits for another, belongs to whoever builds the graph.
 */

export interface Dag {
  /** In input order: the tie key. */
  readonly ids: readonly string[];
  /** By id: those that must run before it, in input order, each once. */
  readonly predecessors: ReadonlyMap<string, readonly string[]>;
  /** By id: those that must run after it, in input order, each once. */
  readonly successors: ReadonlyMap<string, readonly string[]>;
}

export interface DagBuilder {
  /** `mustRun('a').before('b')`. Ids that were not given to the builder are an error of the program. */
  mustRun(id: string): {
    before(...later: readonly string[]): DagBuilder;
    after(...earlier: readonly string[]): DagBuilder;
  };
  build(): Dag;
}

export type Ordered =
  | { readonly ok: true; readonly order: readonly string[] }
  /** A shortest walk from the cycle's first node in input order back to itself; the first id is not repeated at the end. */
  | { readonly ok: false; readonly cycle: readonly string[] };

export function dagBuilder(ids: readonly string[]): DagBuilder {
  const position = new Map(ids.map((id, index) => [id, index]));
  if (position.size !== ids.length) throw new Error('the ids of a graph are not unique');
  const later = ids.map(() => new Set<number>());
  const indexOf = (id: string): number => {
    const index = position.get(id);
    if (index === undefined) throw new Error(`no node of the graph has the id ${id}`);
    return index;
  };
  const builder: DagBuilder = {
    mustRun: (id) => ({
      before: (...others) => {
        for (const other of others) later[indexOf(id)]!.add(indexOf(other));
        return builder;
      },
      after: (...others) => {
        for (const other of others) later[indexOf(other)]!.add(indexOf(id));
        return builder;
      },
    }),
    build: () => {
      const earlier = ids.map((): number[] => []);
      later.forEach((targets, from) => targets.forEach((to) => earlier[to]!.push(from)));
      const named = (indexes: Iterable<number>): string[] =>
        [...indexes].sort((a, b) => a - b).map((index) => ids[index]!);
      return {
        ids: [...ids],
        predecessors: new Map(ids.map((id, index) => [id, named(earlier[index]!)])),
        successors: new Map(ids.map((id, index) => [id, named(later[index]!)])),
      };
    },
  };
  return builder;
}

/** Of all that may run next, the first in input order runs next: the same graph gives the same order. */
export function topologicalOrder(dag: Dag): Ordered {
  const position = new Map(dag.ids.map((id, index) => [id, index]));
  const waitingFor = new Map(dag.ids.map((id) => [id, dag.predecessors.get(id)!.length]));
  const ready = minHeap();
  dag.ids.forEach((id, index) => {
    if (waitingFor.get(id) === 0) ready.push(index);
  });
  const order: string[] = [];
  for (let index = ready.pop(); index !== undefined; index = ready.pop()) {
    const id = dag.ids[index]!;
    order.push(id);
    for (const next of dag.successors.get(id)!) {
      const left = waitingFor.get(next)! - 1;
      waitingFor.set(next, left);
      if (left === 0) ready.push(position.get(next)!);
    }
  }
  if (order.length === dag.ids.length) return { ok: true, order };
  const done = new Set(order);
  return { ok: false, cycle: findCycle(dag, new Set(dag.ids.filter((id) => !done.has(id)))) };
}

/**
 * The same order with the fewest edges: an edge goes when another path says the same. For display. The graph must have an order.
 * From the last node backwards, so that of each it is known what it leads to: a bit for each other node, by its place in the order.
 */
export function transitiveReduction(dag: Dag): Dag {
  const ordered = topologicalOrder(dag);
  if (!ordered.ok) throw new Error(`a graph with a cycle has no reduction: ${ordered.cycle.join(' → ')}`);
  const rank = new Map(ordered.order.map((id, index) => [id, index]));
  const leadsTo = new Map<string, Uint32Array>();
  const builder = dagBuilder(dag.ids);
  for (const id of ordered.order.toReversed()) {
    const reached = new Uint32Array(Math.ceil(dag.ids.length / 32));
    const nearestFirst = [...dag.successors.get(id)!].sort((a, b) => rank.get(a)! - rank.get(b)!);
    for (const next of nearestFirst) {
      const place = rank.get(next)!;
      const [word, bit] = [place >> 5, 1 << (place & 31)];
      if ((reached[word]! & bit) !== 0) continue;
      builder.mustRun(id).before(next);
      leadsTo.get(next)!.forEach((bits, index) => (reached[index]! |= bits));
      reached[word]! |= bit;
    }
    leadsTo.set(id, reached);
  }
  return builder.build();
}

/** What is left when no node is ready: every one waits for another that is left, so walking backwards must close. */
function findCycle(dag: Dag, left: ReadonlySet<string>): readonly string[] {
  const seenAt = new Map<string, number>();
  const walk: string[] = [];
  let at = dag.ids.find((id) => left.has(id))!;
  while (!seenAt.has(at)) {
    seenAt.set(at, walk.length);
    walk.push(at);
    at = dag.predecessors.get(at)!.find((id) => left.has(id))!;
  }
  const onCycle = new Set(walk.slice(seenAt.get(at)));
  const first = dag.ids.find((id) => onCycle.has(id))!;
  return shortestWalkHome(dag, first, onCycle);
}

function shortestWalkHome(dag: Dag, first: string, within: ReadonlySet<string>): readonly string[] {
  const cameFrom = new Map<string, string>();
  const queue = [first];
  for (const at of queue) {
    for (const next of dag.successors.get(at)!) {
      if (next === first) {
        const path = [at];
        while (path[0] !== first) path.unshift(cameFrom.get(path[0]!)!);
        return path;
      }
      if (!within.has(next) || cameFrom.has(next)) continue;
      cameFrom.set(next, at);
      queue.push(next);
    }
  }
  throw new Error('a node of a cycle does not lead back to itself');
}

interface MinHeap {
  push(value: number): void;
  pop(): number | undefined;
}

function minHeap(): MinHeap {
  const values: number[] = [];
  const swap = (a: number, b: number): void => {
    [values[a], values[b]] = [values[b]!, values[a]!];
  };
  return {
    push(value) {
      let at = values.push(value) - 1;
      for (let parent = (at - 1) >> 1; at > 0 && values[parent]! > values[at]!; parent = (at - 1) >> 1) {
        swap(at, parent);
        at = parent;
      }
    },
    pop() {
      if (values.length === 0) return undefined;
      swap(0, values.length - 1);
      const smallest = values.pop();
      for (let at = 0; ;) {
        const [left, right] = [2 * at + 1, 2 * at + 2];
        let least = at;
        if (left < values.length && values[left]! < values[least]!) least = left;
        if (right < values.length && values[right]! < values[least]!) least = right;
        if (least === at) return smallest;
        swap(at, least);
        at = least;
      }
    },
  };
}
