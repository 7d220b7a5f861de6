/** `until` and `quiet_hours` of a gate: asked in each turn anew, told together, and nothing behind it starts before. */
import { describe, expect, it, onTestFinished } from 'vitest';

import type { ApplyReport } from '../../../src/commands/apply.js';
import type { CommandResult } from '../../../src/commands/command-result.js';
import { statusCommand } from '../../../src/commands/status.js';
import { PgDatabase } from '../../../src/postgres/pg-database.js';
import type { OperationReport } from '../../../src/postgres/journal/run-report.js';
import { PLAIN_STYLE } from '../../../src/render/style.js';
import { renderPlanSql } from '../../../src/render/render-plan-sql.js';
import { renderRun } from '../../../src/render/render-run.js';
import { renderRunStatus } from '../../../src/render/render-status.js';
import { testDatabase } from '../../support/database.js';
import { ON_NEW } from '../../support/majors.js';
import { planOn, told as toldAll, type PlanOnDatabase } from '../../support/plan-on-database.js';

/** The functions of these checks are VOLATILE, on purpose; that each command says so is the subject of `security/reader`. */
const told: typeof toldAll = (result) =>
  toldAll({ ...result, diagnostics: result.diagnostics.filter(({ code }) => code !== 'LS9067') });

const ZONE = 'Asia/Kolkata';
const view = { style: PLAIN_STYLE, width: 160 };

for (const major of ON_NEW) {
  const { url, query, value, database } = await testDatabase({ major });
  let plans = 0;

  /** A table `jobs` of 60 rows with `late` of them open, and a plan that notes what ran before and behind its gate. */
  async function gated(
    gate: Readonly<Record<string, unknown>>,
    { late = 3, ...more }: { readonly late?: number; readonly defaults?: object } = {},
  ): Promise<PlanOnDatabase & { readonly passed: () => Promise<readonly unknown[]> }> {
    const name = `gated-${++plans}`;
    await query(
      `DROP TABLE IF EXISTS jobs, before_gate, behind_gate; CREATE TABLE jobs (id int PRIMARY KEY, done boolean NOT NULL);
       INSERT INTO jobs SELECT n, n > ${late} FROM generate_series(1, 60) AS n;
       CREATE TABLE before_gate (n int); CREATE TABLE behind_gate (n int)`,
    );
    const plan = planOn(database, {
      name,
      ...more,
      steps: [
        { id: 'first', sql: { up: 'INSERT INTO before_gate VALUES (1)', down: 'DELETE FROM before_gate' } },
        { id: 'stop', gate },
        { id: 'second', sql: { up: 'INSERT INTO behind_gate VALUES (1)', down: 'DELETE FROM behind_gate' } },
      ],
    });
    const count = (table: string): Promise<unknown> => value(`SELECT count(*)::int FROM ${table}`);
    // What did not end is not in the way of the next test.
    onTestFinished(() => plan.rollback().then(() => undefined));
    return { ...plan, passed: async () => [await count('before_gate'), await count('behind_gate')] };
  }

  const gateOf = ({ report }: CommandResult<ApplyReport>): OperationReport =>
    report!.run.operations.find(({ id }) => id === 'stop/gate')!;

  /** On the server's clock, so many hours from now. */
  const inHours = (hours: number): Promise<string> =>
    value(`SELECT to_char(clock_timestamp() AT TIME ZONE '${ZONE}' + $1 * interval '1 hour', 'HH24:MI')`, [
      hours,
    ]) as Promise<string>;

  const DONE = { row_count: { table: 'jobs', where: 'done', is: 60 }, name: 'all jobs are done' };

  describe(`on server ${major}`, () => {
    it('ends the turn with the figures while its checks do not hold, asks anew, and goes on when they do', async () => {
      const plan = await gated({ until: [DONE, { no_rows: 'SELECT id FROM jobs WHERE NOT done ORDER BY id' }] });
      const shown = await plan.plan();
      expect(shown.exit, told(shown)).toBe(0);
      const row = shown.report!.operations.find(({ id }) => id === 'stop/gate')!;
      expect(row.label).toBe('wait for 2 checks');
      expect(row.waitsFor).toEqual(['until all jobs are done', expect.stringMatching(/^until /)]);
      expect(row.locks).toEqual([{ relation: 'public.jobs', mode: 'ACCESS SHARE' }]);
      const sql = renderPlanSql(shown.report!);
      expect(sql).toContain('-- asked by each apply, rolled back: until all jobs are done\n');
      expect(sql).toContain('SELECT id FROM jobs WHERE NOT done');

      const early = await plan.apply();
      expect(early.exit, told(early)).toBe(6);
      expect(early.next).toEqual([`lockstep apply ${plan.file}`]);
      expect(await plan.passed()).toEqual([1, 0]);
      expect(gateOf(early)).toMatchObject({
        state: 'waiting',
        outcome: {
          reason: expect.stringMatching(
            /^waits for all jobs are done \(actual 57, expected 60\) and .+ \(3 rows, expected 0\)$/s,
          ) as string,
          missing: ['until'],
          until: [
            { id: 'stop/until/1-row_count', answer: { violations: 1, figures: { actual: 57, expected: 60 } } },
            { id: 'stop/until/2-no_rows', answer: { violations: 3, samples: [{ id: 1 }, { id: 2 }, { id: 3 }] } },
          ],
        },
      });
      const text = renderRun({ ...early.report!, report: early.report!.run }, view);
      expect(text).toMatch(/^◷ 2 checks are waited for$/m);
      expect(text).toMatch(/^◷ {2}stop › all jobs are done +actual 57, expected 60$/m);
      expect(text).toMatch(/^ {4}id 1$/m);
      expect(text).not.toContain('✖');

      // Asked anew: other figures, and not yet enough.
      await query('UPDATE jobs SET done = true WHERE id < 3');
      expect((await plan.apply()).exit).toBe(6);
      const looked = await statusCommand({ database, run: plan.name });
      const standing = renderRunStatus(looked.report!.run!, [], view);
      expect(standing).toMatch(/^ {5}◷ {2}all jobs are done +actual 59, expected 60$/m);
      expect(standing).toMatch(/^ {9}id 3$/m);
      expect(await plan.passed()).toEqual([1, 0]);

      await query('UPDATE jobs SET done = true');
      const late = await plan.apply();
      expect(late.exit, told(late)).toBe(0);
      expect(await plan.passed()).toEqual([1, 1]);
      expect(gateOf(late).outcome).toMatchObject({
        reason: 'its checks hold',
        until: [{ answer: { violations: 0, figures: { actual: 60, expected: 60 } } }, { answer: { violations: 0 } }],
      });
      expect(renderRun({ ...late.report!, report: late.report!.run }, view)).toContain('✔ 2 checks hold');
    });

    it('keeps the approval between turns and no answer of a check', async () => {
      const plan = await gated({ approval: 'dba', hold: '2h', until: [DONE] }, { late: 0 });
      const first = await plan.apply();
      expect(gateOf(first).outcome).toMatchObject({ missing: ['approval', 'hold'] });
      expect(first.next).toEqual([`lockstep approve ${plan.file} --gate stop`, `lockstep apply ${plan.file}`]);
      expect((await plan.approve('stop')).exit).toBe(0);
      await query('UPDATE jobs SET done = false WHERE id = 7');
      await query(`UPDATE lockstep.operation SET first_left_pending_at = first_left_pending_at - interval '3 hours'`);
      // It held when it was first asked; now all else is there, and it does not.
      const second = await plan.apply();
      expect(gateOf(second).outcome).toMatchObject({
        missing: ['until'],
        reason: 'waits for all jobs are done (actual 59, expected 60)',
      });
      expect(second.next).toEqual([`lockstep apply ${plan.file}`]);
      expect(await plan.passed()).toEqual([1, 0]);
      await query('UPDATE jobs SET done = true');
      expect(told(await plan.apply())).toBe('exit 0');
    });

    it('only reports a warning', async () => {
      const plan = await gated({ until: [{ ...DONE, severity: 'warning' }] });
      const done = await plan.apply();
      expect(done.exit, told(done)).toBe(0);
      expect(gateOf(done).outcome!.until).toMatchObject([{ severity: 'warning', answer: { violations: 1 } }]);
      expect(renderRun({ ...done.report!, report: done.report!.run }, view)).toMatch(/^! {2}stop › all jobs are done/m);
    });

    it('fails with the error where a check cannot be asked, and goes on once it can', async () => {
      await query('CREATE OR REPLACE FUNCTION weight(int) RETURNS int LANGUAGE sql AS $$ SELECT 1 / ($1 - $1) $$');
      const plan = await gated({
        approval: 'dba',
        until: [{ no_rows: 'SELECT id FROM jobs WHERE weight(id) > 1', name: 'light enough' }],
      });
      const failed = await plan.apply();
      expect(told(failed)).toMatch(/^exit 1\nLS9002 `stop\/gate`: light enough: division by zero \(SQLSTATE 22012\)\./);
      expect(gateOf(failed)).toMatchObject({ state: 'failed', outcome: { error: { sqlstate: '22012' } } });
      const reached = gateOf(failed).firstLeftPendingAt;
      expect(await plan.passed()).toEqual([1, 0]);
      await query('CREATE OR REPLACE FUNCTION weight(int) RETURNS int LANGUAGE sql AS $$ SELECT 1 $$');
      const waits = await plan.apply();
      expect(waits.exit, told(waits)).toBe(6);
      // The hold would count from when it was first reached.
      expect(gateOf(waits)).toMatchObject({ state: 'waiting', firstLeftPendingAt: reached });
      expect((await plan.approve('stop')).exit).toBe(0);
      expect(told(await plan.apply())).toBe('exit 0');
    });

    it('asks without a statement timeout, and nothing that a check does stays', async () => {
      await query(
        `CREATE TABLE IF NOT EXISTS noted (n int);
         CREATE OR REPLACE FUNCTION note() RETURNS int LANGUAGE sql AS $$ INSERT INTO noted VALUES (1) RETURNING n $$`,
      );
      const plan = await gated(
        {
          until: [{ value: { sql: 'SELECT note()', is: 1 } }, { value: { sql: 'SELECT 1 FROM pg_sleep(0.5)', is: 1 } }],
        },
        { defaults: { statement_timeout: '200ms' } },
      );
      expect(told(await plan.apply())).toBe('exit 0');
      expect(await value('SELECT count(*)::int FROM noted')).toBe(0);
    });

    it('is open for an approval that comes while its checks are at work', async () => {
      const lock = 700_000 + major;
      const plan = await gated({
        approval: 'dba',
        until: [{ value: { sql: `SELECT 1 FROM pg_advisory_xact_lock(${lock})`, is: 1 } }],
      });
      const other = new PgDatabase({ url });
      onTestFinished(() => other.close());
      await other.withSession(async (session) => {
        await session.query(`SELECT pg_advisory_lock(${lock})`);
        const applied = plan.apply();
        await expect
          .poll(() => value(`SELECT count(*)::int FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`), {
            timeout: 30_000,
          })
          .toBe(1);
        const looked = await statusCommand({ database: other, run: plan.name });
        expect(looked.report!.run!.operations.find(({ id }) => id === 'stop/gate')!.state).toBe('waiting');
        expect((await plan.approve('stop')).exit).toBe(0);
        await session.query(`SELECT pg_advisory_unlock(${lock})`);
        expect(told(await applied)).toBe('exit 0');
      });
    });

    it('stops between its checks', async () => {
      const controller = new AbortController();
      const plan = await gated({ until: [DONE, DONE] }, { late: 0 });
      const stopped = await plan.apply({
        stop: controller.signal,
        observe: (event) => {
          if (event.type === 'operation' && event.operation === 'stop/gate') controller.abort();
        },
      });
      expect(stopped.report!.outcome).toBe('stopped');
      expect(gateOf(stopped)).toMatchObject({ state: 'waiting', outcome: null });
      expect(told(await plan.apply())).toBe('exit 0');
    });

    it('goes on in its hours only, and says from when, there and in UTC', async () => {
      const from = await inHours(2);
      const plan = await gated({ quiet_hours: { from, to: await inHours(4), time_zone: ZONE } });
      const early = await plan.apply();
      expect(early.exit, told(early)).toBe(6);
      const opens = (await value(
        `SELECT to_char(date_trunc('minute', clock_timestamp()) AT TIME ZONE 'UTC' + interval '2 hours', 'YYYY-MM-DD HH24:')`,
      )) as string;
      const { reason, missing } = gateOf(early).outcome!;
      expect(missing).toEqual(['quiet_hours']);
      expect(reason).toMatch(new RegExp(`^waits for its hours ${from}–\\d\\d:\\d\\d ${ZONE}, next from ${opens}`));
      expect(reason).toMatch(new RegExp(`Z \\(\\d{4}-\\d\\d-\\d\\d ${from} ${ZONE}\\)$`));
      expect(await plan.passed()).toEqual([1, 0]);
      expect(told(await plan.rollback())).toBe('exit 0');

      const within = await gated({ quiet_hours: { from: await inHours(-2), to: await inHours(2), time_zone: ZONE } });
      expect(told(await within.apply())).toBe('exit 0');
      expect(told(await within.rollback())).toBe('exit 0');
      // Twenty hours: over midnight, whatever time it is.
      const long = await gated({ quiet_hours: { from: await inHours(-2), to: await inHours(-6), time_zone: ZONE } });
      expect(told(await long.apply())).toBe('exit 0');
    });

    it('can be left for good while its checks do not hold', async () => {
      const plan = await gated({ until: [DONE] });
      expect((await plan.apply()).exit).toBe(6);
      expect(told(await plan.rollback())).toBe('exit 0');
      expect(await plan.passed()).toEqual([0, 0]);
    });

    it('is asked by `verify` too, which does not fail for what is waited for', async () => {
      const plan = await gated({ until: [DONE] });
      const verified = await plan.verify();
      expect(told(verified)).toBe('exit 0');
      expect(verified.report!.checks).toMatchObject([
        {
          id: 'stop/until/1-row_count',
          awaited: true,
          answer: { violations: 1, figures: { actual: 57, expected: 60 } },
          place: { start: { line: expect.any(Number) as number } },
        },
      ]);
      await query('CREATE OR REPLACE FUNCTION broken(int) RETURNS int LANGUAGE sql AS $$ SELECT 1 / ($1 - $1) $$');
      const refused = await gated({ until: [{ no_rows: 'SELECT id FROM jobs WHERE broken(id) > 1' }] });
      expect(told(await refused.verify())).toMatch(/^exit 4\nLS9003 .*division by zero/s);
    });

    it('is refused when planned where the server does not accept a check', async () => {
      const plan = await gated({ until: [{ no_rows: 'SELECT id FROM jobs WHERE id = no_such_function(id)' }] });
      expect(told(await plan.apply())).toMatch(/^exit 3\nLS9014 .*no_such_function/s);
    });
  });
}
