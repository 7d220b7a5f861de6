/**
 * `on_delete: ignore` among two writers: one deletes the target row, the other changes the source row that is left behind. Whoever is
 * first, the target row does not come back. Wrong designs first, each in the interleaving that shows it.
 */
import { expect, it, onTestFinished } from 'vitest';

import type { Session } from '../../../src/executor/session.js';
import { PgDatabase } from '../../../src/postgres/pg-database.js';
import { testDatabase } from '../../support/database.js';
import { rightGraph, type ChangeGraph } from '../seeds/wrong-graphs.js';
import { forgottenNotAsked, forgottenNotWaitedFor, noRuleForOldSnapshots } from '../seeds/wrong-windows.js';
import { apply, beginWith, writePlan } from '../support/run-plan.js';

const TABLES = `CREATE TABLE users (id int PRIMARY KEY, hash text); CREATE TABLE credentials (id int PRIMARY KEY, hash text);
  INSERT INTO users SELECT n, 'h' || n FROM generate_series(1, 9) AS n`;

const PLAN = `mappings:
  m1: { from: users, to: credentials, columns: same, reverse: { on_delete: ignore } }
steps:
  - id: in-step
    dual_write: { mappings: [m1], direction: both }
    allow: { deadlocks: the test has two sessions }
  - id: fill
    backfill: { mappings: [m1] }
  - id: soak
    gate: { approval: dba }
  - id: proof
    verify:
      - in_sync: [in-step]
`;

const FORGET = 'DELETE FROM credentials WHERE id = 5';
const CHANGE = `UPDATE users SET hash = 'changed' WHERE id = 5`;

interface Played {
  readonly test: Awaited<ReturnType<typeof testDatabase>>;
  /** Two sessions of the application. */
  readonly one: Session;
  readonly two: Session;
  /** The window is opened, filled, and answers in both directions. */
  readonly join: () => Promise<void>;
}

/** How the writer of the old side ended, what each side holds of the row, and whether its tombstone says otherwise. */
async function played(change: ChangeGraph, work: (on: Played) => Promise<string>): Promise<string> {
  const test = await testDatabase({ after: onTestFinished });
  await test.query(TABLES);
  const plan = await writePlan('forgetting', PLAN);
  await beginWith(plan, test.database, change);
  const others = new PgDatabase({ url: test.url, maxSessions: 2 });
  onTestFinished(() => others.close());
  const join = async (): Promise<void> => {
    expect((await apply(plan, test.database)).exit).toBe(6);
  };
  const ended = await others.withSession((one) => others.withSession((two) => work({ test, one, two, join })));
  const [row] = await test.query<{ row: string }>(
    `SELECT concat_ws(', ', (SELECT 'old ' || hash FROM users WHERE id = 5), (SELECT 'new ' || hash FROM credentials WHERE id = 5)) AS row`,
  );
  const resurrected = await test.value(
    `SELECT count(*) FROM lockstep.tombstone JOIN credentials ON key = ARRAY[id::text]`,
  );
  return `${ended}: ${row!.row}${resurrected === '0' ? '' : ', resurrected'}`;
}

/** `second` waits for `first`, which then commits. */
async function waiting({ test, one, two, join }: Played, first: string, second: string): Promise<string> {
  await join();
  const { rows } = await two.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  await one.query('BEGIN');
  await one.query(first);
  const ended = two.query(second).then(() => 'ok', outcome);
  await expect
    .poll(() => test.value('SELECT wait_event_type FROM pg_stat_activity WHERE pid = $1', [rows[0]!.pid]))
    .toBe('Lock');
  await one.query('COMMIT');
  return ended;
}

function outcome(error: unknown): string {
  return /could not serialize access/.test(String(error)) ? 'serialization failure' : String(error);
}

const oneAfterTheOther = async ({ one, two, join }: Played): Promise<string> => {
  await join();
  await one.query(FORGET);
  return two.query(CHANGE).then(() => 'ok', outcome);
};
const inFlight = (on: Played): Promise<string> => waiting(on, FORGET, CHANGE);
/** Its snapshot is older than the window: neither the target row nor its tombstone is in it. */
const oldSnapshot = async ({ one, two, join }: Played): Promise<string> => {
  await two.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
  await two.query('SELECT 1');
  await join();
  await one.query(FORGET);
  const ended = await two.query(CHANGE).then(() => 'ok', outcome);
  await two.query(ended === 'ok' ? 'COMMIT' : 'ROLLBACK');
  return ended;
};

it.each([
  ['that nobody asks for what was left behind', forgottenNotAsked, oneAfterTheOther, 'ok: old changed'],
  ['that the target row is not waited for', forgottenNotWaitedFor, inFlight, 'ok: old changed'],
  ['that an old snapshot is believed', noRuleForOldSnapshots, oldSnapshot, 'serialization failure: old h5'],
] as const)('a wrong design: %s', async (_, wrong, work, ours) => {
  expect(await played(wrong, work), 'the wrong design was not caught').toBe(
    'ok: old changed, new changed, resurrected',
  );
  expect(await played(rightGraph, work)).toBe(ours);
});

it('who deletes waits for who changes, and leaves the changed row behind', async () => {
  expect(await played(rightGraph, (on) => waiting(on, CHANGE, FORGET))).toBe('ok: old changed');
});

it('REPEATABLE READ writers of either order are told to try again', async () => {
  const repeatable = async (on: Played, first: string, second: string): Promise<string> => {
    await on.two.query(`SET default_transaction_isolation = 'repeatable read'`);
    return waiting(on, first, second);
  };
  expect(await played(rightGraph, (on) => repeatable(on, FORGET, CHANGE))).toBe('serialization failure: old h5');
  expect(await played(rightGraph, (on) => repeatable(on, CHANGE, FORGET))).toBe(
    'serialization failure: old changed, new changed',
  );
});
