import { describe, expect, test } from 'vitest';

import { pauseBeforeTryMs, remedyFor } from '../../../src/executor/retry-policy.js';
import { DatabaseError } from '../../../src/executor/session.js';

describe('what is worth another try', () => {
  test.each([
    ['statement', '55P03', 'again'],
    ['statement', '40P01', 'again'],
    ['statement', '40001', 'again'],
    ['statement', '57P01', 'reconnect'],
    ['connection', '57P01', 'reconnect'],
    ['connection', undefined, 'reconnect'],
    ['in-doubt', undefined, 'reconnect'],
    ['unreachable', undefined, 'reconnect'],
    ['unreachable', '57P03', 'reconnect'],
    ['unreachable', '53300', 'reconnect'],
    ['unreachable', '28P01', 'give-up'],
    ['unreachable', '3D000', 'give-up'],
    ['statement', '23505', 'give-up'],
    ['statement', '57014', 'give-up'],
    ['statement', '42P01', 'give-up'],
    ['statement', undefined, 'give-up'],
  ] as const)('%s %s → %s', (kind, sqlstate, remedy) => {
    expect(remedyFor(new DatabaseError('x', { kind, ...(sqlstate !== undefined && { sqlstate }) }))).toBe(remedy);
  });
});

test('pauses double up to five seconds, each between half and all of it', () => {
  const [least, most] = [() => 0, () => 0.999_999];
  expect([1, 2, 3, 6, 20].map((tries) => pauseBeforeTryMs(tries, least))).toEqual([100, 200, 400, 2500, 2500]);
  expect([1, 2, 3, 6, 20].map((tries) => pauseBeforeTryMs(tries, most))).toEqual([200, 400, 800, 5000, 5000]);
});
