import { describe, expect, it } from 'vitest';
import { isSyntaxError, loadGrammar } from '../../../src/sql/grammar.js';
import { formatParts } from '../../../src/sql/identifier.js';
import { touchedBy, type Touch } from '../../../src/sql/touch.js';

const grammar = await loadGrammar();

function touch(sql: string): Touch {
  const parsed = grammar.statements(sql);
  if (isSyntaxError(parsed)) throw new Error(`${parsed.message}: ${sql}`);
  expect(parsed).toHaveLength(1);
  return touchedBy(parsed[0]!.node);
}

/** `reads a.b c | writes d | c SHARE`, locks in the order of the relations. */
function relations(sql: string): string {
  const { reads, writes, locks } = touch(sql);
  const modes = locks.map(
    ({ relation, mode, ofIndex }) => `${ofIndex ? 'table of ' : ''}${formatParts(relation)} ${mode}`,
  );
  return [
    ...(reads.length > 0 ? [`reads ${reads.map(formatParts).join(' ')}`] : []),
    ...(writes.length > 0 ? [`writes ${writes.map(formatParts).join(' ')}`] : []),
    ...modes,
  ].join(' | ');
}

describe('queries', () => {
  it.each([
    ['SELECT 1', ''],
    [
      'SELECT * FROM users u JOIN auth.logins l USING (id)',
      'reads users auth.logins | users ACCESS SHARE | auth.logins ACCESS SHARE',
    ],
    ['TABLE "Weird.Name"', 'reads "Weird.Name" | "Weird.Name" ACCESS SHARE'],
    [
      'SELECT (SELECT max(x) FROM a) FROM b WHERE EXISTS (SELECT FROM c) ORDER BY (SELECT 1 FROM d) LIMIT (SELECT 1 FROM e)',
      'reads a b c d e',
    ],
    ['SELECT 1 FROM a UNION (SELECT 2 FROM b EXCEPT SELECT 3 FROM c)', 'reads a b c'],
    ['VALUES ((SELECT 1 FROM a))', 'reads a'],
    ['SELECT FROM LATERAL (SELECT FROM a) x, unnest(ARRAY(SELECT 1 FROM b)) y', 'reads a b'],
    ['SELECT CASE WHEN x IN (SELECT y FROM a) THEN 1 END FROM b TABLESAMPLE system (1)', 'reads a b'],
    [
      'SELECT count(*) FILTER (WHERE EXISTS (SELECT FROM a)) OVER (PARTITION BY (SELECT 1 FROM b)) FROM c',
      'reads a b c',
    ],
  ])('%s', (sql, expected) => {
    expect(relations(sql)).toMatch(new RegExp(`^${expected.replaceAll(/[.*|]/g, '\\$&')}( \\||$)`));
  });

  it.each([
    ['SELECT * FROM a FOR UPDATE', 'reads a | a ROW SHARE'],
    ['SELECT * FROM a FOR KEY SHARE', 'reads a | a ROW SHARE'],
    ['SELECT * FROM a x, b y FOR UPDATE OF y', 'reads a b | a ACCESS SHARE | b ROW SHARE'],
    ['SELECT * FROM (SELECT * FROM a) x JOIN b ON true FOR SHARE', 'reads a b | a ROW SHARE | b ROW SHARE'],
    ['SELECT (SELECT 1 FROM a) FROM b FOR UPDATE', 'reads a b | a ACCESS SHARE | b ROW SHARE'],
    ['SELECT * FROM (SELECT * FROM a FOR UPDATE) x', 'reads a | a ROW SHARE'],
  ])('row locks: %s', (sql, expected) => {
    expect(relations(sql)).toBe(expected);
  });
});

describe('names of WITH queries', () => {
  it.each([
    ['hide a relation', 'WITH a AS (SELECT 1 FROM b) SELECT * FROM a', 'b'],
    ['do not hide one with a schema', 'WITH a AS (SELECT 1) SELECT * FROM public.a', 'public.a'],
    ['are not known to their own query', 'WITH a AS (SELECT * FROM a) SELECT * FROM a', 'a'],
    ['unless RECURSIVE', 'WITH RECURSIVE a AS (SELECT 1 UNION SELECT * FROM a) SELECT * FROM a', ''],
    ['are known to later queries', 'WITH a AS (SELECT 1), b AS (SELECT * FROM a) SELECT * FROM b', ''],
    ['are not known to earlier ones', 'WITH b AS (SELECT * FROM a), a AS (SELECT 1) SELECT * FROM b', 'a'],
    ['are known to all when RECURSIVE', 'WITH RECURSIVE b AS (SELECT * FROM a), a AS (SELECT 1) SELECT * FROM b', ''],
    ['end with their subquery', 'SELECT * FROM (WITH a AS (SELECT 1) SELECT * FROM a) x, a', 'a'],
    ['reach into subqueries', 'WITH a AS (SELECT 1) SELECT (SELECT 1 FROM (SELECT FROM a) x)', ''],
    ['hold on both sides of a UNION', 'WITH a AS (SELECT 1) SELECT * FROM a UNION SELECT * FROM a', ''],
    ['hold in INSERT', 'WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a', ''],
    ['hold in UPDATE', 'WITH a AS (SELECT 1) UPDATE t SET x = 1 FROM a', ''],
  ])('%s', (_, sql, reads) => {
    expect(touch(sql).reads.map(formatParts).join(' ')).toBe(reads);
  });

  it('never stand for the target of a write', () => {
    expect(relations('WITH t AS (SELECT 1) INSERT INTO t SELECT * FROM t')).toBe('writes t | t ROW EXCLUSIVE');
  });
});

describe('writes', () => {
  it.each([
    [
      'INSERT INTO a SELECT * FROM b RETURNING (SELECT 1 FROM c)',
      'reads b c | writes a | a ROW EXCLUSIVE | b ACCESS SHARE | c ACCESS SHARE',
    ],
    [
      'INSERT INTO a VALUES (1) ON CONFLICT (x) DO UPDATE SET y = (SELECT 1 FROM b)',
      'reads b | writes a | a ROW EXCLUSIVE | b ACCESS SHARE',
    ],
    ['INSERT INTO a SELECT * FROM a', 'reads a | writes a | a ROW EXCLUSIVE'],
    [
      'UPDATE ONLY s.a SET x = b.y FROM b WHERE a.id = b.id',
      'reads b | writes s.a | s.a ROW EXCLUSIVE | b ACCESS SHARE',
    ],
    ['DELETE FROM a USING b', 'reads b | writes a | a ROW EXCLUSIVE | b ACCESS SHARE'],
    [
      'MERGE INTO a USING b ON a.id = b.id WHEN MATCHED THEN DELETE',
      'reads b | writes a | a ROW EXCLUSIVE | b ACCESS SHARE',
    ],
    ['WITH x AS (DELETE FROM a RETURNING *) SELECT * FROM x', 'writes a | a ROW EXCLUSIVE'],
    ['TRUNCATE a, b', 'writes a b | a ACCESS EXCLUSIVE | b ACCESS EXCLUSIVE'],
    ['COPY a FROM STDIN', 'writes a | a ROW EXCLUSIVE'],
    ['COPY a TO STDOUT', 'reads a | a ACCESS SHARE'],
    ['COPY (SELECT * FROM a) TO STDOUT', 'reads a | a ACCESS SHARE'],
    ['LOCK TABLE a', 'reads a | a ACCESS EXCLUSIVE'],
    ['LOCK TABLE a, b IN SHARE ROW EXCLUSIVE MODE', 'reads a b | a SHARE ROW EXCLUSIVE | b SHARE ROW EXCLUSIVE'],
    ['EXPLAIN ANALYZE DELETE FROM a', 'writes a | a ROW EXCLUSIVE'],
  ])('%s', (sql, expected) => {
    expect(relations(sql)).toBe(expected);
  });
});

describe('definitions', () => {
  it.each([
    [
      'CREATE TABLE a (x int REFERENCES b, FOREIGN KEY (x) REFERENCES s.c)',
      'writes a b s.c | b SHARE ROW EXCLUSIVE | s.c SHARE ROW EXCLUSIVE',
    ],
    ['CREATE TABLE a PARTITION OF b DEFAULT', 'writes a b | b ACCESS EXCLUSIVE'],
    ['CREATE TABLE a () INHERITS (b)', 'writes a b | b SHARE UPDATE EXCLUSIVE'],
    ['CREATE TABLE a (LIKE b)', 'reads b | writes a | b ACCESS SHARE'],
    ['CREATE TABLE a AS SELECT * FROM b', 'reads b | writes a | b ACCESS SHARE'],
    ['SELECT * INTO a FROM b', 'reads b | writes a | b ACCESS SHARE'],
    ['CREATE VIEW a AS SELECT * FROM b', 'reads b | writes a | b ACCESS SHARE'],
    ['CREATE OR REPLACE VIEW a AS SELECT * FROM b', 'reads b | writes a | a ACCESS EXCLUSIVE | b ACCESS SHARE'],
    ['REFRESH MATERIALIZED VIEW a', 'writes a | a ACCESS EXCLUSIVE'],
    ['REFRESH MATERIALIZED VIEW CONCURRENTLY a', 'writes a | a EXCLUSIVE'],
    ['CREATE UNIQUE INDEX i ON s.a (lower(x)) WHERE x > 0', 'writes s.a | s.a SHARE'],
    ['CREATE INDEX CONCURRENTLY i ON a (x)', 'writes a | a SHARE UPDATE EXCLUSIVE'],
    ['DROP INDEX s.i', 's.i ACCESS EXCLUSIVE | table of s.i ACCESS EXCLUSIVE'],
    ['DROP INDEX CONCURRENTLY i', 'i SHARE UPDATE EXCLUSIVE | table of i SHARE UPDATE EXCLUSIVE'],
    ['ALTER INDEX i RENAME TO j', 'i SHARE UPDATE EXCLUSIVE'],
    ['REINDEX INDEX i', 'i ACCESS EXCLUSIVE | table of i SHARE'],
    ['REINDEX TABLE CONCURRENTLY a', 'writes a | a SHARE UPDATE EXCLUSIVE'],
    ['REINDEX (CONCURRENTLY off) TABLE a', 'writes a | a SHARE'],
    ['CREATE TRIGGER t BEFORE INSERT ON a EXECUTE FUNCTION f()', 'writes a | a SHARE ROW EXCLUSIVE'],
    ['DROP TRIGGER t ON s.a', 'writes s.a | s.a ACCESS EXCLUSIVE'],
    ['CREATE POLICY p ON a USING (x IN (SELECT y FROM b))', 'reads b | writes a | a ACCESS EXCLUSIVE | b ACCESS SHARE'],
    ['DROP TABLE a, s.b', 'writes a s.b | a ACCESS EXCLUSIVE | s.b ACCESS EXCLUSIVE'],
    ['DROP VIEW a', 'writes a | a ACCESS EXCLUSIVE'],
    ['ALTER TABLE a RENAME TO b', 'writes a b | a ACCESS EXCLUSIVE'],
    ['ALTER TABLE a RENAME COLUMN x TO y', 'writes a | a ACCESS EXCLUSIVE'],
    ['ALTER TABLE s.a SET SCHEMA t', 'writes s.a t.a | s.a ACCESS EXCLUSIVE'],
    ['COMMENT ON COLUMN s.a.x IS NULL', 'writes s.a | s.a SHARE UPDATE EXCLUSIVE'],
    ['COMMENT ON TRIGGER t ON s.a IS NULL', 'writes s.a | s.a ACCESS SHARE'],
    ['GRANT SELECT ON a TO PUBLIC', 'writes a'],
    ['CREATE SEQUENCE q OWNED BY s.a.x', 'writes q s.a | s.a ACCESS SHARE'],
    ['ALTER SEQUENCE q OWNED BY NONE', 'writes q | q SHARE ROW EXCLUSIVE'],
    ['CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT x FROM a; END', 'reads a | a ACCESS SHARE'],
    ['VACUUM (FULL, ANALYZE) a', 'writes a | a ACCESS EXCLUSIVE'],
    ['VACUUM (FULL off) a', 'writes a | a SHARE UPDATE EXCLUSIVE'],
    ['ANALYZE a', 'writes a | a SHARE UPDATE EXCLUSIVE'],
    ['CREATE PUBLICATION p FOR TABLE a', 'writes a | a SHARE UPDATE EXCLUSIVE'],
    ['CREATE STATISTICS st ON x, y FROM a', 'writes a | a SHARE UPDATE EXCLUSIVE'],
  ])('%s', (sql, expected) => {
    expect(relations(sql)).toBe(expected);
  });
});

describe('ALTER TABLE', () => {
  it.each([
    ['ADD COLUMN x int', 'a ACCESS EXCLUSIVE'],
    ['ADD COLUMN x int REFERENCES b', 'a ACCESS EXCLUSIVE | b SHARE ROW EXCLUSIVE'],
    ['ADD CONSTRAINT c CHECK (x > 0) NOT VALID', 'a ACCESS EXCLUSIVE'],
    ['ADD CONSTRAINT c UNIQUE USING INDEX i', 'a ACCESS EXCLUSIVE'],
    ['ADD FOREIGN KEY (x) REFERENCES b', 'a SHARE ROW EXCLUSIVE | b SHARE ROW EXCLUSIVE'],
    ['VALIDATE CONSTRAINT c', 'a SHARE UPDATE EXCLUSIVE'],
    ['ALTER x SET STATISTICS 100', 'a SHARE UPDATE EXCLUSIVE'],
    ['ALTER x SET (n_distinct = 5)', 'a SHARE UPDATE EXCLUSIVE'],
    ['ALTER x SET NOT NULL', 'a ACCESS EXCLUSIVE'],
    ['DISABLE TRIGGER ALL', 'a SHARE ROW EXCLUSIVE'],
    ['SET (fillfactor = 70, toast.autovacuum_enabled = off)', 'a SHARE UPDATE EXCLUSIVE'],
    ['SET (fillfactor = 70, user_catalog_table = on)', 'a ACCESS EXCLUSIVE'],
    ['RESET (autovacuum_vacuum_scale_factor)', 'a SHARE UPDATE EXCLUSIVE'],
    ['ALTER x SET STATISTICS 100, DISABLE TRIGGER t', 'a SHARE ROW EXCLUSIVE'],
    ['VALIDATE CONSTRAINT c, DROP COLUMN x', 'a ACCESS EXCLUSIVE'],
    ['INHERIT b', 'a ACCESS EXCLUSIVE | b SHARE UPDATE EXCLUSIVE'],
    ['NO INHERIT b', 'a ACCESS EXCLUSIVE | b ACCESS SHARE'],
    ['ATTACH PARTITION b DEFAULT', 'a SHARE UPDATE EXCLUSIVE | b ACCESS EXCLUSIVE'],
    ['DETACH PARTITION b', 'a ACCESS EXCLUSIVE | b ACCESS EXCLUSIVE'],
    ['DETACH PARTITION b CONCURRENTLY', 'a SHARE UPDATE EXCLUSIVE | b ACCESS EXCLUSIVE'],
  ])('%s', (form, locks) => {
    expect(relations(`ALTER TABLE a ${form}`).replace(/^writes [a-z ]+ \| /, '')).toBe(locks);
  });
});

describe('names that come and go', () => {
  it.each([
    ['CREATE TABLE s.a ()', 'create table s.a'],
    ['CREATE TABLE a AS SELECT 1', 'create table a'],
    ['CREATE MATERIALIZED VIEW a AS SELECT 1', 'create materialized view a'],
    ['CREATE INDEX i ON s.a (x)', 'create index s.i'],
    ['CREATE SCHEMA s', 'create schema s'],
    ['CREATE SEQUENCE q', 'create sequence q'],
    ["CREATE TYPE s.mood AS ENUM ('x')", 'create type s.mood'],
    ['CREATE TYPE pair AS (a int)', 'create type pair'],
    ['CREATE FUNCTION s.f() RETURNS int LANGUAGE sql RETURN 1', 'create function s.f'],
    ['CREATE TRIGGER t BEFORE INSERT ON s.a EXECUTE FUNCTION f()', 'create trigger s.a.t'],
    ['DROP TABLE s.a, b', 'drop table s.a, drop table b'],
    ['DROP SCHEMA s', 'drop schema s'],
    ['DROP FUNCTION s.f(int)', 'drop function s.f'],
    ['DROP TYPE s.mood', 'drop type s.mood'],
    ['ALTER TABLE s.a RENAME TO b', 'create table s.b, drop table s.a'],
    ['ALTER TABLE s.a SET SCHEMA t', 'create table t.a, drop table s.a'],
    ['ALTER SCHEMA s RENAME TO t', 'create schema t, drop schema s'],
    ['ALTER TYPE s.mood RENAME TO m', 'create type s.m, drop type s.mood'],
    ['ALTER TABLE a RENAME CONSTRAINT c TO d', ''],
  ])('%s', (sql, expected) => {
    const { creates, drops } = touch(sql);
    const lines = [
      ...creates.map(({ object, name }) => `create ${object} ${formatParts(name)}`),
      ...drops.map(({ object, name }) => `drop ${object} ${formatParts(name)}`),
    ];
    expect(lines.join(', ')).toBe(expected);
  });
});

describe('functions', () => {
  it('are listed wherever they are called, each once', () => {
    const sql = 'SELECT lower(x), s.f(nextval($$q$$)) FROM a WHERE lower(y) = upper(z) ORDER BY g() OVER ()';
    expect(touch(sql).functions.map(formatParts)).toEqual(['lower', 's.f', 'nextval', 'upper', 'g']);
  });
});

describe('transactions, cascades and what cannot be known', () => {
  it.each([
    'CREATE INDEX CONCURRENTLY i ON a (x)',
    'DROP INDEX CONCURRENTLY i',
    'REINDEX INDEX CONCURRENTLY i',
    'REINDEX DATABASE',
    'VACUUM a',
    'ALTER TABLE a DETACH PARTITION b CONCURRENTLY',
    'CREATE DATABASE d',
    'ALTER SYSTEM SET work_mem = 1',
  ])('refused inside a transaction block: %s', (sql) => {
    expect(touch(sql).nonTransactional).toBe(true);
  });

  it.each(['CREATE INDEX i ON a (x)', 'ANALYZE a', 'REFRESH MATERIALIZED VIEW CONCURRENTLY a', 'CLUSTER a'])(
    'allowed inside a transaction block: %s',
    (sql) => {
      expect(touch(sql).nonTransactional).toBe(false);
    },
  );

  it.each([
    ['DROP TABLE a CASCADE', true],
    ['ALTER TABLE a DROP COLUMN x CASCADE', true],
    ['TRUNCATE a CASCADE', true],
    ['DROP TABLE a', false],
  ])('cascades: %s', (sql, expected) => {
    expect(touch(sql).cascades).toBe(expected);
  });

  it.each([
    ['DO $$ BEGIN END $$', 'DO block'],
    ['CALL p()', 'procedure'],
    ['EXECUTE q', 'prepared'],
    ['CREATE TABLE a AS EXECUTE q', 'prepared'],
    ["LOAD 'x'", 'library'],
    ['BEGIN', 'transaction'],
    ["SET search_path TO 'x'", 'search_path'],
    ['SET ROLE x', 'role'],
    ['RESET ALL', 'resets'],
    ['COPY a FROM PROGRAM $$x$$', 'program'],
    ['VACUUM', 'every table'],
    ['CREATE EXTENSION pgcrypto', 'CREATE EXTENSION'],
    ['REASSIGN OWNED BY a TO b', 'REASSIGN OWNED'],
    ['CREATE SCHEMA s CREATE TABLE t ()', 'inside of CREATE SCHEMA'],
    ['GRANT SELECT ON ALL TABLES IN SCHEMA s TO x', 'all objects'],
  ])('opaque: %s', (sql, reason) => {
    expect(touch(sql).opaque).toContain(reason);
  });

  it.each(['SELECT f()', 'SET work_mem = 1', 'CREATE TABLE a ()', 'SHOW work_mem', 'EXPLAIN SELECT 1'])(
    'not opaque: %s',
    (sql) => {
      expect(touch(sql)).not.toHaveProperty('opaque');
    },
  );

  it('reads what an unknown statement names at least', () => {
    expect(touch('CREATE FOREIGN TABLE a () INHERITS (b) SERVER s').reads.map(formatParts)).toContain('b');
  });
});

describe('kind', () => {
  it.each([
    ['SELECT 1', 'SELECT'],
    ['CREATE TABLE a ()', 'CREATE TABLE'],
    ['CREATE MATERIALIZED VIEW a AS SELECT 1', 'CREATE MATERIALIZED VIEW'],
    ['ALTER INDEX i RENAME TO j', 'ALTER INDEX'],
    ['ALTER VIEW v RENAME COLUMN a TO b', 'ALTER VIEW'],
    ['ALTER TABLE a RENAME COLUMN x TO y', 'ALTER TABLE'],
    ['DROP MATERIALIZED VIEW a', 'DROP MATERIALIZED VIEW'],
    ['REVOKE SELECT ON a FROM b', 'REVOKE'],
    ['ANALYZE a', 'ANALYZE'],
    ['ROLLBACK TO x', 'ROLLBACK TO'],
    ["PREPARE TRANSACTION 'x'", 'PREPARE TRANSACTION'],
    ['CREATE EXTENSION x', 'CREATE EXTENSION'],
    ['CALL p()', 'CALL'],
  ])('%s', (sql, kind) => {
    expect(touch(sql).kind).toBe(kind);
  });
});

it('walks conditions of any depth', () => {
  const parsed = grammar.statements(`SELECT 1 FROM a WHERE ${'x || '.repeat(1_500)} (SELECT y FROM b) = z`);
  if (isSyntaxError(parsed)) throw new Error(parsed.message);
  expect(touchedBy(parsed[0]!.node).reads.map(formatParts)).toEqual(['a', 'b']);
});
