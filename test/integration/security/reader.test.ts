/** A role that may only read plans and verifies; what the runner will need is said, for the role that is named. */
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';

import { planCommand } from '../../../src/commands/plan.js';
import { statusCommand } from '../../../src/commands/status.js';
import { testDatabase } from '../../support/database.js';
import { planOn, told } from '../../support/plan-on-database.js';
import { loginRole } from '../../support/roles.js';

const WINDOW = {
  name: 'ro',
  mappings: { m: { from: 'a', to: 'b', columns: 'same' } },
  steps: [
    { id: 'w', dual_write: { mappings: ['m'] } },
    { id: 'f', backfill: { mappings: ['m'] } },
    { id: 'c', ddl: 'ALTER TABLE c ADD COLUMN more text' },
    { id: 'v', verify: [{ in_sync: ['m'] }] },
  ],
};

describe('a role that may only read', async () => {
  const own = await testDatabase({ after: afterAll });
  const { database, query, name } = own;
  await query(`CREATE TABLE a (id int PRIMARY KEY, n text)`);
  await query(`CREATE TABLE b (LIKE a INCLUDING ALL)`);
  await query(`INSERT INTO a VALUES (1, 'x')`);
  await query('CREATE TABLE c (id int PRIMARY KEY)');
  const reader = await loginRole(own, 'reader', afterAll);
  const runner = await loginRole(own, 'runner', afterAll);
  await query(`GRANT SELECT ON a, b, c TO ${reader.role}`);

  test('plans and verifies, and is told what the runner will need', async () => {
    const planned = await planOn(reader.database, WINDOW).plan();
    expect(planned.exit).toBe(0);
    expect(planned.report).not.toBeNull();
    const said = told(planned);
    for (const need of [
      /LS6105 `\S+_reader` may not INSERT, UPDATE, DELETE on `public\.b`\. → GRANT INSERT, UPDATE, DELETE ON public\.b TO/,
      /LS6503 `public\.a` belongs to /,
      /LS6105 There is no journal, .* → CREATE SCHEMA lockstep AUTHORIZATION/,
    ])
      expect(said).toMatch(need);
    expect(planned.diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
    // Judged for the owner: the graph is the one that the owner will run.
    expect(planned.report!.digest).toBe((await planOn(database, WINDOW).plan()).report!.digest);
    // Rows differ, as they should.
    expect((await planOn(reader.database, WINDOW).verify()).exit).toBe(4);
    expect(told(await planOn(reader.database, WINDOW).apply())).toMatch(/^exit 1\nLS6105 /);
  });

  test('judges the plan for the role that will run it', async () => {
    const file = planOn(reader.database, WINDOW).file;
    const judged = async (role: string) => planCommand({ file, set: {}, env: {}, database: reader.database, role });
    expect(told(await judged(runner.role))).toMatch(/`\S+_runner` may not SELECT, UPDATE on `public\.a`/);
    await query(`ALTER TABLE a OWNER TO ${runner.role}`);
    await query(`ALTER TABLE c OWNER TO ${runner.role}`);
    await query(`ALTER TABLE b OWNER TO ${runner.role}`);
    await query(`GRANT CREATE ON DATABASE ${name} TO ${runner.role}`);
    const fit = await judged(runner.role);
    expect(told(fit)).not.toMatch(/LS6105|LS6503/);
    expect(told(await judged('nobody-here'))).toMatch(/^exit 1\nLS9066 /);
    // And so it is.
    expect(told(await planOn(runner.database, WINDOW).apply({ expectDigest: fit.report!.digest }))).toBe('exit 0');
  });

  test('does so where there is a journal that it may not read', async () => {
    expect(told(await statusCommand({ database: reader.database }))).toMatch(/^exit 1\nLS9002 .*permission denied/i);
    const plan = planOn(reader.database, {
      name: 'other',
      steps: [{ id: 'v', verify: [{ row_count: { table: 'a', is: 1 } }] }],
    });
    for (const result of [await plan.plan(), await plan.verify()]) expect(told(result)).toMatch(/^exit 0\n.*LS9065 /s);
  });
});

describe('row-level security', () => {
  test.each(['forced', 'on'])(
    'that is %s hides nothing from a superuser or BYPASSRLS, and stops others',
    async (how) => {
      const own = await testDatabase({ after: onTestFinished });
      const { database, query, name, value } = own;
      await query('CREATE TABLE a (id int PRIMARY KEY, n int)');
      await query('INSERT INTO a SELECT g FROM generate_series(1, 5) AS g');
      await query('ALTER TABLE a ENABLE ROW LEVEL SECURITY');
      if (how === 'forced') await query('ALTER TABLE a FORCE ROW LEVEL SECURITY');
      const plan = { name: 'rls', steps: [{ id: 'f', backfill: { table: 'a', set: { n: 'id' } } }] };
      const role = await loginRole(own, 'r', onTestFinished);
      await query(`GRANT SELECT, UPDATE ON a TO ${role.role}`);
      await query(`GRANT CREATE ON DATABASE ${name} TO ${role.role}`);
      expect(told(await planOn(role.database, plan).apply())).toMatch(/^exit 1\nLS6106 /);
      expect((await planOn(role.database, plan).plan()).diagnostics).toMatchObject([
        { code: 'LS6106', severity: 'warning' },
      ]);
      await query(`ALTER ROLE ${role.role} BYPASSRLS`);
      expect(told(await planOn(role.database, plan).apply())).toBe('exit 0');
      await query('UPDATE a SET n = NULL');
      await query(`DROP SCHEMA lockstep CASCADE`);
      expect(told(await planOn(database, plan).apply())).toBe('exit 0');
      expect(await value('SELECT count(*) FROM a WHERE n = id')).toBe('5');
    },
  );
});

describe('a VOLATILE function in a check', async () => {
  const { database, query } = await testDatabase({ after: afterAll });
  await query('CREATE TABLE a (id int PRIMARY KEY)');
  await query(`CREATE FUNCTION reaches_out() RETURNS boolean LANGUAGE sql AS 'SELECT true'`);
  await query(`CREATE FUNCTION only_reads() RETURNS boolean LANGUAGE sql STABLE AS 'SELECT true'`);
  const checks = (call: string) => ({
    name: 'called',
    require: [{ no_rows: `SELECT id FROM a WHERE NOT ${call}` }],
    steps: [
      { id: 'g', gate: { until: [{ no_rows: `SELECT id FROM a WHERE NOT ${call}` }] } },
      { id: 's', when: [{ no_rows: `SELECT id FROM a WHERE NOT ${call}` }], sql: { up: 'SELECT 1', down: 'SELECT 1' } },
      { id: 'n', verify: [{ row_count: { table: 'a', is: 0 } }, { unique: { table: 'a', columns: ['id'] } }] },
    ],
  });

  test.each(['reaches_out()', 'public.reaches_out()', `(query_to_xml('SELECT 1', true, true, '') IS NOT NULL)`])(
    'is named by plan, wherever it stands, and refused by --strict: %s',
    async (call) => {
      const plan = planOn(database, checks(call));
      const { exit, diagnostics } = await plan.plan();
      expect(exit).toBe(0);
      expect(diagnostics.map(({ code, severity }) => `${code} ${severity}`)).toEqual(Array(3).fill('LS9067 warning'));
      const strict = await planCommand({ file: plan.file, set: {}, env: {}, database, strict: true });
      expect(strict.exit).toBe(3);
    },
  );

  test.each(['only_reads()', '(now() > current_date)'])('and one that is not VOLATILE is not: %s', async (call) => {
    const plan = planOn(database, checks(call));
    expect(told(await planCommand({ file: plan.file, set: {}, env: {}, database, strict: true }))).toBe('exit 0');
  });
});
