import { expect, test } from 'vitest';

import { isRowError } from '../../../src/executor/row-error.js';
import { DatabaseError } from '../../../src/executor/session.js';

test.each([
  ['statement', '22P02', true],
  ['statement', '22003', true],
  ['statement', '22012', true],
  ['statement', '23502', true],
  ['statement', '23503', true],
  ['statement', '23505', true],
  ['statement', '23514', true],
  ['statement', '23P01', true],
  ['statement', '44000', true],
  ['statement', 'P0001', true],
  ['statement', 'P0004', true],
  ['statement', '40001', false],
  ['statement', '40P01', false],
  ['statement', '55P03', false],
  ['statement', '57014', false],
  ['statement', '57P01', false],
  ['statement', '53100', false],
  ['statement', '53200', false],
  ['statement', '42P01', false],
  ['statement', '42501', false],
  ['statement', '25P02', false],
  ['statement', '54000', false],
  ['statement', 'XX001', false],
  ['statement', undefined, false],
  ['connection', undefined, false],
  ['connection', '57P01', false],
  ['connection', '22P02', false],
  ['in-doubt', '23503', false],
  ['unreachable', undefined, false],
] as const)('%s %s: a row causes it: %s', (kind, sqlstate, expected) => {
  expect(isRowError(new DatabaseError('x', { kind, ...(sqlstate !== undefined && { sqlstate }) }))).toBe(expected);
});

test('what is no answer of a database is no row error', () => {
  expect(isRowError(new TypeError('x'))).toBe(false);
});
