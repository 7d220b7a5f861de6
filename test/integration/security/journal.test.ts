/** The journal under attack: by a role that made it first, by one that may write to it, by what took rows of it away. */
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';

import { statusCommand } from '../../../src/commands/status.js';
import { PgDatabase } from '../../../src/postgres/pg-database.js';
import { JOURNAL_COLUMNS } from '../../../src/postgres/journal/journal-columns.js';
import { testDatabase, type TestDatabase } from '../../support/database.js';
import { planOn, told } from '../../support/plan-on-database.js';
import { loginRole } from '../../support/roles.js';

const MINE = { name: 'mine', steps: [{ id: 'a', sql: { up: 'SELECT 1', down: 'SELECT 1' } }] };
const THEIRS = { name: 'theirs', steps: [{ id: 'f', backfill: { table: 't', set: { n: '1' } } }] };
const GATED = {
  name: 'gated',
  steps: [
    { id: 'g', gate: { approval: 'dba' } },
    { id: 'f', backfill: { table: 't', set: { n: '1' } } },
  ],
};

async function withRows(test: TestDatabase): Promise<void> {
  await test.query('CREATE TABLE t (id int PRIMARY KEY, n int)');
  await test.query('INSERT INTO t SELECT g, 0 FROM generate_series(1, 20) AS g');
}

describe.each([18, 15])('the journal of a database on server %i', (major) => {
  test('has the columns that are known of it', async () => {
    const { database, query } = await testDatabase({ major, after: onTestFinished });
    expect((await planOn(database, MINE).apply()).exit).toBe(0);
    const rows = await query<{ name: string; columns: string }>(
      `SELECT c.relname AS name, string_agg(a.attname, ' ' ORDER BY a.attnum) AS columns
       FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
       WHERE c.relnamespace = 'lockstep'::regnamespace AND c.relkind = 'r' GROUP BY c.relname`,
    );
    expect(Object.fromEntries(rows.map(({ name, columns }) => [name, columns]))).toEqual(JOURNAL_COLUMNS);
  });

  test('that somebody else made first is not written to, whatever it holds', async () => {
    const own = await testDatabase({ major, after: onTestFinished });
    const { database, query, name } = own;
    const first = await loginRole(own, 'first', onTestFinished);
    await query(`GRANT CREATE ON DATABASE ${name} TO ${first.role}`);
    await withRows(own);
    const before = planOn(first.database, MINE);
    expect(told(await before.apply())).toBe('exit 0');
    // Nothing is there yet but the owner: it could add a trigger at any time.
    const refused = await planOn(database, THEIRS).apply();
    expect(told(refused)).toMatch(/^exit 1\nLS9061 The schema lockstep belongs to \S+_first, /i);
    await query('CREATE TABLE ran (who text)');
    await query('GRANT INSERT ON ran TO PUBLIC');
    await first.query(
      `CREATE FUNCTION lockstep.f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.ran VALUES (current_user); RETURN new; END $$`,
    );
    await first.query('CREATE TRIGGER zz BEFORE INSERT ON lockstep.event FOR EACH ROW EXECUTE FUNCTION lockstep.f()');
    const again = await planOn(database, THEIRS).apply();
    expect(told(again)).toMatch(/^exit 1\nLS9061 .*the trigger zz on lockstep\.event/);
    expect(await query('SELECT * FROM ran')).toEqual([]);
    // Who is a member of the role, and knows it, may.
    await first.query('DROP TRIGGER zz ON lockstep.event');
    await query(`GRANT ${first.role} TO current_user`);
    expect(told(await planOn(database, THEIRS).apply())).toBe('exit 0');
  });
});

describe('what stands in the journal', async () => {
  const own = await testDatabase({ after: afterAll });
  const { database, query } = own;
  await withRows(own);
  await planOn(database, MINE).apply();

  test.each([
    [
      'a trigger',
      'CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN new; END $$; CREATE TRIGGER z AFTER INSERT ON lockstep.run FOR EACH ROW EXECUTE FUNCTION f()',
      'DROP TRIGGER z ON lockstep.run; DROP FUNCTION f()',
      'the trigger z on lockstep.run',
    ],
    [
      'a rule',
      'CREATE RULE z AS ON INSERT TO lockstep.event DO ALSO SELECT 1',
      'DROP RULE z ON lockstep.event',
      'the rule z on lockstep.event',
    ],
    [
      'a policy',
      'CREATE POLICY z ON lockstep.event USING (true)',
      'DROP POLICY z ON lockstep.event',
      'the policy z on lockstep.event',
    ],
    [
      'row-level security',
      'ALTER TABLE lockstep.run ENABLE ROW LEVEL SECURITY',
      'ALTER TABLE lockstep.run DISABLE ROW LEVEL SECURITY',
      'row-level security on lockstep.run',
    ],
    [
      'a column',
      'ALTER TABLE lockstep.batch ADD COLUMN z int',
      'ALTER TABLE lockstep.batch DROP COLUMN z',
      'the column lockstep.batch.z',
    ],
    [
      'a default',
      `ALTER TABLE lockstep.run ALTER params SET DEFAULT query_to_xml('SELECT 1', true, true, '')::text::json`,
      'ALTER TABLE lockstep.run ALTER params DROP DEFAULT',
      'the column lockstep.run.params',
    ],
    [
      'a default by a function of the same name',
      `CREATE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS 'SELECT now()'; ALTER TABLE lockstep.event ALTER at SET DEFAULT public.clock_timestamp()`,
      'ALTER TABLE lockstep.event ALTER at SET DEFAULT pg_catalog.clock_timestamp(); DROP FUNCTION public.clock_timestamp()',
      'the column lockstep.event.at',
    ],
    [
      'a CHECK',
      `ALTER TABLE lockstep.run ADD CONSTRAINT z CHECK (length(plan) > 0)`,
      'ALTER TABLE lockstep.run DROP CONSTRAINT z',
      'the constraint z on lockstep.run',
    ],
    [
      'an index with an expression',
      'CREATE INDEX z ON lockstep.run (lower(plan))',
      'DROP INDEX lockstep.z',
      'the index lockstep.z of lockstep.run',
    ],
    [
      'a table that inherits',
      'CREATE TABLE z () INHERITS (lockstep.event)',
      'DROP TABLE z',
      'public.z inherits from lockstep.event',
    ],
    [
      'a view in place of a table',
      'ALTER TABLE lockstep.touched RENAME TO kept; CREATE VIEW lockstep.touched AS TABLE lockstep.kept',
      'DROP VIEW lockstep.touched; ALTER TABLE lockstep.kept RENAME TO touched',
      'lockstep.touched is no table',
    ],
  ])('may not be %s', async (_, make, undo, named) => {
    await query(make);
    try {
      for (const said of [told(await planOn(database, THEIRS).apply()), told(await statusCommand({ database }))])
        expect(said).toContain(`LS9061 The journal holds what lockstep did not make: ${named}`.replace('The', 'the'));
    } finally {
      await query(undo);
    }
    expect((await statusCommand({ database })).exit).toBe(0);
  });

  test('may be an index without an expression', async () => {
    await query('CREATE INDEX z ON lockstep.event (at)');
    expect((await statusCommand({ database })).exit).toBe(0);
  });
});

describe('a graph that was changed in the journal', async () => {
  const own = await testDatabase({ after: afterAll });
  const { database, query, value } = own;
  await withRows(own);
  const plan = planOn(database, GATED);
  await plan.apply();
  await plan.approve('g');
  const kept = await value('SELECT graph FROM lockstep.run');
  const swap = `graph = replace(replace(graph, '(1\\n)', '(666\\n)'), '"1"', '"666"')`;

  test.each([
    ['alone', `UPDATE lockstep.run SET ${swap}`],
    // Whoever can write one column of the row can write the next.
    [
      'with its digest',
      `WITH n AS (UPDATE lockstep.run SET ${swap} RETURNING graph) SELECT 1 FROM n; UPDATE lockstep.run SET graph_digest = 'ls1:' || encode(sha256(convert_to(graph, 'UTF8')), 'hex')`,
    ],
  ])('%s is neither run, shown, approved, joined nor taken back', async (_, attack) => {
    const digest = await value('SELECT graph_digest FROM lockstep.run');
    await query(attack);
    expect(await value('SELECT graph FROM lockstep.run')).not.toBe(kept);
    for (const result of [
      await plan.apply(),
      await plan.approve('g'),
      await plan.rollback(),
      await plan.rollback({ onlyShow: true }),
      await plan.verify(),
      await plan.replay(),
      await statusCommand({ database, run: 'gated' }),
    ])
      expect(told(result)).toMatch(/^exit 5\nLS9060 .*gated@1/);
    expect(told(await planOn(database, THEIRS).apply())).toMatch(/^exit 5\nLS9060 .*gated@1/);
    expect(await value('SELECT count(*) FROM t WHERE n = 666')).toBe('0');
    await query('UPDATE lockstep.run SET graph = $1, graph_digest = $2', [kept, digest]);
  });

  test('is run as soon as it is what it was', async () => {
    expect(told(await plan.apply())).toBe('exit 0');
    expect(await value('SELECT count(*) FROM t WHERE n = 1')).toBe('20');
  });

  test('as the graph of a way back that has begun', async () => {
    await query('UPDATE lockstep.run SET status = status');
    const stop = AbortSignal.abort();
    await plan.rollback({ stop });
    expect(await value('SELECT status FROM lockstep.run')).toBe('stopped');
    const back = await value('SELECT rollback_graph FROM lockstep.run');
    for (const attack of ['', ', rollback_digest = NULL']) {
      await query(`UPDATE lockstep.run SET rollback_graph = replace(rollback_graph, 'before', 'after')${attack}`);
      expect(told(await plan.rollback())).toMatch(/^exit 5\nLS9060 .*way back.*gated@1/);
    }
    await query('UPDATE lockstep.run SET rollback_graph = $1', [back]);
    expect(told(await plan.rollback())).toBe('exit 0');
  });
});

describe('the trail of a run', async () => {
  const own = await testDatabase({ after: afterAll });
  const { database, query } = own;
  await withRows(own);
  await planOn(database, THEIRS).apply();
  const trail = async () => {
    const result = await statusCommand({ database, run: 'theirs' });
    return { exit: result.exit, said: told(result), trail: result.report?.trail };
  };

  test('is whole as it was written', async () => {
    const { exit, trail: found } = await trail();
    expect(exit).toBe(0);
    expect(found).toMatchObject({ withoutDigest: 0, broken: [] });
    expect(found!.events).toBeGreaterThan(3);
  });

  test.each([
    [
      'an event that was changed',
      `UPDATE lockstep.event SET by_user = 'somebody' WHERE id = 2`,
      /event 2 is not as it was when event 3 was written/,
    ],
    [
      'an event that was taken out',
      'DELETE FROM lockstep.event WHERE id = 2',
      /event 2, which event 3 names, is not there/,
    ],
    ['the first event', 'DELETE FROM lockstep.event WHERE id = 1', /event 1, which event 2 names, is not there/],
    [
      'the last event',
      'DELETE FROM lockstep.event WHERE id = (SELECT max(id) FROM lockstep.event)',
      /the run is done, and its last event about that says running/,
    ],
    ['all events', 'DELETE FROM lockstep.event', /the run has no events/],
    [
      'a digest that was taken away',
      'UPDATE lockstep.event SET before = NULL WHERE id = 3',
      /event 3 carries no digest, and events before it do/,
    ],
    [
      'an event that was put in',
      `INSERT INTO lockstep.event (run_id, event) VALUES (1, 'approved')`,
      /event \d+ carries no digest/,
    ],
  ])('tells %s', async (_, attack, said) => {
    await query('CREATE TEMP TABLE IF NOT EXISTS x (i int)');
    await query('DROP TABLE IF EXISTS kept');
    await query('CREATE TABLE kept AS TABLE lockstep.event');
    await query(attack);
    const found = await trail();
    await query('DELETE FROM lockstep.event');
    await query('INSERT INTO lockstep.event OVERRIDING SYSTEM VALUE TABLE kept');
    expect(found.exit).toBe(5);
    expect(found.said).toContain('LS9062');
    expect(found.said).toMatch(said);
    expect((await trail()).exit).toBe(0);
  });

  test('says of events from before digests were kept that they carry none', async () => {
    await query('UPDATE lockstep.event SET before = NULL');
    expect(await trail()).toMatchObject({ exit: 0, trail: { broken: [] } });
    const { trail: found } = await trail();
    expect(found!.withoutDigest).toBe(found!.events);
    // The next one names the latest of them.
    await planOn(database, THEIRS).rollback();
    expect(await trail()).toMatchObject({ exit: 0, trail: { withoutDigest: found!.events, broken: [] } });
    await query(`UPDATE lockstep.event SET event = 'approved' WHERE id = ${found!.events}`);
    expect((await trail()).exit).toBe(5);
  });
});

test('a ledger with a hole is refused by the number that it lacks', async () => {
  const { database, query } = await testDatabase({ after: onTestFinished });
  await planOn(database, MINE).apply();
  await query('DELETE FROM lockstep.migration WHERE number IN (2, 3)');
  for (const result of [await planOn(database, MINE).apply(), await statusCommand({ database })])
    expect(told(result)).toMatch(/^exit 1\nLS9011 .*lacks 2 \(blocked by the locks of others\), 3 /);
  await query('DELETE FROM lockstep.migration');
  expect(told(await statusCommand({ database }))).toMatch(/^exit 1\nLS9011 .*is empty, and its tables are there/);
});

describe('default_transaction_read_only', () => {
  test.each([
    [
      'of a role',
      (name: string, role: string) => `ALTER ROLE ${role} SET default_transaction_read_only = on`,
      /for \S+_ro in \S+, set for the role \S+_ro:/,
    ],
    [
      'of a database',
      (name: string) => `ALTER DATABASE ${name} SET default_transaction_read_only = on`,
      /for \S+_ro in \S+, set for this database:/,
    ],
  ])('%s is respected before the first write', async (_, set, said) => {
    const own = await testDatabase({ after: onTestFinished });
    const role = await loginRole(own, 'ro', onTestFinished);
    await own.query(`GRANT CREATE ON DATABASE ${own.name} TO ${role.role}`);
    await own.query(set(own.name, role.role));
    const database = new PgDatabase({ url: role.url });
    onTestFinished(() => database.close());
    expect(told(await planOn(database, MINE).apply())).toMatch(said);
    expect((await planOn(database, MINE).apply()).exit).toBe(1);
    expect(await own.value(`SELECT to_regnamespace('lockstep')::text`)).toBeNull();
  });
});
