/** The one place where the exact SQL of the question is written down. */
import { describe, expect, test } from 'vitest';

import { castQuery, type CastQuestion } from '../../../src/sql/cast-query.js';
import { indexPredicate } from '../../../src/sql/index-predicate.js';
import { loadGrammar } from '../../../src/sql/grammar.js';
import { readTypeName } from '../../../src/sql/type-name.js';

const grammar = await loadGrammar();

const ID: CastQuestion = {
  table: 'public.users',
  column: 'id',
  to: 'uuid',
  unique: [],
  keyColumns: ['id'],
  versionNum: 180_000,
};

describe('castQuery', () => {
  test('a column that is not unique', () => {
    expect(castQuery(ID)!.rows).toBe(
      [
        'SELECT pg_catalog.quote_literal(l.given) AS id,',
        `  pg_catalog.concat_ws('; ', CASE WHEN NOT l.valid THEN 'not a uuid' WHEN lower(l.back) <> lower(l.given) THEN 'comes back as ' || pg_catalog.quote_literal(l.back) END) AS why`,
        'FROM (',
        '  SELECT t.id AS k1, v.given, v.valid, w.value, w.value::text COLLATE "C" AS back',
        '  FROM public.users AS t,',
        `    LATERAL (SELECT v.given, pg_catalog.pg_input_is_valid(v.given, 'uuid') AS valid FROM (SELECT t.id::text COLLATE "C" AS given) AS v OFFSET 0) AS v,`,
        '    LATERAL (SELECT CASE WHEN v.valid THEN v.given::uuid END AS value OFFSET 0) AS w',
        '  WHERE t.id IS NOT NULL',
        ') AS l',
        'WHERE NOT l.valid OR lower(l.back) <> lower(l.given)',
        'ORDER BY l.k1, l.given',
      ].join('\n'),
    );
  });

  test('a unique one is joined with the values that several of its texts become', () => {
    const { rows } = castQuery({ ...ID, keyColumns: [], unique: [{ beside: ['a b'], where: 'NOT gone' }] })!;
    expect(rows).toContain('GROUP BY l.b1_1, l.value HAVING min(l.given) <> max(l.given)');
    expect(rows).toContain(') AS d1 ON d1.value = l.value AND l.b1_1 = d1.b1_1 AND l.in1');
    expect(rows).toContain('t."a b" AS b1_1, (NOT gone) AS in1');
  });

  test('server 15 is asked by the syntax of the type, or not at all', () => {
    const of = (to: string): string | undefined => castQuery({ ...ID, to, versionNum: 150_018 })?.rows;
    for (const to of ['uuid', 'smallint', 'integer', 'bigint']) expect(of(to)).not.toMatch(/pg_input_is_valid/);
    expect(of('date')).toBeUndefined();
  });
});

test('the name of a type is read as it stands behind two colons, and nothing beside it', () => {
  const read = (text: string): string | undefined => readTypeName(grammar, text);
  expect(['UUID', 'varchar (36)', 'int8', 'app."My Type"[]', 'timestamp(3) with time zone -- so'].map(read)).toEqual([
    'uuid',
    'character varying(36)',
    'bigint',
    'app."My Type"[]',
    'timestamp(3) with time zone',
  ]);
  const refused = ['', '-- uuid', 'uuid; DROP TABLE users', 'uuid) FROM users WHERE (true', 'uuid) || CAST(1 AS text'];
  expect([...refused, 'uuid) AS id, CAST(NULL AS uuid', 'SETOF uuid', 'users.id%TYPE', `t('x')`].map(read)).toEqual(
    Array(9).fill(undefined),
  );
});

test('the condition of a partial index stands behind the last WHERE outside parentheses and literals', () => {
  const of = (rest: string): string | undefined => indexPredicate(grammar, `CREATE UNIQUE INDEX i ON public.t ${rest}`);
  expect(of('USING btree (a)')).toBeUndefined();
  expect(of(`USING btree (a) WHERE (b = ' WHERE '::text)`)).toBe(`(b = ' WHERE '::text)`);
  expect(of('USING btree (a) INCLUDE ("WHERE") NULLS NOT DISTINCT WHERE (a > 1)')).toBe('(a > 1)');
});
