/** One round: a database, its clients, a plan that is driven there, back, there again and to its end, and the verdicts. */
import { onTestFinished } from 'vitest';

import { systemClock } from '../../../../src/kernel/clock.js';
import { testDatabase, type TestDatabase } from '../../../support/database.js';
import { startFaultProxy, type Fault } from '../../support/fault-proxy.js';
import { randomFrom, type Random } from '../../support/random.js';
import { writePlan, type WrittenPlan } from '../../support/run-plan.js';
import { CLIENT, runClient, type ClientOptions } from './ledger-client.js';
import { LedgerLog } from './ledger-log.js';
import { ledgerPlan, ledgerTables, type Direction, type Key, type LedgerSize } from './ledger-tables.js';
import { oldSide } from './old-side.js';
import { readLedger, type BothSides } from './read-ledger.js';
import type { Side } from './side.js';

export type LedgerDatabase = Pick<TestDatabase, 'url' | 'database' | 'query' | 'value'>;

export interface LedgerRound {
  readonly test: LedgerDatabase;
  readonly plan: WrittenPlan;
  readonly log: LedgerLog;
  readonly first: BothSides;
  /** Where these clients write from their next transaction on. */
  move(which: (client: number) => boolean, side: Side): void;
  /**
   * How long clients think between two transactions, at most. While both sides are written, somebody holds the one table and
   * comes to the other, in either order: a lock on all of them together is only had in a moment when nobody does.
   */
  think(ms: number): void;
  /** Both sides now, and what they must hold. */
  look(): Promise<Look>;
  /** When every client has its last answer, and what was sent has arrived. */
  stop(): Promise<void>;
}

export interface Look {
  readonly sides: BothSides;
  readonly acknowledged: ReadonlySet<number>;
}

export interface RoundOptions {
  readonly size: LedgerSize;
  readonly random: Random;
  readonly clients: number;
  readonly direction: Direction;
  /** Default: one of its own on the common server. */
  readonly on?: LedgerDatabase;
  /** Another way to the same database. */
  readonly clientUrl?: string;
  /** Of all clients; default: some of each. */
  readonly isolation?: ClientOptions['isolation'];
  /** Whether the plan itself compares, behind the fill. Default: true. */
  readonly proof?: boolean;
  /** Of a thousand commits, how many lose their connection; and whether clients are ended while they work. */
  readonly faults: number;
}

const FAULTS: readonly Fault[] = ['reply lost', 'never sent', 'arrives late', 'server unaware'];

export async function startRound(options: RoundOptions): Promise<LedgerRound> {
  const { size, random, clients, faults } = options;
  const test = options.on ?? (await testDatabase({ after: onTestFinished }));
  await test.query(ledgerTables(size));
  const plan = await writePlan('ledger', ledgerPlan(size, options));
  const first = await readLedger(test.database);
  const log = new LedgerLog();
  const stop = new AbortController();
  const watch = watchWhere(test, stop.signal);
  const faultOf = randomFrom(random.below(2 ** 31));
  const proxy = await startFaultProxy(test.url, (statement) =>
    statement === 'COMMIT' && faultOf.below(1000) < faults ? FAULTS[faultOf.below(FAULTS.length)]! : null,
  );
  const sides: Side[] = Array.from({ length: clients }, () => oldSide);
  let thinksMs = 0;
  const running = sides.map((_, index) => {
    const isolation = options.isolation ?? ISOLATIONS[index % ISOLATIONS.length]!;
    return runClient({
      name: `client ${index + 1}, ${isolation}`,
      url: faults > 0 && index % 2 === 0 ? proxy.url : (options.clientUrl ?? test.url),
      isolation,
      log,
      random: randomFrom(random.below(2 ** 31)),
      size,
      near: watch.near,
      side: () => sides[index]!,
      thinksMs: () => thinksMs,
      stop: stop.signal,
    });
  });
  const ending = faults > 0 ? endSessions(test, randomFrom(random.below(2 ** 31)), stop.signal) : Promise.resolve();
  const end = async (): Promise<void> => {
    stop.abort();
    await Promise.all([...running, watch.ended, ending]);
    // What a proxy has kept back arrives.
    await systemClock.sleep(1_000);
    await proxy.close();
  };
  let ended: Promise<void> | undefined;
  const stopOnce = (): Promise<void> => (ended ??= end());
  onTestFinished(stopOnce);
  return {
    ...{ test, plan, log, first },
    move(which, side) {
      if (side.name === 'new') log.mixed = true;
      for (const index of sides.keys()) if (which(index)) sides[index] = side;
    },
    think: (ms) => void (thinksMs = ms),
    async look() {
      const acknowledged = log.acknowledged();
      return { acknowledged, sides: await readLedger(test.database) };
    },
    stop: stopOnce,
  };
}

/** Three of eight are not READ COMMITTED. */
const ISOLATIONS = [
  ...(['read committed', 'repeatable read', 'read committed', 'read committed'] as const),
  ...(['serializable', 'read committed', 'repeatable read', 'read committed'] as const),
];

/** Of a walk that is under way, where it is: there the clients write most. */
function watchWhere(
  { query }: LedgerDatabase,
  stop: AbortSignal,
): { near: () => Key | undefined; ended: Promise<void> } {
  let at: Key | undefined;
  const look = async (): Promise<void> => {
    while (!stop.aborted) {
      const rows = await query<{ at: readonly string[] }>(
        `SELECT to_json(coalesce(cursor, lower)) AS at FROM lockstep.range
         WHERE NOT done AND operation_id ~ '/(people|shops)$' AND coalesce(cursor, lower) IS NOT NULL ORDER BY random() LIMIT 1`,
      ).catch(() => []);
      const numbers = rows[0]?.at.filter((part) => /^\d+$/.test(part)).map(Number);
      at = numbers?.length === 2 ? { branch: numbers[0]!, id: numbers[1]! } : undefined;
      await systemClock.sleep(30);
    }
  };
  return { near: () => at, ended: look() };
}

/** Ends a session of a client every second or so, whatever it is doing. */
async function endSessions({ query }: LedgerDatabase, random: Random, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    await systemClock.sleep(300 + random.below(1_200));
    await query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND application_name = '${CLIENT}' AND state <> 'idle' ORDER BY random() LIMIT 1`,
    ).catch(() => []);
  }
}
