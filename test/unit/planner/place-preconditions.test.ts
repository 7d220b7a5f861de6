import { expect, test } from 'vitest';

import { ANYTHING } from '../../../src/operation/operation.js';
import { placePreconditions } from '../../../src/planner/place-preconditions.js';
import { statement } from './operations-fixture.js';

const alone = (relation: string): readonly string[] => [relation];
const proof = (reads: readonly string[], skipWhen: readonly string[] = []) => statement('proof', { reads, skipWhen });
const work = statement('work', { writes: ['u'] });

test.each([
  { what: 'nothing before writes what it reads', before: { writes: ['x'] }, check: proof(['t']), first: true },
  { what: 'an earlier step writes it', before: { writes: ['t'] }, check: proof(['t']), first: false },
  { what: 'an earlier step may have written anything', before: { barrier: true }, check: proof(['t']), first: false },
  {
    what: 'it may read anything, and something is written',
    before: { writes: ['x'] },
    check: proof([ANYTHING]),
    first: false,
  },
  { what: 'it may read anything, and nothing is written', before: {}, check: proof([ANYTHING]), first: true },
  { what: 'a condition decides first whether its step runs', before: {}, check: proof(['t'], ['when']), first: false },
])('a precondition comes first unless something speaks against it: $what', ({ before, check, first }) => {
  const steps = [
    { operations: [statement('before', before)], preconditions: [] },
    { operations: [work], preconditions: [check] },
  ];
  const placed = placePreconditions([], steps, alone);
  expect(placed.map(({ id }) => id)).toEqual(first ? ['proof', 'before', 'work'] : ['before', 'proof', 'work']);
  expect(placed.find(({ id }) => id === 'proof')!.barrier).toBe(first);
  expect(placed.find(({ id }) => id === 'work')!.after).toEqual(first ? [] : ['proof']);
});
