/**
 * Clients that lock rows against the order of the walk. Whoever waits longest finds the deadlock and loses it, so a batch
 * gives up before the server looks: the application is never the one that loses.
 */
import { expect, it, onTestFinished } from 'vitest';

import { DatabaseError, type Database } from '../../src/executor/session.js';
import { systemClock } from '../../src/kernel/clock.js';
import { PgDatabase } from '../../src/postgres/pg-database.js';
import { testDatabase } from '../support/database.js';
import { withLongWaits } from './seeds/wrong-waits.js';
import { WAITING } from './support/ddl-operations.js';
import { printedRandom, ROUNDS, say } from './support/random.js';
import { apply, rollback, untilDone, writePlan } from './support/run-plan.js';

const random = printedRandom('test/faults/deadlocks.test.ts');

const PLAN = `steps:
  - id: fill
    backfill: { table: item, set: { n: n + 1 }, batch: { rows: 100, target: "off" } }
`;

async function items(rows: number) {
  const test = await testDatabase({ after: onTestFinished });
  await test.query(
    `CREATE TABLE item (id int PRIMARY KEY, n int NOT NULL DEFAULT 0, hits int NOT NULL DEFAULT 0) WITH (fillfactor = 50);
     INSERT INTO item (id) SELECT generate_series(1, ${rows})`,
  );
  return { ...test, plan: await writePlan('crossed', PLAN) };
}

/** A client has the last row of a batch that waits for it, and comes for the first when the batch has waited for a while. */
async function crossed(through: (database: Database) => Database): Promise<readonly string[]> {
  const test = await items(100);
  const running = await test.database
    .transaction(async (client) => {
      await client.query('UPDATE item SET hits = hits + 1 WHERE id = 100');
      const started = apply(test.plan, through(test.database));
      while ((await test.query(WAITING)).length === 0) await systemClock.sleep(5);
      // The server's deadlock_timeout, and some more: the batch has looked, if it still waits, and found nothing.
      await systemClock.sleep(1_300);
      await client.query('UPDATE item SET hits = hits + 1 WHERE id = 1');
      return { started };
    })
    .catch((error: unknown) => error as Error);
  if (running instanceof Error) return [running.message];
  const { exit } = await running.started;
  const wrong = await test.query<{ id: number }>('SELECT id FROM item WHERE n <> 1');
  return [...(exit === 0 ? [] : [`exit ${exit}`]), ...wrong.map(({ id }) => `row ${id}`)];
}

it('a batch that waits longer than deadlock_timeout makes the application lose; ours does not', async () => {
  expect(await crossed(withLongWaits), 'the wrong design was not caught').toEqual(['deadlock detected']);
  expect(await crossed((database) => database)).toEqual([]);
});

it('clients lock rows in the opposite order all the time, and none of them loses a deadlock', async () => {
  const rows = 800 * ROUNDS;
  const test = await items(rows);
  const clients = new PgDatabase({ url: test.url, maxSessions: 4 });
  const over = new AbortController();
  let at = 1;
  let transactions = 0;
  const errors: string[] = [];
  const hits = new Map<number, number>();
  const client = async (): Promise<void> => {
    while (!over.signal.aborted) {
      const near = Math.min(rows, Math.max(20, at - 50 + random.below(400)));
      const ids = [near, near - 1 - random.below(6), near - 8 - random.below(10)];
      try {
        await clients.transaction(async (session) => {
          for (const id of ids) {
            await session.query('UPDATE item SET hits = hits + 1 WHERE id = $1', [id]);
            await systemClock.sleep(random.below(10));
          }
        });
        transactions += 1;
        for (const id of ids) hits.set(id, (hits.get(id) ?? 0) + 1);
      } catch (error) {
        errors.push(`${error instanceof DatabaseError ? error.facts.sqlstate : ''} ${String(error)}`);
      }
    }
  };
  const all = Promise.all([client(), client(), client(), client()]);
  const observe = (event: { readonly type: string; readonly cursor?: readonly string[] }): void => {
    if (event.type === 'progress') at = Number(event.cursor?.[0]);
  };
  const there = await untilDone(() => apply(test.plan, test.database, { observe }), 5);
  expect(await test.query('SELECT DISTINCT n FROM item')).toEqual([{ n: 1 }]);
  const back = await untilDone(() => rollback(test.plan, test.database, { observe }), 5);
  over.abort();
  await all;
  await clients.close();
  expect([there.at(-1)?.exit, back.at(-1)?.exit]).toEqual([0, 0]);
  expect(await test.query('SELECT DISTINCT n FROM item')).toEqual([{ n: 0 }]);
  const counted = await test.query<{ id: number; hits: number }>(
    'SELECT id, hits FROM item WHERE hits > 0 ORDER BY id',
  );
  expect(new Map(counted.map((row) => [row.id, row.hits]))).toEqual(new Map([...hits].sort(([a], [b]) => a - b)));
  const deadlocks = await test.value('SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()');
  say(
    `against the order of the walk: ${transactions} transactions of 4 clients, ${errors.length} errors, ${String(deadlocks)} deadlocks; ${there.length} turns there, ${back.length} back`,
  );
  expect(errors).toEqual([]);
  expect(transactions).toBeGreaterThan(20);
});
