import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { ANYTHING } from '../../../src/operation/operation.js';
import { orderOperations } from '../../../src/planner/order-operations.js';
import { partitionFamilies } from '../../../src/planner/partition-families.js';
import { catalogOf, table } from '../catalog/catalog-fixture.js';
import { statement } from './operations-fixture.js';

const edgesOf = (...operations: Parameters<typeof orderOperations>[0]): unknown => {
  const ordered = orderOperations(operations);
  return ordered.ok ? ordered.edges.map(([before, after]) => `${before}→${after}`) : ordered.cycle;
};

describe('orderOperations', () => {
  test('joins what shares a relation that one of them writes', () => {
    expect(edgesOf(statement('a', { writes: ['t'] }), statement('b', { writes: ['t'] }))).toEqual(['a→b']);
    expect(edgesOf(statement('a', { writes: ['t'] }), statement('b', { reads: ['t'] }))).toEqual(['a→b']);
    expect(edgesOf(statement('a', { reads: ['t'] }), statement('b', { writes: ['t'] }))).toEqual(['a→b']);
    expect(edgesOf(statement('a', { reads: ['t'] }), statement('b', { reads: ['t'] }))).toEqual([]);
    expect(edgesOf(statement('a', { writes: ['t'] }), statement('b', { writes: ['u'] }))).toEqual([]);
  });

  test('lets a barrier stand between all before and all behind it, but not between operations of its own step', () => {
    const before = [statement('a'), statement('b')];
    const wall = [statement('w1', { barrier: true, step: 'w' }), statement('w2', { barrier: true, step: 'w' })];
    expect(edgesOf(...before, ...wall, statement('c'))).toEqual(['a→w1', 'a→w2', 'b→w1', 'b→w2', 'w1→c', 'w2→c']);
  });

  test('takes a reader of anything for a reader of whatever is written', () => {
    const reader = statement('r', { reads: [ANYTHING] });
    expect(edgesOf(statement('a', { writes: ['t'] }), reader, statement('b', { writes: ['u'] }))).toEqual([
      'a→r',
      'r→b',
    ]);
    expect(edgesOf(statement('a', { reads: ['t'] }), reader)).toEqual([]);
  });

  test('says the circle that `after` closes', () => {
    expect(edgesOf(statement('a', { writes: ['t'], after: ['b'] }), statement('b', { writes: ['t'] }))).toEqual([
      'a',
      'b',
    ]);
  });

  test('leaves out what other edges say', () => {
    const writers = ['a', 'b', 'c'].map((id) => statement(id, { writes: ['t'] }));
    expect(edgesOf(...writers)).toEqual(['a→b', 'b→c']);
  });

  test('knows that a table and its partitions share rows, and two partitions do not', () => {
    const parent = { schema: 'public', name: 'p' };
    const tables = [
      table('p'),
      table('p1', { parent, partition: true }),
      table('p2', { parent, partition: true }),
      table('p11', { parent: { schema: 'public', name: 'p1' } }),
    ];
    const familyOf = partitionFamilies(catalogOf(...tables));
    expect(familyOf('public.p')).toEqual(['public.p', 'public.p1', 'public.p11', 'public.p2']);
    const ordered = orderOperations(
      ['p11', 'p2', 'p', 'p1'].map((name) => statement(name, { writes: [`public.${name}`] })),
      familyOf,
    );
    expect(ordered.ok && ordered.edges).toEqual([
      ['p', 'p1'],
      ['p11', 'p'],
      ['p2', 'p'],
    ]);
  });

  test('never turns the order of two that conflict, and gives the same answer twice', () => {
    const relation = fc.constantFrom('t', 'u', 'v');
    const operation = fc.record({
      reads: fc.array(relation, { maxLength: 2 }),
      writes: fc.array(relation, { maxLength: 2 }),
      barrier: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 8 }), (given) => {
        const operations = given.map((one, index) => statement(String(index), one));
        const ordered = orderOperations(operations);
        if (!ordered.ok) throw new Error('a cycle');
        expect(orderOperations(operations)).toEqual(ordered);
        expect(ordered.operations.map(({ id }) => id)).toEqual(operations.map(({ id }) => id));
      }),
    );
  });
});
