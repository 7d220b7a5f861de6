import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dagBuilder, topologicalOrder, transitiveReduction, type Dag } from '../../../src/graph/dag.js';

function graph(ids: string, ...edges: readonly string[]): Dag {
  const builder = dagBuilder(ids.split(''));
  for (const edge of edges) builder.mustRun(edge[0]!).before(edge[1]!);
  return builder.build();
}

describe('dagBuilder', () => {
  it('keeps each edge once, both ways, in input order', () => {
    const dag = dagBuilder(['a', 'b', 'c']).mustRun('a').before('c', 'b').mustRun('c').after('a', 'b').build();
    expect(dag.successors.get('a')).toEqual(['b', 'c']);
    expect(dag.predecessors.get('c')).toEqual(['a', 'b']);
  });

  it('refuses ids that are unknown or given twice', () => {
    expect(() => dagBuilder(['a', 'a'])).toThrow('unique');
    expect(() => dagBuilder(['a']).mustRun('a').before('b')).toThrow('b');
  });
});

describe('topologicalOrder', () => {
  it('is the input order where nothing speaks against it', () => {
    expect(topologicalOrder(graph('dacb'))).toEqual({ ok: true, order: ['d', 'a', 'c', 'b'] });
  });

  it('runs the first in input order of all that may run, not the one that became ready first', () => {
    // A plain queue would answer c, d, a, b: a becomes ready after d, but stands first.
    expect(topologicalOrder(graph('abcd', 'ca', 'ab'))).toEqual({ ok: true, order: ['c', 'a', 'b', 'd'] });
  });

  it.each([
    ['aa', ['a']],
    ['ab ba', ['a', 'b']],
    ['bc ce eb ab ed', ['b', 'c', 'e']],
    ['ab bc cd da ca', ['a', 'b', 'c']],
  ])('answers to the edges %s with the path of a cycle', (edges, cycle) => {
    expect(topologicalOrder(graph('abcde', ...edges.split(' ')))).toEqual({ ok: false, cycle });
  });

  it('holds for any graph: every edge is kept, or every step of the cycle is an edge', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(9), fc.nat(9)), { maxLength: 25 }), (edges) => {
        const builder = dagBuilder('0123456789'.split(''));
        for (const [from, to] of edges) builder.mustRun(String(from)).before(String(to));
        const dag = builder.build();
        const ordered = topologicalOrder(dag);
        if (ordered.ok) {
          expect([...ordered.order].sort()).toEqual(dag.ids);
          for (const [from, to] of edges)
            expect(ordered.order.indexOf(String(from))).toBeLessThan(ordered.order.indexOf(String(to)));
        } else {
          expect(new Set(ordered.cycle).size).toBe(ordered.cycle.length);
          ordered.cycle.forEach((id, index) => {
            expect(dag.successors.get(id)).toContain(ordered.cycle[(index + 1) % ordered.cycle.length]);
          });
        }
      }),
    );
  });

  it('takes long chains and wide fans without running out of stack', () => {
    const ids = Array.from({ length: 5_000 }, (_, index) => `n${index}`);
    const chain = dagBuilder(ids);
    for (let index = 1; index < ids.length; index++) chain.mustRun(ids[index]!).before(ids[index - 1]!);
    expect(topologicalOrder(chain.build())).toEqual({ ok: true, order: [...ids].reverse() });
    const fan = dagBuilder(ids)
      .mustRun(ids.at(-1)!)
      .before(...ids.slice(0, -1));
    expect(topologicalOrder(fan.build())).toEqual({ ok: true, order: [ids.at(-1), ...ids.slice(0, -1)] });
    chain.mustRun(ids[0]!).before(ids.at(-1)!);
    const cycle = topologicalOrder(chain.build());
    expect(cycle.ok ? 0 : cycle.cycle.length).toBe(ids.length);
  });
});

describe('transitiveReduction', () => {
  it('drops an edge that a longer path already says', () => {
    const reduced = transitiveReduction(graph('abcd', 'ab', 'bc', 'ac', 'cd', 'ad', 'bd'));
    expect([...reduced.successors]).toEqual([
      ['a', ['b']],
      ['b', ['c']],
      ['c', ['d']],
      ['d', []],
    ]);
  });

  it('keeps both sides of a diamond', () => {
    expect(transitiveReduction(graph('abcd', 'ab', 'ac', 'bd', 'cd')).successors.get('a')).toEqual(['b', 'c']);
  });

  it('refuses a graph with a cycle', () => {
    expect(() => transitiveReduction(graph('ab', 'ab', 'ba'))).toThrow('a → b');
  });
});
