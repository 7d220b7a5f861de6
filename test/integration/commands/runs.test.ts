/** What a run's past means for what may be done now. */
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';

import { PgDatabase } from '../../../src/postgres/pg-database.js';
import { tryHoldRun } from '../../../src/postgres/journal/advisory.js';
import { testDatabase } from '../../support/database.js';
import { ON_NEW } from '../../support/majors.js';
import { planOn, rowsOf, told, type PlanContent, type PlanOnDatabase } from '../../support/plan-on-database.js';
import { forgetTables } from '../steps/whole-cycle.js';

function fillPlan(name: string, v: string, more: Readonly<Record<string, unknown>> = {}): PlanContent {
  return { name, steps: [{ id: 'fill', backfill: { table: 't', set: { v } } }], ...more };
}

for (const major of ON_NEW) {
  const found = await testDatabase({ major });
  const { database, query, url, value } = found;

  describe(`runs on server ${major}`, () => {
    beforeEach(() =>
      query(
        `CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT n, 'v' || n FROM generate_series(1, 5) AS n`,
      ),
    );
    afterEach(() => forgetTables(found));

    test('plan, verify and a second apply write nothing, by the account of the server', async () => {
      // A database of its own: the account is kept by database, and sessions settle theirs when they end.
      const quiet = await testDatabase({ major, after: onTestFinished });
      const settled = async (work: (plan: PlanOnDatabase) => Promise<void>): Promise<unknown> => {
        const own = new PgDatabase({ url: quiet.url });
        await work(planOn(own, fillPlan('quiet', "'x'")));
        await own.close();
        await quiet.query('SELECT pg_stat_force_next_flush()');
        const others =
          'SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()';
        await expect.poll(() => quiet.value(others)).toBe(0);
        return quiet.value(
          'SELECT tup_inserted + tup_updated + tup_deleted FROM pg_stat_database WHERE datname = current_database()',
        );
      };
      await quiet.query(`CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'v')`);
      const before = await settled(() => Promise.resolve());
      expect(
        await settled(async (plan) => {
          expect(told(await plan.plan())).toBe('exit 0');
          expect(told(await plan.verify())).toBe('exit 0');
        }),
      ).toBe(before);
      const applied = await settled(async (plan) => expect(told(await plan.apply())).toBe('exit 0'));
      expect(applied).not.toBe(before);
      expect(await settled(async (plan) => expect((await plan.apply()).report?.outcome).toBe('nothing to do'))).toBe(
        applied,
      );
    });

    test('a finished plan with another text is refused, and nothing changes', async () => {
      expect(told(await planOn(database, fillPlan('history', "'x'")).apply())).toBe('exit 0');
      const before = await rowsOf(found);
      const refused = await planOn(database, fillPlan('history', "'y'")).apply();
      expect([refused.exit, refused.diagnostics.map(({ code }) => code)]).toEqual([5, ['LS9005']]);
      expect(told(refused)).toContain('`history@1` has finished with another text or other params');
      expect(await rowsOf(found)).toEqual(before);
    });

    test('another layout or comment is the same text', async () => {
      const text = (more: string): string =>
        `lockstep: 1\nname: layout\nsteps:\n  - id: fill\n    backfill: { table: t, set: { v: "'x'" } }\n${more}`;
      expect(told(await planOn(database, text('')).apply())).toBe('exit 0');
      expect((await planOn(database, text('# seen\n\n')).apply()).report?.outcome).toBe('nothing to do');
    });

    test('other params are refused, begun or finished; the same ones go on', async () => {
      const content = fillPlan('params', '{{ to }}', {
        params: { to: { type: 'string', default: 'x' } },
        steps: [
          { id: 'fill', backfill: { table: 't', set: { v: '{{ to }}' } } },
          { id: 'sign-off', gate: { approval: 'dba' } },
        ],
      });
      expect((await planOn(database, content, { to: "it's" }).apply()).exit).toBe(6);
      for (const set of [{ to: 'y' }, {}] as const) {
        const refused = await planOn(database, content, set).apply();
        expect([refused.exit, refused.diagnostics.map(({ code }) => code)]).toEqual([5, ['LS9005']]);
        expect(told(refused)).toContain('began with another text or other params');
      }
      const right = planOn(database, content, { to: "it's" });
      expect(told(await right.approve('sign-off'))).toBe('exit 0');
      expect(told(await right.apply())).toBe('exit 0');
      expect(await query('SELECT DISTINCT v FROM t')).toEqual([{ v: "it's" }]);
      expect((await planOn(database, content, { to: 'y' }).apply()).exit).toBe(5);
    });

    test('a gate that does not wait cannot be approved', async () => {
      const plan = planOn(database, {
        name: 'gates',
        steps: [
          { id: 'first', gate: { approval: 'dba' } },
          { id: 'second', gate: { approval: 'dba', hold: '1h' } },
          { id: 'only-time', gate: { hold: '1s' } },
        ],
      });
      const codes = async (gate: string): Promise<unknown> =>
        (await plan.approve(gate)).diagnostics.map(({ code }) => code);
      expect(await codes('first')).toEqual(['LS9008']);
      const waiting = await plan.apply();
      expect(waiting.next).toEqual([`lockstep approve ${plan.file} --gate first`, `lockstep apply ${plan.file}`]);
      expect(await codes('second')).toEqual(['LS9009']);
      expect(await codes('only-time')).toEqual(['LS9009']);
      expect(told(await plan.approve('secnd'))).toContain('it has: first, second, only-time');
      expect(told(await plan.approve('first'))).toBe('exit 0');
      expect((await plan.approve('first')).report?.recorded).toBe(false);
      const held = await plan.apply();
      expect(held.exit).toBe(6);
      expect(await codes('first')).toEqual(['LS9009']);
      expect(held.report!.run.operations.find(({ id }) => id === 'second/gate')!.outcome!.reason).toMatch(
        /^waits for approval by dba and 1h|^waits for approval by dba and 59m/,
      );
    });

    test('while another holds the plan: exit 7, and its rows stay untouched', async () => {
      const plan = planOn(database, fillPlan('held', "'x'"));
      const other = new PgDatabase({ url });
      onTestFinished(() => other.close());
      await other.withSession(async (session) => {
        expect(await tryHoldRun(session, 'held')).toBe(true);
        const refused = await plan.apply();
        expect([refused.exit, refused.diagnostics.map(({ code }) => code)]).toEqual([7, ['LS9006']]);
      });
      expect(await value(`SELECT count(*)::int FROM t WHERE v = 'x'`)).toBe(0);
    });

    test('on its way back a plan cannot be applied; afterwards it can', async () => {
      const plan = planOn(database, {
        name: 'back',
        steps: [{ id: 'made', sql: { up: 'CREATE TABLE made (id int)', down: 'DROP TABLE made' } }],
      });
      expect(told(await plan.apply())).toBe('exit 0');
      await query('CREATE VIEW in_the_way AS SELECT * FROM made');
      const drifted = await plan.rollback();
      expect([drifted.exit, told(drifted)]).toEqual([5, expect.stringContaining('added relation public.in_the_way')]);
      const failed = await plan.rollback({ acceptDrift: true });
      expect([failed.exit, failed.next]).toEqual([1, [`lockstep rollback ${plan.file}`]]);
      expect(told(failed)).toContain('view in_the_way depends on table made');
      const refused = await plan.apply();
      expect([refused.exit, refused.diagnostics.map(({ code }) => code), refused.next]).toEqual([
        5,
        ['LS9007'],
        [`lockstep rollback ${plan.file}`],
      ]);
      await query('DROP VIEW in_the_way');
      expect(told(await plan.rollback())).toBe('exit 0');
      expect((await plan.rollback()).report?.outcome).toBe('nothing to do');
      expect(told(await plan.apply())).toBe('exit 0');
      expect((await plan.apply()).report?.run.run.name).toBe('back@2');
    });

    test('no agreement, no run', async () => {
      const plan = planOn(database, fillPlan('asked', "'x'"));
      const refused = await plan.apply({ agree: () => Promise.resolve(false) });
      expect(refused.exit).toBe(5);
      expect(await value(`SELECT 1 FROM pg_namespace WHERE nspname = 'lockstep'`)).toBeUndefined();
    });

    test('a file that is not there', async () => {
      const plan = planOn(database, fillPlan('missing', "'x'"));
      const refused = await plan.apply({ file: `${plan.file}.no` });
      expect([refused.exit, refused.diagnostics.map(({ code }) => code)]).toEqual([1, ['LS9017']]);
    });
  });
}
