/**
 * Every way to stop a run from outside, of the built program: the exit, what is said, and that nothing of the run lives on
 * the server afterwards; during a slow batch and during a wait for a lock.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';

import { lockstep, startLockstep, type Started } from '../../support/built-program.js';
import { testDatabase, type TestDatabase } from '../../support/database.js';
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
      const paused = await lockstep(['pause', file], { env });
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
      const cancelled = await lockstep(['cancel', 'bump'], { env });
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
    more: ['--time-budget', '2s'],
    exit: 6,
    says: /Stopping: its time budget of 2s is used up; what is done is kept\./,
    stands: /^bump@1 {3}stopped\n.*\nits time budget of 2s is used up\n/,
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
    expect((await lockstep(['status', 'bump'], { env })).out).toMatch(stands);
  });
});
