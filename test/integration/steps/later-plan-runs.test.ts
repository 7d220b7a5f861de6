/** Runs on a window that another plan has left open: stopped anywhere, and beside each other. */
import { describe, expect, test } from 'vitest';

import { EXIT } from '../../../src/commands/command-result.js';
import { lockstep, startLockstep } from '../../support/built-program.js';
import { catalogLines } from '../../support/catalog-text.js';
import type { TestDatabase } from '../../support/database.js';
import { planOn, told, type PlanOnDatabase } from '../../support/plan-on-database.js';
import { begun, CASES } from './later-plan-kinds.js';
import { stopAfterOperation } from './stop-after-operation.js';

describe.each(CASES)('a run on a window of $kind on server $major', (one) => {
  const flip = { id: 'flip', cutover: { windows: [one.window] } };

  test('goes on in another process wherever it was stopped, and back', async () => {
    const found = await begun(one);
    const after = await catalogLines(found);
    const second = planOn(found.database, { name: 'second-plan', steps: [flip] });
    const whole = await second.apply();
    const operations = whole.report!.graph.operations.map(({ id }) => id);
    expect(told(await second.rollback())).toBe('exit 0');
    for (const id of operations) {
      const stopped = await second.apply(stopAfterOperation(id));
      expect([EXIT.stopped, EXIT.done]).toContain(stopped.exit);
      for (const text of one.writeOld.slice(0, stopped.exit === EXIT.done ? 0 : 1))
        await found.query(text).catch(() => 0);
      await finished(second.apply());
      expect(await found.query(one.wrong.new)).toEqual([]);
      expect(told(await second.rollback())).toBe('exit 0');
      expect(await catalogLines(found)).toEqual(after);
      expect(await found.query(one.wrong.old)).toEqual([]);
    }
    expect(operations.length).toBeGreaterThan(1);
  });

  test('goes on after kill -9 while it waits for a lock, and the window is as it was until then', async () => {
    const found = await begun(one);
    const second = planOn(found.database, { name: 'second-plan', defaults: { lock_timeout: '30s' }, steps: [flip] });
    const command = ['apply', second.file, '--yes', '--database-url', found.url];
    await found.database.withSession(async (session) => {
      // Of dual_write the watch waits, which comes before the comparison; of convert_uuid the change of names.
      await session.query(`BEGIN; LOCK TABLE users IN ${one.holds} MODE`);
      const started = await startLockstep(command);
      await waitsFor(found, 'users');
      started.child.kill('SIGKILL');
      await started.ended;
      await session.query('ROLLBACK');
    });
    expect(await found.value(`SELECT state FROM lockstep."window"`)).toBe('old leads');
    expect((await found.first.rollback()).diagnostics[0]).toMatchObject({ code: 'LS9037' });
    for (const text of one.writeOld) await found.query(text);
    expect(await found.query(one.wrong.old)).toEqual([]);
    const again = await lockstep(command);
    expect(again.exit, again.out + again.err).toBe(0);
    expect(await found.value(`SELECT state FROM lockstep."window"`)).toBe('new leads');
    for (const text of one.writeNew) await found.query(text);
    expect(await found.query(one.wrong.new)).toEqual([]);
    expect(told(await second.rollback())).toBe('exit 0');
    expect(told(await found.first.rollback())).toBe('exit 0');
    expect(await catalogLines(found)).toEqual(found.before);
  });

  test('and the way back of what it stands on, begun at the same moment: one of the two is refused', async () => {
    const found = await begun(one);
    const second = planOn(found.database, { name: 'second-plan', steps: [flip] });
    const results = await found.database.withSession(async (session) => {
      // Both have read where the window stands, and wait here.
      await session.query(`BEGIN; SELECT FROM lockstep."window" FOR UPDATE`);
      const both = Promise.all([second.apply(), found.first.rollback()]);
      await until(found, 2);
      await session.query('COMMIT');
      return both;
    });
    const [there, back] = results.map(({ exit }) => exit);
    expect([there, back].filter((exit) => exit === EXIT.done)).toHaveLength(1);
    const state = await found.value(`SELECT state FROM lockstep."window"`);
    expect(state).toBe(there === EXIT.done ? 'new leads' : 'gone');
    if (there === EXIT.done) expect(told(results[1])).toMatch(/LS9037/);
    else expect(told(results[0])).toMatch(/LS9037|LS6513/);
  });
});

async function waitsFor({ value }: TestDatabase, table: string): Promise<void> {
  const sql = `SELECT count(*)::int FROM pg_locks WHERE NOT granted AND relation = '${table}'::regclass`;
  while ((await value(sql)) === 0) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** So many sessions wait for a row of the journal; where they do not, because they wait for each other, it goes on all the same. */
async function until({ value }: TestDatabase, waiting: number): Promise<void> {
  const sql = `SELECT count(*)::int FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%lockstep."window"%'`;
  for (let tries = 0; tries < 250 && (await value(sql)) !== waiting; tries++)
    await new Promise((resolve) => setTimeout(resolve, 20));
}

/** Done, or done already where it was stopped behind its last operation. */
async function finished(result: ReturnType<PlanOnDatabase['apply']>): Promise<void> {
  expect(told(await result)).toBe('exit 0');
}
