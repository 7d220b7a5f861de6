import { beforeEach, describe, expect, test } from 'vitest';

import { testDatabase } from '../../support/database.js';
import { told } from '../../support/plan-on-database.js';
import { expectExact, held, startFill, TABLE } from './held-run.js';
import { shiftedClock } from './shifted-clock.js';

const ZONE = 'Asia/Kolkata';

/** So far is the clock that the program asks for ahead of the server's; it never stands close to the end of a minute. */
let aheadMs = 0;

/** A minute begins, as the program sees it. */
function beginMinute(): void {
  aheadMs = 60_000 - (Date.now() % 60_000);
}

/** The time of day there, so many minutes from now. */
function inMinutes(minutes: number): string {
  const format = new Intl.DateTimeFormat('en-GB', { timeZone: ZONE, timeStyle: 'short', hourCycle: 'h23' });
  return format.format(Date.now() + aheadMs + minutes * 60_000);
}

describe('quiet hours', async () => {
  const { database: real, query, value } = await testDatabase();
  const database = shiftedClock(real, () => aheadMs);
  const written = (): Promise<unknown> => value('SELECT count(*)::int FROM n WHERE n > 0');
  beforeEach(async () => {
    await query(TABLE);
    beginMinute();
  });

  test('outside of them nothing is written, and it is said when the window opens; who ignores them goes on', async () => {
    const run = startFill(database, {
      quiet_hours: { from: inMinutes(120), to: inMinutes(180), time_zone: ZONE },
    });
    const stopped = await run.result;
    const opens = new Date(Date.now() + aheadMs + 120 * 60_000).toISOString();
    expect(told(stopped)).toMatch(
      new RegExp(
        `^exit 6\nLS9034 Work is allowed \\d\\d:\\d\\d–\\d\\d:\\d\\d ${ZONE}, next from ${opens.slice(0, 10)} ${opens.slice(11, 15)}`,
      ),
    );
    expect(stopped.diagnostics[0]!.severity).toBe('warning');
    expect(stopped.report!.run.run.status).toBe('stopped');
    expect(await written()).toBe(0);
    await expectExact(startFill(database, {}, { plan: run.plan, ignoreThrottle: ['quiet_hours'] }), query);
  });

  test('within them it runs, over midnight too', async () => {
    await expectExact(
      startFill(database, { quiet_hours: { from: inMinutes(-60), to: inMinutes(60), time_zone: ZONE } }),
      query,
    );
    await query(TABLE);
    await expectExact(
      startFill(database, { quiet_hours: { from: inMinutes(-60), to: inMinutes(-120), time_zone: ZONE } }),
      query,
    );
  });

  test('when they end, the turn ends, also out of a hold', async () => {
    await query('DROP TABLE IF EXISTS load; CREATE TABLE load AS SELECT 6 AS points');
    const run = startFill(database, {
      query: { sql: 'SELECT points FROM load', at_most: 5 },
      quiet_hours: { from: inMinutes(-60), to: inMinutes(1), time_zone: ZONE },
    });
    await run.until(held);
    // It stays held back while they last, and a minute later they are over.
    await run.until(held);
    expect(await written()).toBe(0);
    aheadMs += 60_000;
    const stopped = await run.result;
    expect(told(stopped)).toMatch(/^exit 6\nLS9034 /);
    expect(stopped.report!.run.throttle).toMatchObject({ holds: 1, heldSince: null });
    expect(await written()).toBe(0);
  });
});
