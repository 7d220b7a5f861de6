import { expect, it } from 'vitest';

import { driftFrom, expectedAfter } from '../../../src/catalog/expected-definitions.js';
import type { Definitions } from '../../../src/catalog/fingerprint.js';

const relation = (key: string, ...dependsOn: readonly string[]): Definitions => ({
  [`relation ${key}`]: { text: 'table', partOf: key, dependsOn },
});
const part = (identity: string, partOf: string, text = 'x'): Definitions => ({
  [identity]: { text, partOf, dependsOn: [] },
});
const lines = (expected: Definitions, now: Definitions, keys: readonly string[], except: readonly string[] = []) =>
  driftFrom(expected, now, { keys, except }).map(({ line }) => line);

it('what an operation left replaces all that was there of the same, what is gone included', () => {
  const before = { ...relation('a.t'), ...part('column a.t.x', 'a.t'), ...relation('a.u') };
  const left = { ...relation('a.t'), ...part('column a.t.y', 'a.t') };
  const expected = expectedAfter(before, [{ keys: ['a.t'], definitions: left }]);
  expect(Object.keys(expected).sort()).toEqual(['column a.t.y', 'relation a.t', 'relation a.u']);
  expect(expectedAfter(before, [{ keys: ['a.t'], definitions: {} }])).toEqual(relation('a.u'));
});

it('takes an index and a function by their names, however they are quoted', () => {
  const before = {
    ...relation('a.t'),
    ...part('index a."both"', 'a.t'),
    'function a.f(integer)': { text: 'f', dependsOn: ['a.t'] },
  };
  expect(expectedAfter(before, [{ keys: ['a.both', 'a.f'], definitions: {} }])).toEqual(relation('a.t'));
});

it('a function that one of two tables no longer calls is still expected for the other', () => {
  const called = (...dependsOn: readonly string[]): Definitions => ({ 'function a.f()': { text: 'f', dependsOn } });
  const before = { ...relation('a.t'), ...relation('a.u'), ...called('a.t', 'a.u') };
  const now = { ...relation('a.t'), ...relation('a.u'), ...called('a.u') };
  const expected = expectedAfter(before, [{ keys: ['a.t'], definitions: relation('a.t') }]);
  expect(lines(expected, now, ['a.t', 'a.u'])).toEqual([]);
});

it('compares what has the keys and what hangs on it, and leaves out what is half done', () => {
  const before = { ...relation('a.t'), ...relation('a.u'), ...relation('a.other') };
  const now = {
    ...before,
    ...part('index a.i', 'a.t'),
    ...part('index a.j', 'a.u'),
    ...part('index a.k', 'a.other'),
    ...relation('a.view', 'a.u'),
  };
  expect(lines(before, now, ['a.t', 'a.u'])).toEqual([
    'added index a.i: x',
    'added index a.j: x',
    'added relation a.view: table',
  ]);
  expect(lines(before, now, ['a.t', 'a.u'], ['a.t'])).toEqual(['added index a.j: x', 'added relation a.view: table']);
});
