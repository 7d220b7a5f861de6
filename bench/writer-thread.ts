/**
 * Clients of an application, on a thread of their own so that the plan that runs beside them has its own. Each has one
 * connection and sends its next transaction when the last was answered, as pgbench does.
 */
import { parentPort, workerData } from 'node:worker_threads';

import { DatabaseError } from '../src/executor/session.js';
import { PgDatabase } from '../src/postgres/pg-database.js';
import type { Message, Transaction, Workload } from './writers.js';

const { url, rows, clients } = workerData as Workload;
const DEADLOCK = '40P01';
/** Above every key that there is; two clients will not meet there. */
const NEW_FROM = 2 ** 40;

const database = new PgDatabase({ url, maxSessions: clients.length });
const transactions: Transaction[] = [];
let deadlocks = 0;
let stopped = false;
let connected = 0;
let beganAtMs = 0;

const say = (message: Message): void => parentPort!.postMessage(message);
const now = (): number => performance.timeOrigin + performance.now();

parentPort!.once('message', () => (stopped = true));
await Promise.all(
  clients.map((writes) =>
    database.withSession(async (session) => {
      await session.query('SELECT 1');
      if (++connected === clients.length) {
        beganAtMs = now();
        say('connected');
      }
      for (let next = 0; !stopped; next++) {
        const { sql, key } = writes[next % writes.length]!;
        const number = 1 + Math.floor(Math.random() * (key === 'new' ? NEW_FROM : rows));
        const atMs = now();
        try {
          await session.query(sql, [key === 'new' ? NEW_FROM + number : number]);
          transactions.push({ atMs, tookMs: now() - atMs });
        } catch (error) {
          // One of two that met on a row; an application sends it again.
          if (!(error instanceof DatabaseError) || error.facts.sqlstate !== DEADLOCK) throw error;
          deadlocks++;
        }
      }
    }),
  ),
);
const ms = now() - beganAtMs;
await database.close();
say({ transactions: transactions.filter(({ atMs }) => atMs >= beganAtMs), deadlocks, ms });
