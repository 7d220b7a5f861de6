/** What is no relation stands in the order of the text, also across steps; and what is recorded last is what is there. */
import { expect, it, onTestFinished } from 'vitest';

import { testDatabase } from '../../support/database.js';
import { planOn, told } from '../../support/plan-on-database.js';

it('a later step that touches the same function, type or schema waits for the earlier one', async () => {
  const test = await testDatabase({ after: onTestFinished });
  await test.query(`CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t SELECT n, n FROM generate_series(1, 50000) AS n;
    CREATE FUNCTION fn(n integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT n';
    CREATE TYPE mood AS ENUM ('low'); CREATE SCHEMA sales`);
  const about = (words: string): string =>
    ['FUNCTION fn(integer)', 'TYPE mood', 'SCHEMA sales'].map((what) => `COMMENT ON ${what} IS ${words}`).join('; ');
  const plan = planOn(test.database, {
    name: 'order',
    steps: [
      {
        id: 'first',
        ddl: `CREATE INDEX t_v ON t (v); ${about("'first'")}; GRANT EXECUTE ON FUNCTION fn TO pg_monitor`,
      },
      { id: 'second', ddl: `${about("'second'")}; REVOKE EXECUTE ON FUNCTION fn FROM pg_monitor` },
    ],
  });
  const report = (await plan.plan()).report!;
  const earliest = report.operations.find(({ step }) => step === 'second')!;
  expect(earliest.after.every((id) => id.startsWith('first/')) && earliest.after.length > 0).toBe(true);
  expect(told(await plan.apply())).toBe('exit 0');
  const words =
    await test.query(`SELECT obj_description('fn(integer)'::regprocedure) AS f, obj_description('mood'::regtype) AS t,
    obj_description('sales'::regnamespace) AS s, has_function_privilege('pg_monitor', 'fn(integer)', 'EXECUTE') AS g`);
  expect(words).toEqual([{ f: 'second', t: 'second', s: 'second', g: true }]);
  expect(told(await plan.rollback())).toBe('exit 0');
});

it('a constraint of a domain that the plan itself makes is dropped, and comes back on the way back', async () => {
  const test = await testDatabase({ after: onTestFinished });
  const plan = planOn(test.database, {
    name: 'domain',
    steps: [
      {
        id: 'make',
        ddl: `CREATE DOMAIN addr AS text DEFAULT 'a' CONSTRAINT filled CHECK (VALUE <> '') CONSTRAINT more CHECK (VALUE <> 'x')`,
      },
      { id: 'drop', ddl: 'ALTER DOMAIN addr DROP CONSTRAINT filled' },
    ],
  });
  const undone = (await plan.plan()).report!.operations.flatMap(({ undoOperations }) =>
    undoOperations.flatMap(({ sql }) => sql),
  );
  expect(undone).toContain(`ALTER DOMAIN public.addr ADD CONSTRAINT filled CHECK (VALUE <> '')`);
  expect(told(await plan.apply())).toBe('exit 0');
  expect(told(await plan.rollback())).toBe('exit 0');
});
