/**
 * Every way to stop a run from outside, of the built program: the exit, what is said, and that nothing of the run lives on
 * the server afterwards; during a slow batch and during a wait for a lock. Who asks beside it, and looks afterwards, is a
 * process of his own once for each command.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';

import { askToStopCommand } from '../../../src/commands/ask-to-stop.js';
import { migrate } from '../../../src/postgres/journal/migrate.js';
import { JOURNAL_MIGRATIONS } from '../../../src/postgres/journal/migrations.js';
import { lockstep, startLockstep, type Started } from '../../support/built-program.js';
import { testDatabase, type TestDatabase } from '../../support/database.js';
import { lockstepHere } from '../../support/program-here.js';
import { openTransaction } from '../../faults/support/ddl-operations.js';

const folder = mkdtempSync(join(tmpdir(), 'lockstep-stops-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Slow {
  readonly found: TestDatabase;
  readonly env: Readonly<Record<string, string>>;
  readonly file: string;
}

/** Each batch of 10 rows takes a while; 40 of them. */
async function slowFill(seconds: number, workers = 1): Promise<Slow> {
  const found = await testDatabase({ after: onTestFinished });
  await found.query(
    `CREATE TABLE item (id int PRIMARY KEY, n int NOT NULL DEFAULT 0);
     INSERT INTO item (id) SELECT generate_series(1, 400);
     CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(${seconds}); RETURN NULL; END $$;
     CREATE TRIGGER slow AFTER UPDATE ON item FOR EACH STATEMENT EXECUTE FUNCTION slow()`,
  );
  const file = join(folder, `${found.name}.yaml`);
  writeFileSync(
    file,
    `lockstep: 1
name: bump
defaults: { workers: ${workers} }
steps:
  - id: bump
    backfill:
      { table: item, set: { n: n + 1 }, user_triggers: fire, batch: { rows: 10, target: "off" }, workers: ${workers} }
`,
  );
  return { found, file, env: { DATABASE_URL: found.url } };
}

/** A statement that wants a lock which somebody holds: attempts, and pauses between them, for two minutes. */
async function lockWait(): Promise<Slow> {
  const found = await testDatabase({ after: onTestFinished });
  await found.query('CREATE TABLE item (id int PRIMARY KEY, n int NOT NULL DEFAULT 0); INSERT INTO item VALUES (1)');
  await openTransaction(found.url, 'SELECT * FROM item');
  const file = join(folder, `${found.name}.yaml`);
  writeFileSync(file, 'lockstep: 1\nname: bump\nsteps:\n  - id: add\n    ddl: ALTER TABLE item ADD COLUMN m int\n');
  return { found, file, env: { DATABASE_URL: found.url } };
}

/** Rows that another session has locked: the batch waits for a short time, again and again. */
async function rowLockWait(): Promise<Slow> {
  const slow = await slowFill(0);
  await openTransaction(slow.found.url, 'SELECT * FROM item WHERE id = 5 FOR UPDATE');
  return slow;
}

const OURS = `SELECT coalesce(json_agg(json_build_object('state', state, 'query', query)), '[]') AS left
  FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'lockstep%' AND pid <> pg_backend_pid()
    AND query NOT LIKE 'SELECT coalesce(json_agg%'`;

async function nothingIsLeft({ query, name }: TestDatabase): Promise<void> {
  // The test's own sessions have the same name, and idle there.
  const busy = async (): Promise<unknown> =>
    ((await query<{ left: readonly { state: string }[] }>(OURS))[0]?.left ?? []).filter(
      ({ state }) => state !== 'idle',
    );
  await expect.poll(busy, { timeout: 10_000, message: name }).toEqual([]);
  const locks = `SELECT count(*)::int AS held FROM pg_locks AS l JOIN pg_class AS c ON c.oid = l.relation JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND n.nspname = 'lockstep' AND l.pid <> pg_backend_pid()`;
  expect((await query<{ held: number }>(locks))[0]?.held).toBe(0);
}

/** What was committed is kept: the journal's counts are the table's. */
async function countsAreTrue({ value }: TestDatabase): Promise<void> {
  expect(
    await value('SELECT (SELECT sum(n) FROM item) = (SELECT coalesce(sum(rows_changed), 0) FROM lockstep.range)'),
  ).toBe(true);
}

interface Stop {
  readonly named: string;
  readonly stop: (started: Started, slow: Slow) => Promise<unknown>;
  readonly more?: readonly string[];
  readonly exit: number;
  readonly says: RegExp;
  /** As `status` shows it afterwards. */
  readonly stands: RegExp;
}

const STOPS: readonly Stop[] = [
  {
    named: 'SIGINT',
    stop: ({ child }) => Promise.resolve(child.kill('SIGINT')),
    exit: 130,
    says: /Stopping after the batches at hand/,
    stands: /^bump@1 {3}stopped\n/,
  },
  {
    named: 'SIGTERM',
    stop: ({ child }) => Promise.resolve(child.kill('SIGTERM')),
    exit: 143,
    says: /Stopping after the batches at hand/,
    stands: /^bump@1 {3}stopped\n/,
  },
  {
    named: 'SIGINT twice',
    async stop({ child, says }) {
      child.kill('SIGINT');
      await says('Once more: stop at once.');
      child.kill('SIGINT');
    },
    exit: 130,
    says: /Stopped at once/,
    stands: /^bump@1 {3}(interrupted \(running\)|stopped)\n/,
  },
  {
    named: 'pause',
    async stop(_, { file, env }) {
      const paused = await lockstepHere(['pause', file], { env });
      expect(paused).toMatchObject({ exit: 0, err: '' });
      expect(paused.out).toMatch(/^✔ bump@1 is stopped: paused by \w+\nNext: {2}lockstep apply /);
    },
    exit: 6,
    says: /Stopping: paused by \w+; what is done is kept\./,
    stands: /^bump@1 {3}stopped\n.*\npaused by \w+\n/,
  },
  {
    named: 'cancel',
    async stop(_, { env }) {
      const cancelled = await lockstepHere(['cancel', 'bump'], { env });
      expect(cancelled).toMatchObject({ exit: 0, err: '' });
      expect(cancelled.out).toMatch(/^✔ bump@1 is stopped: cancelled by \w+\nNext: {2}lockstep apply /);
    },
    exit: 6,
    says: /Stopping: cancelled by \w+; what is done is kept\./,
    stands: /^bump@1 {3}stopped\n.*\ncancelled by \w+\n/,
  },
  {
    named: 'time budget',
    stop: () => Promise.resolve(),
    more: ['--time-budget', '1s'],
    exit: 6,
    says: /Stopping: its time budget of 1s is used up; what is done is kept\./,
    stands: /^bump@1 {3}stopped\n.*\nits time budget of 1s is used up\n/,
  },
];

const DURING = [
  ['a slow batch', () => slowFill(0.5), 'state=running'],
  ['a wait for the lock of a table', lockWait, 'state=retrying'],
  ['a wait for the lock of a row', rowLockWait, 'state=retrying'],
] as const;

describe.each(DURING)('during %s', (during, prepare, said) => {
  test.each(STOPS)('$named', async ({ stop, more = [], exit, says, stands }) => {
    const slow = await prepare();
    const { found, env, file } = slow;
    const started = await startLockstep(['apply', file, '--yes', ...more], { env });
    await started.says(said);
    await stop(started, slow);
    const ended = await started.ended;
    expect(ended.exit, ended.out + ended.err).toBe(exit);
    expect(ended.err).toMatch(says);
    expect(ended.err.endsWith(`Next:  lockstep apply ${file}\n`), ended.err).toBe(true);
    await nothingIsLeft(found);
    if (during !== 'a wait for the lock of a table') await countsAreTrue(found);
    expect((await lockstepHere(['status', 'bump'], { env })).out).toMatch(stands);
  });
});

describe('asked for is not reached', () => {
  test('a pause waits for the batch at hand and says so; a cancel cuts it off on the server', async () => {
    const { found, env, file } = await slowFill(300);
    const started = await startLockstep(['apply', file, '--yes'], { env });
    await started.says('state=running');
    const sleeping = `SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'`;
    await expect.poll(() => found.value(sleeping), { timeout: 20_000 }).toBe(1);
    const report = await askToStopCommand({ database: found.database, asked: 'pause', run: 'bump', waitMs: 2_000 });
    expect(report).toMatchObject({ exit: 0, report: { outcome: 'stopping' } });
    await started.says(/Stopping: paused by/);
    expect((await lockstepHere(['status', 'bump'], { env })).out).toMatch(/^bump@1 {3}pausing \(running\)\n/);
    expect((await lockstepHere(['status'], { env })).out).toMatch(/^bump@1 +pausing \(running\) /m);
    const cancelled = await lockstep(['cancel', 'bump'], { env });
    expect(cancelled.out).toMatch(/^✔ bump@1 is stopped/);
    expect(await started.ended).toMatchObject({ exit: 6 });
    await nothingIsLeft(found);
    expect(await found.value('SELECT sum(n) FROM item')).toBe('0');
    // Who goes on has been asked nothing.
    await found.query('DROP TRIGGER slow ON item');
    expect(await lockstepHere(['apply', file, '--accept-drift'], { env })).toMatchObject({ exit: 0 });
    expect(await found.value('SELECT min(n) || max(n)::text FROM item')).toBe('11');
    expect(
      await found.query(`SELECT details ->> 'asked' AS asked FROM lockstep.event WHERE event = 'stop asked'`),
    ).toEqual([{ asked: 'pause' }, { asked: 'cancel' }]);
    const ended = await lockstepHere(['pause', 'bump'], { env });
    expect(ended.exit).toBe(1);
    expect(ended.err).toMatch(/error\[LS9036\]: the run has ended/);
  });

  test('a pause reaches those that have joined, on the way back as well; a time budget holds there, too', async () => {
    const { found, env, file } = await slowFill(0.1);
    expect(await lockstepHere(['apply', file, '--yes'], { env })).toMatchObject({ exit: 0 });
    const back = await startLockstep(['rollback', 'bump', '--yes'], { env });
    await back.says('state=running');
    const joined = await startLockstep(['work', 'bump', '--workers', '1'], { env });
    await joined.says('state=running');
    expect((await lockstepHere(['pause', 'bump'], { env })).out).toMatch(
      /^✔ bump@1 is stopped: paused by \w+\nNext: {2}lockstep rollback bump@1\n/,
    );
    const helped = await joined.ended;
    expect(helped.exit, helped.err).toBe(0);
    expect(helped.out).toMatch(/^✔ \d+ batch(es)?, \d+ rows of bump@1, which is (stopped|pausing \(rolling back\))\n/);
    const stopped = await back.ended;
    expect([stopped.exit, stopped.out]).toEqual([
      6,
      expect.stringMatching(/^■ bump@1 on its way back has stopped;.*\n {2}paused by \w+\n/),
    ]);
    await nothingIsLeft(found);
    const bounded = await lockstepHere(['rollback', 'bump', '--time-budget', '1s'], { env });
    expect([bounded.exit, bounded.err]).toEqual([
      6,
      expect.stringContaining('Stopping: its time budget of 1s is used up'),
    ]);
    expect(await lockstepHere(['rollback', 'bump'], { env })).toMatchObject({ exit: 0 });
    expect(await found.value('SELECT sum(n) FROM item')).toBe('0');
  });

  test('of a run that nobody runs it is said, with the command that goes on', async () => {
    const { found, env, file } = await slowFill(0.2);
    expect((await lockstepHere(['pause', 'bump'], { env })).err).toContain('error[LS9008]');
    const started = await startLockstep(['apply', file, '--yes'], { env });
    await started.says('state=running');
    started.child.kill('SIGKILL');
    await started.ended;
    const killed = await lockstep(['pause', file], { env });
    expect(killed).toMatchObject({ exit: 0, err: '' });
    expect(killed.out).toMatch(/^■ bump@1 was interrupted: no process holds it;.*\nNext: {2}lockstep apply /);
    expect((await lockstepHere(['work', file], { env })).err).toContain('`bump@1` is pausing.');
    expect(await lockstepHere(['apply', file, '--time-budget', '1s'], { env })).toMatchObject({ exit: 6 });
    const stands = await lockstepHere(['cancel', file], { env });
    expect(stands).toMatchObject({ exit: 0, err: '' });
    expect(stands.out).toMatch(/^✔ bump@1 is stopped: nothing to cancel, nothing written\nNext: {2}lockstep apply /);
    expect(await found.value('SELECT asked IS NULL FROM lockstep.run')).toBe(true);
    for (const wrong of ['', '0s', '10', 'soon'])
      expect(await lockstepHere(['apply', file, '--time-budget', wrong], { env })).toMatchObject({ exit: 64 });
  });
});

test('a run of a journal from before goes on', async () => {
  const { found, env, file } = await slowFill(0);
  await found.database.withSession((session) => migrate(session, JOURNAL_MIGRATIONS.slice(0, 3)));
  expect(await lockstepHere(['apply', file, '--yes', '--time-budget', '1ms'], { env })).toMatchObject({ exit: 6 });
  await found.query(`ALTER TABLE lockstep.run DROP COLUMN asked; DROP TABLE lockstep.quarantined, lockstep.window_move, lockstep."window", lockstep.tombstone, lockstep.mirror_failure, lockstep.touched, lockstep.old_writer, lockstep.move, lockstep.file_node;
    DROP FUNCTION lockstep.referring_rows; ALTER TABLE lockstep.event DROP COLUMN before; ALTER TABLE lockstep.run DROP COLUMN rollback_digest; ALTER TABLE lockstep.approval DROP COLUMN graph_digest;
    ALTER TABLE lockstep.range DROP COLUMN rows_quarantined; DELETE FROM lockstep.migration WHERE number > 3`);
  expect((await lockstepHere(['status'], { env })).out).toMatch(/^bump@1 +stopped /m);
  expect(await lockstepHere(['apply', file], { env })).toMatchObject({ exit: 0 });
});

describe('a cancel waits for nothing', () => {
  test('not for a check, and not for a concurrent build, whose leftover the next turn takes away', async () => {
    const found = await testDatabase({ after: onTestFinished });
    const env = { DATABASE_URL: found.url };
    await found.query(
      'CREATE TABLE item (id int PRIMARY KEY, n int); INSERT INTO item SELECT n, n FROM generate_series(1, 9) AS n',
    );
    const file = join(folder, `${found.name}.yaml`);
    writeFileSync(
      file,
      `lockstep: 1
name: long
steps:
  - id: proof
    verify:
      - no_rows: SELECT 1 AS woken WHERE pg_sleep(CASE (SELECT n FROM item WHERE id = 1) WHEN 1 THEN 300 ELSE 0 END)::text <> ''
  - id: build
    ddl: CREATE INDEX item_n ON item (n)
`,
    );
    const cancelOnce = async (goingOn: string): Promise<void> => {
      const started = await startLockstep(['apply', file, '--yes'], { env });
      await expect.poll(() => found.value(goingOn), { timeout: 30_000 }).toBe(1);
      expect((await lockstepHere(['cancel', 'long'], { env })).out).toMatch(/^✔ long@1 is stopped: cancelled by /);
      const ended = await started.ended;
      expect(ended.exit, ended.err).toBe(6);
      await nothingIsLeft(found);
    };
    await cancelOnce(
      `SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'`,
    );
    await found.query('UPDATE item SET n = 0 WHERE id = 1');
    const inTheWay = await openTransaction(found.url, 'UPDATE item SET n = 2 WHERE id = 2');
    await cancelOnce(
      `SELECT count(*)::int FROM pg_stat_progress_create_index WHERE datname = current_database() AND phase LIKE 'waiting for writers%'`,
    );
    expect(await found.value(`SELECT indisvalid FROM pg_index WHERE indexrelid = 'item_n'::regclass`)).toBe(false);
    await inTheWay.letGo();
    expect(await lockstepHere(['apply', file], { env })).toMatchObject({ exit: 0 });
    expect(await found.value(`SELECT indisvalid FROM pg_index WHERE indexrelid = 'item_n'::regclass`)).toBe(true);
  });
});
