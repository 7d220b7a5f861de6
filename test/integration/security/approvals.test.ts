/** Whose approval counts: by group, by the configuration, and not by whoever began the run; under attack by a role that may write approvals. */
import { afterAll, describe, expect, test } from 'vitest';

import { approveCommand } from '../../../src/commands/approve.js';
import { statusCommand } from '../../../src/commands/status.js';
import type { Approvers } from '../../../src/operation/approvers.js';
import { renderRunStatus } from '../../../src/render/render-status.js';
import { PLAIN_STYLE } from '../../../src/render/style.js';
import { testDatabase } from '../../support/database.js';
import { planOn, told } from '../../support/plan-on-database.js';
import { loginRole } from '../../support/roles.js';

describe('an approval', async () => {
  const own = await testDatabase({ after: afterAll });
  const { database, query, value, name } = own;
  const anna = await loginRole(own, 'anna', afterAll);
  const carl = await loginRole(own, 'carl', afterAll);
  const group = `${name}_dba`;
  const owners = `${name}_owners`;
  let runs = 0;
  await query(`CREATE ROLE ${group}`);
  await query(`CREATE ROLE ${owners}`);
  afterAll(async () => {
    await query(`DROP OWNED BY ${group}, ${owners}`);
    await query(`DROP ROLE ${group}, ${owners}`);
  });

  /** A run that waits at a gate of the group, begun by the user of the test. */
  async function waiting(of: string) {
    const plan = planOn(database, { name: `gated-${++runs}`, steps: [{ id: 'g', gate: { approval: of } }] });
    expect((await plan.apply()).exit).toBe(6);
    await query(`GRANT USAGE ON SCHEMA lockstep TO ${anna.role}, ${carl.role}`);
    await query(`GRANT SELECT ON ALL TABLES IN SCHEMA lockstep TO ${anna.role}, ${carl.role}`);
    await query(`GRANT INSERT ON lockstep.approval, lockstep.event TO ${anna.role}, ${carl.role}`);
    const approve = async (by: { readonly database: typeof database }, approvers: Approvers = {}) =>
      approveCommand({
        database: by.database,
        run: plan.name,
        argument: plan.name,
        gate: 'g',
        comment: null,
        approvers,
      });
    const reason = async () =>
      value(`SELECT outcome ->> 'reason' FROM lockstep.operation ORDER BY run_id DESC LIMIT 1`);
    return { plan, approve, reason };
  }

  test('of a group that nobody knows counts, and everything says that it was not checked', async () => {
    const { plan, approve, reason } = await waiting('nobody-knows');
    const approved = await approve(carl);
    expect(approved).toMatchObject({ exit: 0, report: { note: 'not checked: no group nobody-knows' } });
    const looked = await statusCommand({ database, run: plan.name });
    const said = `approved by ${carl.role} (not checked: no group nobody-knows)`;
    expect(renderRunStatus(looked.report!.run!, [], { style: PLAIN_STYLE, width: 200 })).toContain(said);
    expect((await plan.apply()).exit).toBe(0);
    expect(await reason()).toBe(said);
  });

  test('of one’s own run counts where the group cannot be checked, and that is said', async () => {
    const { plan, approve } = await waiting('nobody-knows');
    expect(await approve({ database })).toMatchObject({
      exit: 0,
      report: { note: 'not checked: no group nobody-knows, and began the run' },
    });
    expect((await plan.apply()).exit).toBe(0);
  });

  test('of a role counts where its user is a member, at the time at which the run goes on', async () => {
    const { plan, approve, reason } = await waiting(group);
    expect(told(await approve(carl))).toMatch(/^exit 5\nLS9064 .*_carl` is no member of \S+_dba, /);
    expect(
      await value(
        'SELECT count(*) FROM lockstep.approval AS a JOIN lockstep.run AS r ON r.id = a.run_id WHERE r.plan = $1',
        [plan.name],
      ),
    ).toBe('0');
    await query(`GRANT ${group} TO ${anna.role}`);
    expect(await approve(anna)).toMatchObject({ exit: 0, report: { note: null } });
    await query(`REVOKE ${group} FROM ${anna.role}`);
    expect((await plan.apply()).exit).toBe(6);
    expect(await reason()).toBe(
      `waits for approval by ${group}; that of ${anna.role} (no member of ${group}) does not count`,
    );
    await query(`GRANT ${group} TO ${anna.role}`);
    expect((await plan.apply()).exit).toBe(0);
    expect(await reason()).toBe(`approved by ${anna.role}`);
  });

  test('that is written into the journal past the command does not count either', async () => {
    const { plan, reason } = await waiting(group);
    await carl.query(`INSERT INTO lockstep.approval (run_id, operation_id) SELECT max(id), 'g/gate' FROM lockstep.run`);
    expect((await plan.apply()).exit).toBe(6);
    expect(await reason()).toContain(`that of ${carl.role} (no member of ${group}) does not count`);
  });

  test('of another graph does not count', async () => {
    const { plan, reason } = await waiting('nobody-knows');
    await carl.query(
      `INSERT INTO lockstep.approval (run_id, operation_id, graph_digest) SELECT max(id), 'g/gate', 'ls1:0' FROM lockstep.run`,
    );
    expect((await plan.apply()).exit).toBe(6);
    expect(await reason()).toContain('(of another graph) does not count');
  });

  test('counts for the roles that the configuration names, and for no others', async () => {
    const approvers = { [group]: { roles: [owners] } };
    const { plan, approve } = await waiting(group);
    await query(`GRANT ${group} TO ${anna.role}`);
    expect(told(await approve(anna, approvers))).toMatch(/^exit 5\nLS9064 .*no member of \S+_owners/);
    await query(`GRANT ${owners} TO ${carl.role}`);
    expect(await approve(carl, approvers)).toMatchObject({ exit: 0, report: { note: null } });
    // Whoever runs it decides whose configuration holds.
    expect((await plan.apply()).exit).toBe(6);
    expect((await plan.apply({ approvers })).exit).toBe(0);
  });

  test('of one’s own run is refused where the group is checked, unless the configuration allows it', async () => {
    const { plan, approve } = await waiting(group);
    expect(told(await approve({ database }))).toMatch(/^exit 5\nLS9063 /);
    // Nor past the command.
    await query(`INSERT INTO lockstep.approval (run_id, operation_id) SELECT max(id), 'g/gate' FROM lockstep.run`);
    expect((await plan.apply()).exit).toBe(6);
    expect((await plan.apply({ approvers: { [group]: { own: 'allow' } } })).exit).toBe(0);
  });
});
