/**
 * What an application notices: the latency of short transactions, alone and beside a backfill of the same table. Clients
 * keep a pace of their own (open loop), so that a slow answer delays nobody's next question and is counted in full.
 */
import { PgDatabase } from '../src/postgres/pg-database.js';
import { applyPlan } from './apply-plan.js';
import type { BenchServer } from './bench-server.js';
import { percentile } from './spread.js';

export interface Latency {
  readonly beside: string;
  readonly transactions: number;
  readonly medianMs: number;
  readonly p99Ms: number;
}

const CLIENTS = 4;
const EVERY_MS = 20;
const ALONE_MS = 10_000;

const TABLE = (
  rows: number,
): string => `CREATE TABLE accounts (id int PRIMARY KEY, balance int NOT NULL DEFAULT 0, touched timestamptz);
  INSERT INTO accounts SELECT g FROM generate_series(1, ${rows}) AS g; VACUUM ANALYZE accounts; CHECKPOINT`;

/** Small batches and a pause whenever a client waits for one of them: what a busy table asks for. */
const GENTLY = `throttle: { lock_waiters: 1, active_sessions: 4 }
defaults: { batch: { rows: 200, target: 20ms }, workers: 1 }
`;

const FILL = (more: string): string => `${more}steps:
  - { id: add, ddl: ALTER TABLE accounts ADD COLUMN uid uuid }
  - id: fill
    backfill: { table: accounts, set: { uid: "md5(id::text)::uuid" } }
`;

export async function latencies(server: BenchServer, rows: number): Promise<readonly Latency[]> {
  const fresh = async (): Promise<void> => {
    await server.clean();
    await server.run(TABLE(rows));
  };
  await fresh();
  const alone = await during(server, rows, () => new Promise((resolve) => setTimeout(resolve, ALONE_MS)));
  const beside = await during(server, rows, () => applyPlan(server, 'beside', FILL('')));
  await fresh();
  const gently = await during(server, rows, () => applyPlan(server, 'gently', FILL(GENTLY)));
  return [
    summary('nothing', alone),
    summary('a backfill', beside),
    summary('a backfill with throttle and small batches', gently),
  ];
}

function summary(beside: string, took: readonly number[]): Latency {
  return { beside, transactions: took.length, medianMs: percentile(took, 50), p99Ms: percentile(took, 99) };
}

async function during(server: BenchServer, rows: number, work: () => Promise<unknown>): Promise<readonly number[]> {
  const database = new PgDatabase({ url: server.url, maxSessions: CLIENTS * 4 });
  const took: number[] = [];
  let stopped = false;
  const client = async (): Promise<void> => {
    const asked: Promise<void>[] = [];
    for (let at = performance.now(); !stopped; at += EVERY_MS) {
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, at - performance.now())));
      const due = at;
      const id = 1 + Math.floor(Math.random() * rows);
      asked.push(
        database
          .withSession((session) =>
            session.query('UPDATE accounts SET balance = balance + 1, touched = now() WHERE id = $1', [id]),
          )
          .then(() => void took.push(performance.now() - due)),
      );
    }
    await Promise.all(asked);
  };
  try {
    // Connections are made before anything is counted.
    await Promise.all(
      Array.from({ length: CLIENTS * 2 }, () => database.withSession((session) => session.query('SELECT 1'))),
    );
    const clients = Array.from({ length: CLIENTS }, client);
    try {
      await work();
    } finally {
      stopped = true;
      await Promise.all(clients);
    }
    return took;
  } finally {
    await database.close();
  }
}
