/**
 * Hundreds of SIGKILLs over fills that are not idempotent: a process works on several databases at once, is killed at a
 * random moment, and the next one goes on with all of them. A fill that is done makes room for a new one.
 * LOCKSTEP_FAULTS_KILLS says how many fills are interrupted in the midst of their batches.
 */
import { afterAll, expect, it } from 'vitest';

import { systemClock } from '../../src/kernel/clock.js';
import { compileForProcesses } from './support/compile-for-processes.js';
import { originalDatabase, type DatabaseCopy } from './support/database-copies.js';
import { walkFacts } from './support/journal-facts.js';
import { printedRandom, ROUNDS, say } from './support/random.js';
import { apply, rollback, writePlan } from './support/run-plan.js';
import { waitingProcesses } from './support/start-plan-process.js';

const random = printedRandom('test/faults/many-kills.test.ts');
const processes = waitingProcesses(await compileForProcesses(), 2);
afterAll(() => processes.end());

const WANTED = Number(process.env['LOCKSTEP_FAULTS_KILLS'] ?? '') || 300 * ROUNDS;
const TOGETHER = 8;
const ROWS = 4_000;

interface Fill {
  readonly copy: DatabaseCopy;
  batches: number;
  kills: number;
}

it(`${WANTED} fills are killed in the midst of their batches, and every row is filled once`, async () => {
  const plan = await writePlan(
    'bump',
    `defaults: { workers: 2 }
steps:
  - id: bump
    backfill: { table: item, set: { n: n + 1 }, workers: 2, batch: { rows: 20, target: "off" } }
`,
  );
  const original = await originalDatabase((database) =>
    database.transaction(async (session) => {
      await session.query(
        `CREATE TABLE item (id bigint PRIMARY KEY, n int NOT NULL DEFAULT 0) WITH (fillfactor = 60);
         INSERT INTO item (id) SELECT 3 * g FROM generate_series(1, ${ROWS}) AS g`,
      );
    }),
  );
  const begin = async (): Promise<Fill> => ({ copy: await original.copy(), batches: 0, kills: 0 });
  const fills = await Promise.all(Array.from({ length: TOGETHER }, begin));
  let [processKills, interrupted, done, wrong] = [0, 0, 0, 0];

  /** Ends it well, counts the rows that are not there exactly once, takes it back, counts those that are left. */
  const judge = async ({ copy, kills }: Fill): Promise<void> => {
    expect((await apply(plan, copy.database)).exit).toBe(0);
    const notOnce = async (n: number) =>
      (await copy.query<{ rows: number }>('SELECT count(*)::int AS rows FROM item WHERE n <> $1', [n]))[0]!.rows;
    wrong += await notOnce(1);
    if (done % TOGETHER === 0) {
      expect((await rollback(plan, copy.database)).exit).toBe(0);
      wrong += await notOnce(0);
    }
    interrupted += kills;
    done += 1;
    await copy.drop();
  };

  while (interrupted + fills.reduce((sum, { kills }) => sum + kills, 0) < WANTED) {
    const orders = fills.map(({ copy }) => ({ action: 'apply', url: copy.url, ...plan }) as const);
    const running = processes.take().run(orders);
    await running.batches(TOGETHER + random.below(3 * TOGETHER));
    await systemClock.sleep(random.next() * 4 * running.batchMs);
    running.signal('SIGKILL');
    const { signal, output } = await running.ended;
    expect(signal, output).toBe('SIGKILL');
    processKills += 1;
    for (const [index, fill] of fills.entries()) {
      const { batches, unfinished } = await walkFacts({ query: fill.copy.query }, plan.name, 'apply');
      // Not where it was killed before its first batch of this turn, or after its last.
      if (batches > fill.batches && unfinished > 0) fill.kills += 1;
      fill.batches = batches;
      if (batches === 0 || unfinished > 0) continue;
      await judge(fill);
      fills[index] = await begin();
    }
  }
  for (const fill of fills) await judge(fill);
  say(
    `${processKills} processes killed, ${interrupted} fills of ${done} interrupted in the midst of their batches; rows not exactly once: ${wrong} of ${done * ROWS}`,
  );
  expect(wrong).toBe(0);
});
