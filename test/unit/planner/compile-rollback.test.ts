import { describe, expect, test } from 'vitest';

import { compileRollback } from '../../../src/planner/compile-rollback.js';
import { graphOf, reversible, statement } from './operations-fixture.js';

describe('compileRollback', () => {
  const chain = graphOf(
    [reversible('a'), reversible('b'), reversible('c'), statement('check')],
    [
      ['a', 'b'],
      ['b', 'check'],
      ['check', 'c'],
    ],
  );

  test('reverses what was begun, each after what came after it, also across what changes nothing', () => {
    const back = compileRollback(chain, new Set(['a', 'b', 'check', 'c']));
    expect(back.ok && back.graph.operations.map(({ id }) => id)).toEqual(['undo/c', 'undo/b', 'undo/a']);
    expect(back.ok && back.graph.edges).toEqual([
      ['undo/b', 'undo/a'],
      ['undo/c', 'undo/b'],
    ]);
    expect(back.ok && back.graph.direction).toBe('rollback');
  });

  test('leaves out what was never begun', () => {
    const back = compileRollback(chain, new Set(['a']));
    expect(back.ok && back.graph.operations.map(({ id }) => id)).toEqual(['undo/a']);
  });

  test('side by side there, side by side back', () => {
    const back = compileRollback(graphOf([reversible('a'), reversible('b')]), new Set(['a', 'b']));
    expect(back.ok && back.graph.edges).toEqual([]);
  });

  test('one reversal that two operations share comes once, after what either waits for', () => {
    const shared = graphOf(
      [reversible('s1', { step: 's' }, 's'), reversible('s2', { step: 's' }, 's'), reversible('x'), reversible('y')],
      [
        ['s1', 'x'],
        ['s2', 'y'],
        ['s1', 's2'],
      ],
    );
    const all = compileRollback(shared, new Set(['s1', 's2', 'x', 'y']));
    expect(all.ok && all.graph.edges).toEqual([
      ['undo/x', 'undo/s'],
      ['undo/y', 'undo/s'],
    ]);
    for (const begun of ['s1', 's2']) {
      const part = compileRollback(shared, new Set([begun]));
      expect(part.ok && part.graph.operations.map(({ id }) => id)).toEqual(['undo/s']);
    }
  });

  test('refuses whole where something begun has no way back, and only then', () => {
    const oneWay = statement('b', { reversal: { kind: 'irreversible', reason: 'gone' } });
    const graph = graphOf([reversible('a'), oneWay], [['a', 'b']]);
    expect(compileRollback(graph, new Set(['a', 'b']))).toEqual({
      ok: false,
      irreversible: [{ operation: 'b', reason: 'gone' }],
    });
    expect(compileRollback(graph, new Set(['a'])).ok).toBe(true);
  });

  test('asks the invariants of the beginning at the end, after everything', () => {
    const invariant = statement('begin/invariant/1', { step: '', barrier: true });
    const back = compileRollback(
      graphOf([invariant, reversible('a')], [['begin/invariant/1', 'a']]),
      new Set(['begin/invariant/1', 'a']),
    );
    expect(back.ok && back.graph.operations.map(({ id }) => id)).toEqual(['undo/a', 'undo/begin/invariant/1']);
  });
});
