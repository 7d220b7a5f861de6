import { expect, it } from 'vitest';

import { AnswerLimit } from '../../../src/postgres/answer-limit.js';

const GRACE = 30_000;
const limit = () => new AnswerLimit({ answerLimitMs: 120_000, answerGraceMs: GRACE });

it('what a transaction says about its statements holds to its end, the message that says it included', () => {
  const session = limit();
  expect(session.before('SELECT 1')).toBe(120_000);
  expect(session.before('BEGIN; SET LOCAL lock_timeout = 500; SET LOCAL statement_timeout = 60000')).toBe(90_000);
  expect(session.before('SELECT 1')).toBe(90_000);
  expect(session.before('COMMIT')).toBe(90_000);
  expect(session.before('SELECT 1')).toBe(120_000);
});

it('no time limit on the server is none here', () => {
  const session = limit();
  expect(session.before('BEGIN; SET LOCAL statement_timeout = 0')).toBeNull();
  expect(session.before('COMMIT')).toBeNull();
  expect(session.before('SELECT 1')).toBe(120_000);
  expect(session.before('SET lock_timeout = 0; SET statement_timeout = 0')).toBeNull();
  expect(session.before('ROLLBACK')).toBeNull();
  expect(session.before('CREATE INDEX CONCURRENTLY ON item (n)')).toBeNull();
  session.before('DISCARD ALL');
  expect(session.before('SELECT 1')).toBe(120_000);
});

it('within a transaction the longest counts: a savepoint may bring it back', () => {
  const session = limit();
  session.before('BEGIN; SET LOCAL statement_timeout = 60000; SAVEPOINT here');
  session.before('SET LOCAL statement_timeout = 100');
  expect(session.before('ROLLBACK TO SAVEPOINT here')).toBe(90_000);
  expect(session.before('SELECT 1')).toBe(90_000);
});

it.each([`SET LOCAL statement_timeout = '5min'`, `SELECT set_config('statement_timeout', '1h', true)`])(
  'what is said in another way may be anything: %s',
  (sql) => {
    expect(limit().before(sql)).toBeNull();
  },
);

it('longer than a timer can be is none', () => {
  expect(limit().before('SET LOCAL statement_timeout = 2147483647')).toBeNull();
});
