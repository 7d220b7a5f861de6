/**
 * Connections that break while a run is at work: ended and cancelled by an administrator, cut at the worst statement, lost
 * with the whole server. However it ends, `apply` again ends it well, and nothing is done twice.
 */
import { expect, it, onTestFinished } from 'vitest';

import { systemClock } from '../../src/kernel/clock.js';
import type { RunEvent } from '../../src/executor/run-event.js';
import { PgDatabase } from '../../src/postgres/pg-database.js';
import { startThrowawayServer } from '../../src/postgres/server/throwaway-server.js';
import { testDatabase, urlOfDatabase } from '../support/database.js';
import { WRONG_JOURNALS } from './seeds/wrong-journals.js';
import { startFaultProxy, PARAMETERS, type Fault } from './support/fault-proxy.js';
import { WAITING } from './support/ddl-operations.js';
import { printedRandom, ROUNDS, say } from './support/random.js';
import {
  apply,
  beginWith,
  rollback,
  untilDone,
  writePlan,
  type Replaced,
  type WrittenPlan,
} from './support/run-plan.js';

const random = printedRandom('test/faults/connections.test.ts');

/** Far more than any fault needs, and fewer than for ever. */
const TURNS = 60;

const SET_UP = `CREATE TABLE item (id int PRIMARY KEY, n int NOT NULL DEFAULT 0);
  INSERT INTO item (id) SELECT generate_series(1, 30000);
  CREATE TABLE tally (n int NOT NULL); INSERT INTO tally VALUES (0)`;

/** Batches and statements of which none may happen twice. */
const PLAN = `steps:
  - id: before
    sql: { up: UPDATE tally SET n = n + 1, down: UPDATE tally SET n = n - 1 }
  - id: fill
    backfill: { table: item, set: { n: n + 1 }, batch: { rows: 500, target: "off" } }
  - id: after
    sql: { up: UPDATE tally SET n = n + 10, down: UPDATE tally SET n = n - 10 }
`;

const STATE = 'SELECT min(i.n) AS least, max(i.n) AS most, t.n AS tally FROM item AS i, tally AS t GROUP BY t.n';
const APPLIED = [{ least: 1, most: 1, tally: 11 }];
const TAKEN_BACK = [{ least: 0, most: 0, tally: 0 }];

/** There and back, as often as it takes, and what that took. */
async function thereAndBack(
  plan: WrittenPlan,
  database: PgDatabase,
  state: () => Promise<readonly unknown[]>,
  atWork: () => void = () => undefined,
): Promise<string> {
  let retries = 0;
  const observe = (event: RunEvent): void => {
    if (event.type === 'retry') retries += 1;
    if (event.type === 'progress') atWork();
  };
  const there = await untilDone(() => apply(plan, database, { observe }), TURNS);
  expect(there.at(-1)?.exit, JSON.stringify(there.at(-1)?.diagnostics)).toBe(0);
  expect(await state()).toEqual(APPLIED);
  const back = await untilDone(() => rollback(plan, database, { observe }), TURNS);
  expect(back.at(-1)?.exit, JSON.stringify(back.at(-1)?.diagnostics)).toBe(0);
  expect(await state()).toEqual(TAKEN_BACK);
  return `${retries} retries by itself, ${there.length} turns there, ${back.length} back; done twice or not at all: 0`;
}

for (const [word, call] of [
  ['ended', 'pg_terminate_backend'],
  ['cancelled', 'pg_cancel_backend'],
] as const) {
  it(`sessions that an administrator has ${word} at random`, async () => {
    for (let round = 1; round <= ROUNDS; round++) {
      const test = await testDatabase({ after: onTestFinished });
      await test.query(SET_UP);
      const plan = await writePlan('broken', PLAN);
      const administrator = new PgDatabase({ url: urlOfDatabase(test.url, 'postgres'), maxSessions: 1 });
      const over = new AbortController();
      let atWork: () => void = () => undefined;
      const begun = new Promise<void>((resolve) => (atWork = resolve));
      let hits = 0;
      // From the first batch on; after so many the plan may end in peace.
      const attack = async (): Promise<void> => {
        await begun;
        while (!over.signal.aborted && hits < 25) {
          const { rows } = await administrator.withSession((session) =>
            session.query(
              `SELECT ${call}(pid) FROM (SELECT pid FROM pg_stat_activity WHERE datname = $1 ORDER BY pid OFFSET $2 LIMIT 1) AS one`,
              [test.name, random.below(4)],
            ),
          );
          hits += rows.length;
          await systemClock.sleep(20 + random.below(100), over.signal);
        }
      };
      const attacks = attack();
      const told = await thereAndBack(plan, test.database, () => calm(() => test.query(STATE)), atWork);
      over.abort();
      await attacks;
      await administrator.close();
      expect(hits).toBeGreaterThan(5);
      say(`${hits} sessions ${word}: ${told}`);
    }
  });
}

/** The observer's own sessions are hit like all others. */
async function calm<T>(question: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await question();
    } catch (error) {
      if (tries === 20) throw error;
    }
  }
}

const FAULTS: readonly Fault[] = ['reply lost', 'never sent', 'arrives late', 'server unaware'];

for (const fault of FAULTS) {
  it(`COMMIT, and now and then another statement, at a connection that breaks: ${fault}`, async () => {
    for (let round = 1; round <= ROUNDS; round++) {
      const test = await testDatabase({ after: onTestFinished });
      await test.query(SET_UP);
      let faults = 0;
      const proxy = await startFaultProxy(test.url, (statement) => {
        const chance = statement === 'COMMIT' ? 0.12 : statement === PARAMETERS ? 0.005 : 0;
        if (random.next() >= chance) return null;
        faults += 1;
        return statement === 'COMMIT' ? fault : 'never sent';
      });
      const database = new PgDatabase({ url: proxy.url });
      onTestFinished(async () => {
        await database.close();
        await proxy.close();
      });
      const told = await thereAndBack(await writePlan('broken', PLAN), database, () => test.query(STATE));
      expect(faults).toBeGreaterThan(5);
      say(`${faults} connections broken, "${fault}": ${told}`);
    }
  });
}

/** Breaks the connection at one COMMIT of a batch, and shows what a run makes of it. */
async function oneLateCommit(replaced: Replaced): Promise<readonly unknown[]> {
  const test = await testDatabase({ after: onTestFinished });
  await test.query(SET_UP);
  let batches = 0;
  let late = false;
  const proxy = await startFaultProxy(test.url, (statement) => {
    if (statement !== 'COMMIT' || batches < 5 || late) return null;
    late = true;
    return 'arrives late';
  });
  const database = new PgDatabase({ url: proxy.url });
  onTestFinished(async () => {
    await database.close();
    await proxy.close();
  });
  const plan = await writePlan('late', `defaults: { workers: 1 }\n${PLAN}`);
  const observe = (event: RunEvent): void => {
    if (event.type === 'progress') batches += 1;
  };
  const [{ exit } = { exit: undefined }] = await untilDone(() => apply(plan, database, { observe, ...replaced }), 1);
  expect(late).toBe(true);
  return [exit, ...(await test.query(STATE))];
}

it('a commit that is still on its way does its rows once; a plain read of the range would do them twice', async () => {
  const wrong = await oneLateCommit({ journal: WRONG_JOURNALS['plain read of the range']() });
  expect(wrong, 'the wrong design was not caught').not.toEqual([0, ...APPLIED]);
  expect(await oneLateCommit({})).toEqual([0, ...APPLIED]);
});

it('a fill that failed before its ranges were cut is not taken for done', async () => {
  const test = await testDatabase({ after: onTestFinished });
  await test.query(SET_UP);
  const plan = await writePlan(
    'cut',
    `steps:
  - id: fill
    backfill: { table: item, set: { n: n + 1 } }
`,
  );
  await beginWith(plan, test.database, (graph) => graph);
  let first: ReturnType<typeof apply> | undefined;
  await test.database.transaction(async (session) => {
    await session.query('LOCK TABLE item IN ACCESS EXCLUSIVE MODE');
    first = apply(plan, test.database);
    const waiting = `SELECT pg_cancel_backend(pid) FROM (${WAITING}) AS w`;
    while ((await test.query(waiting)).length === 0) await systemClock.sleep(5);
    expect((await first).exit).toBe(1);
  });
  expect(await test.query('SELECT count(*)::int AS ranges FROM lockstep.range')).toEqual([{ ranges: 0 }]);
  expect((await apply(plan, test.database)).exit).toBe(0);
  expect(await test.query('SELECT DISTINCT n FROM item')).toEqual([{ n: 1 }]);
});

it('a server that crashes and comes back', async () => {
  const server = await startThrowawayServer();
  onTestFinished(() => server.remove());
  for (let round = 1; round <= ROUNDS; round++) {
    const observer = new PgDatabase({ url: server.url });
    const database = new PgDatabase({ url: server.url });
    const state = () => calm(() => observer.withSession((session) => session.query(STATE)).then(({ rows }) => rows));
    await observer.withSession((session) =>
      session.query(`DROP SCHEMA IF EXISTS lockstep CASCADE; DROP TABLE IF EXISTS item, tally; ${SET_UP}`),
    );
    let crashes = 0;
    let atWork: () => void = () => undefined;
    const begun = new Promise<void>((resolve) => (atWork = resolve));
    const crash = async (): Promise<void> => {
      await systemClock.sleep(random.below(300));
      await server.restart('immediate');
      crashes += 1;
    };
    const crashing = begun.then(crash).then(crash);
    const plan = await writePlan('crash', PLAN);
    const told = await thereAndBack(plan, database, state, atWork);
    await crashing;
    await Promise.all([database.close(), observer.close()]);
    say(`${crashes} crashes of the server: ${told}`);
  }
});
