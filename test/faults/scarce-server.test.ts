/**
 * A server that runs out of something while a plan is at work: space, connections, time for a batch. The run ends with a
 * name for it and the command that goes on, or goes on by itself; every row is done once.
 */
import { execFile } from 'node:child_process';
import { chown, mkdtemp, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, inject, it, onTestFinished } from 'vitest';

import type { RunEvent } from '../../src/executor/run-event.js';
import { PgDatabase } from '../../src/postgres/pg-database.js';
import { reachableTemporaryFolder, serverAccount } from '../../src/postgres/server/server-account.js';
import { startThrowawayServer } from '../../src/postgres/server/throwaway-server.js';
import { testDatabase, urlOfDatabase } from '../support/database.js';
import { told } from '../support/plan-on-database.js';
import { say } from './support/random.js';
import { apply, rollback, untilDone, writePlan } from './support/run-plan.js';

const FILL = `steps:
  - id: fill
    backfill: { table: item, set: { n: n + 1 }, batch: { rows: 500, target: "off" } }
`;
const ONCE = [{ n: 1 }];

/** Undefined where mounting is not allowed; why is printed. */
async function smallFileSystem(megabytes: number): Promise<string | undefined> {
  const folder = await mkdtemp(join(await reachableTemporaryFolder(), 'lockstep-small-'));
  try {
    await promisify(execFile)('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder]);
  } catch (error) {
    await rmdir(folder);
    say(
      `disk full: skipped, a small file system cannot be mounted here: ${String((error as { stderr?: string }).stderr)}`,
    );
    return undefined;
  }
  const account = serverAccount();
  if (account !== undefined) await chown(folder, account.uid, account.gid);
  return folder;
}

const remount = (folder: string, megabytes: number): Promise<unknown> =>
  promisify(execFile)('mount', ['-o', `remount,size=${megabytes}m`, folder]);

it('a disk that is full, journal and all, ends the run; with space it goes on, and every row is filled once', async ({
  skip,
}) => {
  const folder = await smallFileSystem(26);
  if (folder === undefined) return skip();
  const server = await startThrowawayServer({ settings: { autovacuum: 'off' } });
  const administrator = new PgDatabase({ url: server.url, maxSessions: 1 });
  const command = (sql: string) => administrator.withSession((session) => session.query(sql));
  await command(`CREATE TABLESPACE small LOCATION '${folder}'`);
  await command('CREATE DATABASE small TABLESPACE small');
  const database = new PgDatabase({ url: urlOfDatabase(server.url, 'small') });
  onTestFinished(async () => {
    await Promise.all([database.close(), administrator.close()]);
    await server.remove();
    await promisify(execFile)('umount', [folder]);
    await rmdir(folder);
  });
  const query = async (sql: string) => (await database.withSession((session) => session.query(sql))).rows;
  // Every update writes a row of half a kilobyte anew: some batches fit, not all.
  await query(
    `CREATE TABLE item (id int PRIMARY KEY, n int NOT NULL DEFAULT 0, filler text NOT NULL DEFAULT repeat('x', 500));
     INSERT INTO item (id) SELECT generate_series(1, 20000)`,
  );
  const plan = await writePlan('full', FILL);
  const first = await apply(plan, database);
  say(`disk full: ${told(first)}`);
  expect(first.exit).toBe(1);
  expect(first.diagnostics.map(({ code }) => code)).toContain('LS9002');
  expect(first.next).toContain(`lockstep apply ${plan.file}`);
  const [filled] = (await query('SELECT count(*)::int AS rows FROM item WHERE n = 1')) as [{ rows: number }];
  expect(filled.rows).toBeGreaterThan(0);
  expect(filled.rows).toBeLessThan(20_000);
  // Still full: the same again, and nothing lost.
  expect((await apply(plan, database)).exit).toBe(1);
  await remount(folder, 200);
  expect((await apply(plan, database)).exit).toBe(0);
  expect(await query('SELECT DISTINCT n FROM item')).toEqual(ONCE);
  expect((await rollback(plan, database)).exit).toBe(0);
  expect(await query('SELECT DISTINCT n FROM item')).toEqual([{ n: 0 }]);
});

it('a role that has no connection left: the run waits for one and goes on', async () => {
  const test = await testDatabase({ after: onTestFinished });
  const role = `${test.name}_role`;
  await test.query(
    `CREATE ROLE ${role} LOGIN PASSWORD 'pw'; GRANT CREATE ON DATABASE ${test.name} TO ${role}; GRANT ALL ON SCHEMA public TO ${role};
     SET ROLE ${role}; CREATE TABLE item (id int PRIMARY KEY, n int NOT NULL DEFAULT 0);
     INSERT INTO item (id) SELECT generate_series(1, 20000); RESET ROLE`,
  );
  const administrator = new PgDatabase({ url: inject('servers').urls[test.major]!, maxSessions: 1 });
  const command = (sql: string) => administrator.withSession((session) => session.query(sql));
  const url = new URL(test.url);
  url.username = role;
  url.password = 'pw';
  const database = new PgDatabase({ url: url.href });
  onTestFinished(async () => {
    await database.close();
    await test.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    await administrator.close();
  });
  const plan = await writePlan('crowded', FILL);
  let limited: Promise<unknown> | undefined;
  let refused = 0;
  const observe = (event: RunEvent): void => {
    if (event.type === 'progress')
      limited ??= command(
        `ALTER ROLE ${role} CONNECTION LIMIT 0; SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${role}'`,
      );
    if (event.type === 'retry' && /too many connections/.test(event.reason) && ++refused === 3)
      void command(`ALTER ROLE ${role} CONNECTION LIMIT -1`);
  };
  const turns = await untilDone(() => apply(plan, database, { observe }), 3);
  expect(turns.at(-1)?.exit, turns.map(told).join('\n')).toBe(0);
  expect(refused).toBeGreaterThanOrEqual(3);
  expect(await test.query('SELECT DISTINCT n FROM item')).toEqual(ONCE);
  await command(
    `ALTER ROLE ${role} CONNECTION LIMIT 0; SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${role}'`,
  );
  const outside = await rollback(plan, database);
  say(`no connection from the start: ${told(outside)}`);
  expect(outside.exit).toBe(1);
  await command(`ALTER ROLE ${role} CONNECTION LIMIT -1`);
  expect((await rollback(plan, database)).exit).toBe(0);
  expect(await test.query('SELECT DISTINCT n FROM item')).toEqual([{ n: 0 }]);
  say(`no connection left: ${refused} times refused, ${turns.length} turns; done twice or not at all: 0`);
});

it('a batch that takes longer than its statements may is tried with fewer rows', async () => {
  const test = await testDatabase({ after: onTestFinished });
  // Each row takes three milliseconds: 1,000 of them are more than a second.
  await test.query(
    `CREATE TABLE item (id int PRIMARY KEY, n int NOT NULL DEFAULT 0); INSERT INTO item (id) SELECT generate_series(1, 1200);
     CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.003); RETURN NEW; END $$;
     CREATE TRIGGER slow BEFORE UPDATE ON item FOR EACH ROW EXECUTE FUNCTION slow()`,
  );
  const plan = await writePlan(
    'slow',
    `defaults: { statement_timeout: 1s }
steps:
  - id: fill
    backfill: { table: item, set: { n: n + 1 }, user_triggers: fire, batch: { rows: 1000, target: "off" } }
`,
  );
  const sizes: number[] = [];
  const observe = (event: RunEvent): void => {
    if (event.type === 'progress') sizes.push(event.rows);
  };
  const result = await apply(plan, test.database, { observe });
  say(`statement timeout: batches of ${sizes.join(', ')} rows; ${told(result)}`);
  expect(result.exit, told(result)).toBe(0);
  expect(await test.query('SELECT DISTINCT n FROM item')).toEqual(ONCE);
});
