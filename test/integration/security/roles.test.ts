/** The roles of `lockstep roles`: what each may do, and that the journal stops each of them at what it may not. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { statusCommand } from '../../../src/commands/status.js';
import { NEEDS_JOURNAL, roleStatements } from '../../../src/postgres/journal/role-grants.js';
import { testDatabase } from '../../support/database.js';
import { planOn, told, type PlanContent } from '../../support/plan-on-database.js';
import { loginRole, type LoginRole } from '../../support/roles.js';

/** A step of each kind, and a gate whose group is a role. */
const kinds = (group: string): PlanContent => ({
  name: 'all-kinds',
  mappings: { m: { from: 'a', to: 'b', columns: 'same', reverse: { columns: 'same' } } },
  steps: [
    { id: 'expand', ddl: 'ALTER TABLE a ADD COLUMN more int' },
    { id: 'filled', backfill: { table: 'a', set: { n: '1' } } },
    { id: 'raw', sql: { up: 'UPDATE a SET n = 2 WHERE id = 1', down: 'UPDATE a SET n = 1 WHERE id = 1' } },
    { id: 'copied', backfill: { mappings: ['copy'] } },
    { id: 'proof', verify: [{ in_sync: ['copy'] }] },
    { id: 'sign-off', gate: { approval: group } },
  ],
});

describe('the roles that lockstep prints', async () => {
  const own = await testDatabase({ after: afterAll });
  const { query, value, name } = own;
  const prefix = `${name}_`;
  const sql = roleStatements({ prefix, schemas: ['public'] });
  const [before, behind] = [sql.slice(0, sql.indexOf(NEEDS_JOURNAL)), sql.slice(sql.indexOf(NEEDS_JOURNAL))];
  const owner = `${prefix}owner`;
  const names = ['planner', 'runner', 'approver', 'watcher'] as const;
  const logins = {} as Record<(typeof names)[number] | 'application' | 'owner', LoginRole>;
  afterAll(async () => {
    await query(
      `DROP SCHEMA lockstep CASCADE; DROP OWNED BY ${names.map((role) => prefix + role).join(', ')}, ${owner} CASCADE`,
    );
    await query(`DROP ROLE ${names.map((role) => prefix + role).join(', ')}, ${owner}`);
  });

  beforeAll(async () => {
    await query(`CREATE ROLE ${owner}`);
    await query(`GRANT CREATE ON SCHEMA public TO ${owner}`);
    await query(
      `CREATE TABLE a (id int PRIMARY KEY, n int); CREATE TABLE b (LIKE a INCLUDING ALL); INSERT INTO a SELECT g FROM generate_series(1, 30) AS g`,
    );
    await query(`ALTER TABLE a OWNER TO ${owner}; ALTER TABLE b OWNER TO ${owner}`);
    await query(before);
    await query(`GRANT ${owner} TO ${prefix}runner`);
    for (const role of names) {
      logins[role] = await loginRole(own, `${role}_login`, afterAll);
      await query(`GRANT ${prefix}${role} TO ${logins[role].role}`);
    }
    logins.application = await loginRole(own, 'application_login', afterAll);
    await query(`GRANT SELECT, INSERT, UPDATE, DELETE ON a, b TO ${logins.application.role}`);
    logins.owner = await loginRole(own, 'owner_login', afterAll);
    await query(`GRANT ${owner} TO ${logins.owner.role}`);
  });

  test('are enough for a plan with a step of each kind, there and back', async () => {
    const { planner, runner, approver, watcher } = logins;
    const second = await loginRole(own, 'second_login', afterAll);
    await query(`GRANT ${prefix}runner TO ${second.role}`);
    const content = {
      ...(kinds(`${prefix}approver`) as object),
      name: 'all-kinds',
      mappings: { copy: { from: 'a', to: 'b', columns: { id: 'id', n: 'n' } } },
    };
    const planned = await planOn(planner.database, content).plan();
    expect([planned.exit, planned.diagnostics.filter(({ severity }) => severity === 'error')]).toEqual([0, []]);
    const plan = planOn(runner.database, content);
    expect(told(await plan.apply())).toMatch(/^exit 6/);
    expect(await value(`SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = 'lockstep.run'::regclass`)).toBe(
      `${prefix}runner`,
    );
    // Another login of the same role finds its own.
    const single = { name: 'second', steps: [{ id: 's', sql: { up: 'SELECT 1', down: 'SELECT 1' } }] };
    expect(told(await planOn(second.database, single).apply())).toBe('exit 0');
    await query(behind);
    expect(told(await planOn(planner.database, content).verify())).toBe('exit 0');
    expect((await statusCommand({ database: watcher.database, run: 'all-kinds' })).exit).toBe(0);
    // The runner began it, and is no approver; the watcher may write nothing.
    expect(told(await planOn(runner.database, content).approve('sign-off'))).toMatch(/^exit 5\nLS9064 /);
    expect((await planOn(watcher.database, content).approve('sign-off')).exit).not.toBe(0);
    expect(told(await planOn(approver.database, content).approve('sign-off'))).toBe('exit 0');
    expect(told(await plan.apply())).toBe('exit 0');
    expect((await statusCommand({ database: watcher.database, run: 'all-kinds' })).report!.trail).toMatchObject({
      broken: [],
    });
    expect(told(await plan.rollback())).toBe('exit 0');
    expect(await value('SELECT count(*) FROM b')).toBe('0');
  });

  test.each([
    [
      'approver',
      'says that somebody else approved',
      `INSERT INTO lockstep.approval (run_id, operation_id, by_user) VALUES (1, 'sign-off/gate', 'boss')`,
    ],
    ['approver', 'says when', `INSERT INTO lockstep.event (run_id, event, at) VALUES (1, 'approved', now())`],
    ['approver', 'changes a graph', `UPDATE lockstep.run SET graph = ''`],
    ['approver', 'changes the trail', `UPDATE lockstep.event SET event = 'approved'`],
    ['approver', 'takes an approval away', 'DELETE FROM lockstep.approval'],
    ['approver', 'moves an operation', `UPDATE lockstep.operation SET state = 'done'`],
    ['approver', 'reads what rows said', 'TABLE lockstep.before_image'],
    ['approver', 'reads the application', 'TABLE a'],
    ['watcher', 'approves', `INSERT INTO lockstep.approval (run_id, operation_id) VALUES (1, 'sign-off/gate')`],
    ['watcher', 'stops a run', `UPDATE lockstep.run SET asked = 'cancel'`],
    ['watcher', 'reads what rows said', 'TABLE lockstep.before_image'],
    [
      'watcher',
      'puts a trigger on the journal',
      'CREATE TRIGGER z AFTER INSERT ON lockstep.event EXECUTE FUNCTION suppress_redundant_updates_trigger()',
    ],
    ['application', 'reads the journal', 'TABLE lockstep.run'],
    ['application', 'writes to the journal', `INSERT INTO lockstep.event (run_id, event) VALUES (1, 'approved')`],
    [
      'owner',
      'of a table puts a trigger on the journal',
      'CREATE TRIGGER z AFTER INSERT ON lockstep.event EXECUTE FUNCTION suppress_redundant_updates_trigger()',
    ],
    ['owner', 'of a table writes to the journal', `UPDATE lockstep.run SET graph = ''`],
    ['planner', 'writes to the application', 'INSERT INTO a VALUES (99)'],
    ['planner', 'writes to the journal', 'DELETE FROM lockstep.run'],
    ['planner', 'makes an object in the journal', 'CREATE TABLE lockstep.z ()'],
  ] as const)('stop the %s that %s', async (role, _, attack) => {
    await expect(logins[role].query(attack)).rejects.toMatchObject({ facts: { sqlstate: '42501' } });
  });
});
