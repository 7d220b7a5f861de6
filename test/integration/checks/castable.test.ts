/** `castable`: what survives a cast and the way back, whatever stands in the column, on a server that can be asked and on 15. */
import { describe, expect, it } from 'vitest';

import { testDatabase, type TestDatabase } from '../../support/database.js';
import { planOn } from '../../support/plan-on-database.js';
import { askCheck, type Answer } from './ask-checks.js';

const PLAIN = 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11';
const OTHER = 'b0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11';
const castable = (column: string, to: string): Readonly<Record<string, unknown>> => ({ castable: { column, to } });
const whys = ({ samples }: Answer): readonly unknown[] => samples.map(({ why }) => why);

for (const major of [18, 15]) {
  const found = await testDatabase({ major });
  let tables = 0;
  /** A new table with a text column `v` under a primary key `id`, filled in order. */
  const tableOf = async (values: readonly (string | null)[], column = 'v text'): Promise<string> => {
    const name = `t${++tables}`;
    await found.query(`CREATE TABLE ${name} (id serial PRIMARY KEY, ${column})`);
    await found.query(`INSERT INTO ${name} (v) SELECT * FROM unnest($1::text[])`, [values]);
    return name;
  };

  describe(`on server ${major}`, () => {
    it('the plain question raises at the first bad row; the check never does', async () => {
      const table = await tableOf([PLAIN, 'no uuid']);
      // Conditions of a WHERE have no order: the server takes the cheaper one first, whichever is written first.
      const tested = `lower(btrim(v)) ~ '^[0-9a-f-]{36}$'`;
      await expect(found.query(`SELECT FROM ${table} WHERE ${tested} AND v::uuid IS NOT NULL`)).rejects.toThrow(
        /invalid input syntax for type uuid/,
      );
      expect((await askCheck(found, castable(`${table}.v`, 'uuid'))).violations).toBe(1);
    });

    it('tells for every way of being no uuid what it is', async () => {
      const values = [
        PLAIN,
        PLAIN.toUpperCase(),
        null,
        ` ${PLAIN}`,
        `${PLAIN} `,
        '',
        `{${PLAIN}}`,
        PLAIN.replaceAll('-', ''),
        `{${PLAIN}`,
        PLAIN.slice(1),
        `${PLAIN}0`,
        PLAIN.replace('a', 'g'),
        'a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11',
        'a0eebc999-c0b4ef8-bb6d-6bb9bd380a11',
        `${PLAIN}\n`,
        `it's`,
      ];
      const answer = await askCheck(found, { ...castable(`${await tableOf(values)}.v`, 'uuid'), samples: 20 });
      expect(answer.says).toMatch(/^t\d+\.v survives as uuid$/);
      expect(answer.figures).toEqual({ values: 15, not_readable: 10, changed: 3, letter_case: 1 });
      const back = `comes back as '${PLAIN}'`;
      expect(answer.samples).toEqual([
        { id: 4, v: `' ${PLAIN}'`, why: 'not a uuid' },
        { id: 5, v: `'${PLAIN} '`, why: 'not a uuid' },
        { id: 6, v: `''`, why: 'not a uuid' },
        { id: 7, v: `'{${PLAIN}}'`, why: back },
        { id: 8, v: `'${PLAIN.replaceAll('-', '')}'`, why: back },
        { id: 9, v: `'{${PLAIN}'`, why: 'not a uuid' },
        { id: 10, v: `'${PLAIN.slice(1)}'`, why: 'not a uuid' },
        { id: 11, v: `'${PLAIN}0'`, why: 'not a uuid' },
        { id: 12, v: `'${PLAIN.replace('a', 'g')}'`, why: 'not a uuid' },
        { id: 13, v: `'a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11'`, why: back },
        { id: 14, v: `'a0eebc999-c0b4ef8-bb6d-6bb9bd380a11'`, why: 'not a uuid' },
        { id: 15, v: `'${PLAIN}\n'`, why: 'not a uuid' },
        { id: 16, v: `'it''s'`, why: 'not a uuid' },
      ]);
    });

    it('agrees with the server about thousands of texts that are nearly uuids', async () => {
      await found.query(`
        CREATE TABLE IF NOT EXISTS nearly (id serial PRIMARY KEY, v text, really boolean);
        CREATE FUNCTION pg_temp.really(v text) RETURNS boolean LANGUAGE plpgsql AS
          $$ BEGIN PERFORM v::uuid; RETURN true; EXCEPTION WHEN invalid_text_representation THEN RETURN false; END $$;
        INSERT INTO nearly (v, really) SELECT v, pg_temp.really(v) FROM (
          -- A character more, less or another, at each place of the texts that can be read.
          SELECT DISTINCT left(u, n) || c || substr(u, n + 1 + drop) AS v
          FROM (VALUES ('${PLAIN}'), ('{${PLAIN}}'), (replace('${PLAIN}', '-', '')), (upper('${PLAIN}'))) AS u (u),
            generate_series(0, 38) AS n, unnest(ARRAY['', '-', '{', '}', 'F', 'g', ' ', E'\\t', 'é', '０']) AS c,
            generate_series(0, 1) AS drop) AS x`);
      const { violations, figures } = await askCheck(found, castable('nearly.v', 'uuid'));
      expect(await found.value('SELECT count(*)::int FROM nearly')).toBeGreaterThan(2_000);
      expect(figures).toMatchObject({
        not_readable: await found.value('SELECT count(*)::int FROM nearly WHERE NOT really'),
      });
      const wrong = `NOT really OR CASE WHEN really THEN lower(v::uuid::text) <> lower(v) END`;
      expect(violations).toBe(await found.value(`SELECT count(*)::int FROM nearly WHERE ${wrong}`));
    });

    it('two texts that become one uuid are doubles where the column is unique, and nowhere else', async () => {
      const values = [PLAIN, PLAIN.toUpperCase(), OTHER, `{${OTHER}}`];
      const unique = await askCheck(found, castable(`${await tableOf(values, 'v text UNIQUE')}.v`, 'uuid'));
      expect(unique.figures).toEqual({ values: 4, not_readable: 0, changed: 1, letter_case: 1, doubles: 4 });
      expect(whys(unique)).toEqual([
        `double of '${PLAIN.toUpperCase()}'`,
        `double of '${PLAIN}'`,
        `double of '{${OTHER}}'`,
        `comes back as '${OTHER}'; double of '${OTHER}'`,
      ]);
      // A child column: letter case alone is counted, and the same text twice is what references are like.
      const child = await askCheck(found, castable(`${await tableOf([...values.slice(0, 3), PLAIN])}.v`, 'uuid'));
      expect({ violations: child.violations, figures: child.figures }).toEqual({
        violations: 0,
        figures: { values: 4, not_readable: 0, changed: 0, letter_case: 1 },
      });
    });

    it('is unique within what a key of several columns, or a partial index, keeps apart', async () => {
      await found.query(`
        CREATE TABLE tenants (tenant int, id varchar(40), gone boolean NOT NULL, PRIMARY KEY (tenant, id));
        INSERT INTO tenants VALUES (1, '${PLAIN}', false), (2, upper('${PLAIN}'), false), (2, '${OTHER}', true);
        CREATE UNIQUE INDEX ON tenants (id) WHERE (gone OR id = ' WHERE ')`);
      expect((await askCheck(found, castable('tenants.id', 'uuid'))).violations).toBe(0);
      await found.query(`INSERT INTO tenants VALUES (1, upper('${PLAIN}'), false), (3, upper('${OTHER}'), true)`);
      expect((await askCheck(found, castable('tenants.id', 'uuid'))).samples).toEqual([
        { tenant: 1, id: `'${PLAIN.toUpperCase()}'`, why: `double of '${PLAIN}'` },
        { tenant: 1, id: `'${PLAIN}'`, why: `double of '${PLAIN.toUpperCase()}'` },
        { tenant: 2, id: `'${OTHER}'`, why: `double of '${OTHER.toUpperCase()}'` },
        { tenant: 3, id: `'${OTHER.toUpperCase()}'`, why: `double of '${OTHER}'` },
      ]);
    });

    it('NULL beside a value is equal to nothing, but under NULLS NOT DISTINCT', async () => {
      await found.query(`
        CREATE TABLE loose (a int, v text, UNIQUE (a, v));
        CREATE TABLE strict (a int, v text, UNIQUE NULLS NOT DISTINCT (a, v));
        INSERT INTO loose VALUES (NULL, '${PLAIN}'), (NULL, upper('${PLAIN}'));
        INSERT INTO strict SELECT * FROM loose`);
      expect(await askCheck(found, castable('loose.v', 'uuid'))).toMatchObject({
        violations: 0,
        figures: { doubles: 0 },
      });
      // Without a primary key the value stands alone.
      const strict = await askCheck(found, castable('strict.v', 'uuid'));
      expect(strict.figures).toMatchObject({ doubles: 2 });
      expect(strict.samples).toEqual([
        { v: `'${PLAIN.toUpperCase()}'`, why: `double of '${PLAIN}'` },
        { v: `'${PLAIN}'`, why: `double of '${PLAIN.toUpperCase()}'` },
      ]);
    });

    it('integers: blanks, signs and zeros come back as others, the range ends where the type ends', async () => {
      const zeros = `${'0'.repeat(200_000)}7`;
      const values = ['1', '-1', ' 1', '+1', '01', zeros, '2147483647', '2147483648', '-2147483648', '-2147483649'];
      const more = ['1'.repeat(200_000), '1.0', '1e3', '', '-', 'x', '-0', '\v3\f', '３'];
      const table = await tableOf([...values, ...more]);
      const integer = await askCheck(found, { ...castable(`${table}.v`, 'int4'), samples: 30 });
      const [no, seven] = ['not an integer', `comes back as '7'`];
      expect(integer.samples.map(({ id, why }) => [id, why])).toEqual([
        ...[3, 4, 5].map((id) => [id, `comes back as '1'`]),
        [6, seven],
        ...[8, 10, 11, 12, 13, 14, 15, 16].map((id) => [id, no]),
        [17, `comes back as '0'`],
        [18, `comes back as '3'`],
        [19, no],
      ]);
      const bigint = await tableOf([
        '9223372036854775807',
        '9223372036854775808',
        '-9223372036854775808',
        '-9223372036854775809',
      ]);
      expect(whys(await askCheck(found, castable(`${bigint}.v`, 'bigint')))).toEqual(['not a bigint', 'not a bigint']);
      const small = await tableOf(['32767', '32768', '-32768', '-32769']);
      expect(whys(await askCheck(found, castable(`${small}.v`, 'int2')))).toEqual(['not a smallint', 'not a smallint']);
    });

    it('reads columns of other types, of quoted names, under collations that regular expressions refuse', async () => {
      await found.query(`
        CREATE COLLATION "any case" (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
        CREATE SCHEMA "Odd";
        CREATE TABLE "Odd"."my users" ("my id" text COLLATE "any case" PRIMARY KEY, ref char(40), num int, why text);
        INSERT INTO "Odd"."my users" VALUES ('${PLAIN}', '${PLAIN}', 7, 'x'), ('bad', 'bad', 2147483647, 'y')`);
      const of = (column: string, to: string): Promise<Answer> =>
        askCheck(found, castable(`Odd."my users".${column}`, to));
      expect((await of('my id', 'uuid')).samples).toEqual([{ 'my id': `'bad'`, why: 'not a uuid' }]);
      // Blanks at the end of a char(40) are no part of its text.
      expect((await of('ref', 'uuid')).samples).toEqual([{ 'my id': 'bad', ref: `'bad'`, why: 'not a uuid' }]);
      expect((await of('num', 'bigint')).violations).toBe(0);
      expect((await of('num', 'smallint')).samples).toEqual([
        { 'my id': 'bad', num: `'2147483647'`, why: 'not a smallint' },
      ]);
      expect((await of('why', 'uuid')).samples[0]).toEqual({ 'my id': PLAIN, why: 'not a uuid' });
    });

    it('holds for nothing, for NULLs, and for what is a uuid already', async () => {
      for (const [values, column] of [
        [[], 'v text'],
        [[null, null], 'v text UNIQUE'],
      ] as const)
        expect((await askCheck(found, castable(`${await tableOf(values, column)}.v`, 'uuid'))).violations).toBe(0);
      await found.query(`CREATE TABLE done (id uuid PRIMARY KEY); INSERT INTO done VALUES ('${PLAIN}')`);
      expect((await askCheck(found, castable('done.id', 'uuid'))).figures).toMatchObject({ values: 1, letter_case: 0 });
    });

    it('tells no value of a column that is masked', async () => {
      const table = await tableOf([`{${PLAIN}}`, PLAIN], 'v text UNIQUE');
      const answer = await askCheck(found, { ...castable(`${table}.v`, 'uuid'), mask: ['v'] });
      expect(answer.samples).toEqual([
        { id: 1, v: '•••', why: 'comes back as another text; double of another text' },
        { id: 2, v: '•••', why: 'double of another text' },
      ]);
    });

    it('what is not the name of one type is refused', async () => {
      const table = await tableOf([]);
      for (const to of ['', 'uuid, 1', 'uuid) || CAST(1 AS text', 'SETOF uuid', `${table}.v%TYPE`, `uuid('x)')`]) {
        const plan = { name: 'checks', steps: [{ id: 'proof', verify: [castable(`${table}.v`, to)] }] };
        const { diagnostics } = await planOn(found.database, plan).verify();
        expect(
          diagnostics.map(({ code }) => code),
          to,
        ).toEqual(['LS4002']);
      }
    });
  });

  if (major < 16) refusesOther(found);
  else asksOther(found, tableFor(found));
}

function tableFor(found: TestDatabase): (name: string, values: readonly string[]) => Promise<void> {
  return async (name, values) => {
    await found.query(`CREATE TABLE ${name} (v text UNIQUE)`);
    await found.query(`INSERT INTO ${name} SELECT * FROM unnest($1::text[])`, [values]);
  };
}

function refusesOther(found: TestDatabase): void {
  it('server 15 cannot be asked about other types, and the plan says so', async () => {
    await found.query('CREATE TABLE others (v text)');
    const plan = { name: 'checks', steps: [{ id: 'proof', verify: [castable('others.v', 'date')] }] };
    const { diagnostics, exit } = await planOn(found.database, plan).verify();
    expect(diagnostics).toMatchObject([
      { code: 'LS4001', detail: expect.stringMatching(/PostgreSQL 15 .* date.*uuid/) as string },
    ]);
    expect(exit).toBe(3);
  });
}

function asksOther(found: TestDatabase, tableOf: ReturnType<typeof tableFor>): void {
  it.each([
    // Equal as numbers, not as texts: one value all the same.
    ['numeric', ['1.0', '1.00', '2', 'NaN'], [`double of '1.00'`, `double of '1.0'`]],
    ['varchar(3)', ['abc', 'abcd', 'ab   '], [`comes back as 'ab '`, 'not a character varying(3)']],
    ['date', ['2024-02-29', '2023-02-29', 'today'], ['not a date', /comes back as/]],
    ['json', ['{"a": 1}', '{a}'], ['not a json']],
    ['boolean', ['true', 'TRUE', 'no'], [`double of 'true'`, `comes back as 'false'`, `double of 'TRUE'`]],
    ['app.mood', ['happy', 'Happy'], ['not an app.mood']],
    ['app.short', ['ab', 'abc'], ['not an app.short']],
    ['app.pair', ['(,)', '(1,2)', '(1'], ['not an app.pair']],
    [
      'integer[]',
      ['{1,2}', '{1, 2}', '{x}'],
      [`comes back as '{1,2}'; double of '{1,2}'`, `double of '{1, 2}'`, 'not an integer[]'],
    ],
  ] as const)('%s, as the input function of the type reads it', async (to, values, expected) => {
    await found.query(`
      CREATE SCHEMA IF NOT EXISTS app;
      DO $$ BEGIN
        CREATE TYPE app.mood AS ENUM ('happy', 'sad');
        CREATE DOMAIN app.short AS text CHECK (length(VALUE) < 3);
        CREATE TYPE app.pair AS (a int, b int);
      EXCEPTION WHEN duplicate_object THEN NULL; END $$`);
    const name = `other_${to.replace(/\W/g, '_')}`;
    await tableOf(name, values);
    const answer = whys(await askCheck(found, castable(`${name}.v`, to)));
    expect(answer).toEqual(
      expected.map((why) => (why instanceof RegExp ? (expect.stringMatching(why) as string) : why)),
    );
  });
}
