import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  readCondition,
  readExpression,
  readQuery,
  readStatement,
  readStatements,
  type Expression,
  type Fragment,
} from '../../../src/sql/fragment.js';
import { isSyntaxError, loadGrammar } from '../../../src/sql/grammar.js';
import { formatParts } from '../../../src/sql/identifier.js';

const grammar = await loadGrammar();

function problemOf(fragment: Fragment<unknown>): { offset: number; message: string; help: string } {
  if (fragment.ok) throw new Error('was accepted');
  expect(fragment.help).not.toBe('');
  return fragment;
}

function expression(sql: string): Expression {
  const read = readExpression(grammar, sql);
  if (!read.ok) throw new Error(`${read.message} at ${read.offset}`);
  return read.value;
}

describe('readExpression', () => {
  it.each([
    'id',
    "lower(email) || 'ä'",
    '(a + b) * 2',
    'CASE WHEN a THEN 1 END',
    'NULL',
    "'; DROP TABLE x --'",
    "'a) , (b'",
    'ROW(a, b)',
    '"AS"',
    '(SELECT max(x) FROM t)',
    'a BETWEEN 1 AND 2',
    '/* why */ a',
    '-- why\na',
  ])('accepts %s', (sql) => {
    expect(expression(sql).text).toBe(sql);
  });

  it.each([
    ['a -- why', 'a'],
    ['  a\n', 'a'],
    ['a /* b */ ', 'a'],
    ["'--' -- x", "'--'"],
  ])('cuts %j down to %j, so that more text may follow', (sql, text) => {
    expect(expression(sql).text).toBe(text);
  });

  it.each([
    ['', 'no expression', 0],
    ['  ', 'no expression', 0],
    ['-- nothing', 'no expression', 0],
    ['/* nothing */', 'no expression', 0],
    ['a) , (b', 'syntax error', 1],
    ['a) + (b', 'syntax error', 1],
    ['(a', 'syntax error', 2],
    ['a, b', 'more than one', 0],
    ['x; DROP TABLE y', 'second statement', 3],
    ['x;', 'more than an expression', 0],
    ['1 FROM t', 'part of a query', 0],
    ['a WHERE b', 'part of a query', 0],
    ['a ORDER BY b', 'part of a query', 0],
    ['a LIMIT 1', 'part of a query', 0],
    ['a FOR UPDATE', 'part of a query', 0],
    ['a INTO t', 'part of a query', 0],
    ['DISTINCT a', 'part of a query', 9],
    ['a GROUP BY DISTINCT b', 'part of a query', 0],
    ['a UNION SELECT b', 'no expression', 0],
    ['ALL a', 'more than an expression', 0],
    ['*', 'more than an expression', 0],
    ['id AS x', 'name of its own: x', 0],
    ['id x', 'name of its own: x', 0],
    ['DEFAULT', 'DEFAULT', 0],
    ['SELECT 1', 'syntax error', 0],
    ['a = $1', 'parameter', 4],
    ["'ä😀' $$", 'unterminated', 6],
    ['a /* b', 'unterminated', 2],
    ["'a", 'unterminated', 0],
    ['a\0', 'no place', 1],
  ])('refuses %j', (sql, message, offset) => {
    const problem = problemOf(readExpression(grammar, sql));
    expect(problem.message).toContain(message);
    expect(problem.offset).toBe(offset);
  });

  it('stays in its place whatever is accepted: in parentheses it is one target, and nothing else changes', () => {
    const pieces = [
      'a',
      '(',
      ')',
      ',',
      ';',
      ' ',
      '\n',
      '--',
      '/*',
      '*/',
      "'",
      '"',
      '$$',
      'AS',
      'FROM t',
      '1',
      '+',
      'ALL ',
      '*',
      '.',
    ];
    const shape = (sql: string): string => {
      const parsed = grammar.statements(sql);
      if (isSyntaxError(parsed)) throw new Error(`${parsed.message}: ${sql}`);
      const trees = parsed.map((statement) => JSON.stringify(statement.node).replaceAll(/,?"location":-?\d+/g, ''));
      return trees.join(';');
    };
    let accepted = 0;
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 6 }), (parts) => {
        const read = readExpression(grammar, parts.join(''));
        if (!read.ok) return;
        accepted += 1;
        const [alone, embedded] = [
          shape(`SELECT\n${read.value.text}`),
          shape(`SELECT x, (${read.value.text}), y FROM z`),
        ];
        const target = /"targetList":\[(.*)\],"limitOption"/.exec(alone)![1]!;
        expect(embedded).toContain(`,${target},`);
        expect(embedded).toMatch(/"fromClause":\[\{"RangeVar":\{"relname":"z"/);
      }),
      { numRuns: 3_000, seed: 7 },
    );
    expect(accepted).toBeGreaterThan(50);
  });

  it('reports columns, functions, subqueries and stars with their places', () => {
    const sql = "'ä😀' || lower(u.name) || count(*) || (SELECT x FROM t) || row_number() OVER () || t.*";
    const { columns, functions, subqueries, stars } = expression(sql);
    expect(columns.map(({ parts, offset }) => [formatParts(parts), offset])).toEqual([
      ['u.name', sql.indexOf('u.name')],
      ['x', sql.indexOf('x FROM')],
    ]);
    expect(functions).toMatchObject([
      { parts: ['lower'], offset: sql.indexOf('lower'), window: false, aggregate: false },
      { parts: ['count'], offset: sql.indexOf('count'), window: false, aggregate: true },
      { parts: ['row_number'], offset: sql.indexOf('row_number'), window: true, aggregate: false },
    ]);
    expect(subqueries).toEqual([sql.indexOf('(SELECT')]);
    expect(stars).toEqual([sql.indexOf('t.*')]);
  });

  it.each([
    ['pg_catalog.now()', 'pg_catalog.now', false],
    ['CURRENT_TIMESTAMP(3)', '"current_timestamp"', false],
    ['string_agg(a, b ORDER BY c)', 'string_agg', true],
    ['sum(a) FILTER (WHERE b)', 'sum', true],
    ['count(DISTINCT a)', 'count', true],
    ['percentile_cont(0.5) WITHIN GROUP (ORDER BY a)', 'percentile_cont', true],
    ['JSON_ARRAYAGG(a)', '"json_arrayagg"', true],
  ])('reports the call of %s', (sql, name, aggregate) => {
    const [call] = expression(sql).functions;
    expect([formatParts(call!.parts), call!.aggregate]).toEqual([name, aggregate]);
  });

  it('reports a star of a row', () => {
    expect(expression('(a).*').stars).toHaveLength(1);
  });
});

describe('readCondition', () => {
  it('reads conditions, and says what one looks like', () => {
    expect(readCondition(grammar, 'a IS NOT NULL OR b > 1')).toMatchObject({ ok: true });
    expect(problemOf(readCondition(grammar, 'a AND')).help).toContain('IS NOT NULL');
  });
});

describe('readQuery', () => {
  it.each([
    ['SELECT 1 -- x', 'SELECT 1'],
    ['SELECT 1;', 'SELECT 1'],
    ['VALUES (1)', 'VALUES (1)'],
    ['TABLE t', 'TABLE t'],
    ['WITH a AS (SELECT 1) SELECT * FROM a', 'WITH a AS (SELECT 1) SELECT * FROM a'],
  ])('accepts %s', (sql, text) => {
    expect(readQuery(grammar, sql)).toMatchObject({ ok: true, value: { text } });
  });

  it.each([
    ['', 'no SQL'],
    ['-- x', 'no SQL'],
    ['SELECT 1; SELECT 2', 'second statement'],
    ['DELETE FROM t', 'not a query'],
    ['WITH a AS (DELETE FROM t RETURNING *) SELECT * FROM a', 'DELETE'],
    ['SELECT * INTO x FROM t', 'INTO'],
    ['SELECT * FROM t FOR UPDATE', 'lock rows'],
    ['SELECT * FROM (SELECT * FROM t FOR SHARE) x', 'lock rows'],
    ['SELECT $1', 'parameter'],
    ['EXPLAIN SELECT 1', 'not a query'],
  ])('refuses %s', (sql, message) => {
    expect(problemOf(readQuery(grammar, sql)).message).toContain(message);
  });
});

describe('readStatement and readStatements', () => {
  it('take one, and any number', () => {
    expect(readStatement(grammar, 'DELETE FROM t; -- done')).toMatchObject({
      ok: true,
      value: { text: 'DELETE FROM t' },
    });
    const several = readStatements(grammar, 'SELECT 1; /* x */ SELECT 2;');
    expect(several.ok && several.value.map(({ text }) => text)).toEqual(['SELECT 1', 'SELECT 2']);
    expect(problemOf(readStatement(grammar, 'SELECT 1; SELECT 2')).offset).toBe(10);
  });

  it.each([
    'BEGIN',
    'COMMIT',
    'ROLLBACK',
    'SAVEPOINT x',
    'RELEASE x',
    "PREPARE TRANSACTION 'x'",
    "COMMIT PREPARED 'x'",
    'START TRANSACTION',
    'END',
    'ABORT',
  ])('refuse transaction control, wherever it stands: %s', (sql) => {
    const problem = problemOf(readStatements(grammar, `SELECT 1; ${sql}`));
    expect(problem).toMatchObject({ offset: 10, message: 'a plan does not control transactions' });
  });

  it('refuse COPY with the client, and parameters outside of functions', () => {
    expect(problemOf(readStatements(grammar, 'COPY t FROM STDIN')).message).toContain('client');
    expect(problemOf(readStatements(grammar, 'DELETE FROM t WHERE x = $1')).offset).toBe(24);
    const body = 'CREATE FUNCTION f(int) RETURNS int LANGUAGE sql RETURN $1';
    expect(readStatements(grammar, body)).toMatchObject({ ok: true });
  });
});
