/** What a window costs an application: the same write to tables without a window, and with one that is open. */
import { applyPlan } from './apply-plan.js';
import type { BenchServer } from './bench-server.js';
import { percentile, spread, type Spread } from './spread.js';
import { COPY_BY_HAND, tablesToCopy } from './fills.js';
import { NEW_SIDE_MAY_INSERT, windowPlan, writesTo, type WriteName } from './window-tables.js';
import { sleep, writtenDuring, type Written } from './writers.js';

type Mirroring = 'no window' | 'forward' | 'both';

export interface MirroredWrite {
  readonly write: WriteName;
  readonly window: Mirroring;
  /** Transactions a second, of each turn. */
  readonly tps: Spread;
  readonly p99Ms: number;
  /** Of each pair of turns. */
  readonly againstNone: Spread;
  readonly p99AgainstNone: number;
  readonly deadlocks: number;
}

const CLIENTS = 4;
const TURN_MS = 3_000;
const TURNS_A_ROUND = 2;

/** Three pairs of tables, so that turns are short and the machine is the same for all: one schema for each. */
const SCHEMAS: Readonly<Record<Mirroring, string>> = { 'no window': 'bare', forward: 'forth', both: 'back' };

/** A window forward leaves the new side alone: there is nothing to measure there. */
const MEASURED: readonly (readonly [WriteName, readonly Mirroring[]])[] = [
  ['UPDATE of the old side', ['no window', 'forward', 'both']],
  ['INSERT into the old side', ['no window', 'forward', 'both']],
  ['UPDATE of the new side', ['no window', 'both']],
  ['INSERT into the new side', ['no window', 'both']],
];

export async function mirroredWrites(
  server: BenchServer,
  rows: number,
  rounds: number,
): Promise<readonly MirroredWrite[]> {
  await server.clean();
  try {
    for (const window of ['no window', 'forward', 'both'] as const) await tablesWith(server, rows, window);
    await server.run('VACUUM ANALYZE; CHECKPOINT');
    const measured: MirroredWrite[] = [];
    for (const [write, windows] of MEASURED) {
      const turns = new Map(windows.map((window) => [window, [] as Written[]]));
      for (let turn = 0; turn < rounds * TURNS_A_ROUND; turn++) {
        // Who goes first changes each time.
        for (const window of turn % 2 === 0 ? windows : [...windows].reverse()) {
          const clients = Array.from({ length: CLIENTS }, () => [writesTo(SCHEMAS[window])[write]]);
          turns.get(window)!.push(await writtenDuring({ url: server.url, rows, clients }, () => sleep(TURN_MS)));
        }
      }
      for (const window of windows)
        measured.push({ write, window, ...summary(turns.get(window)!, turns.get('no window')!) });
    }
    return measured;
  } finally {
    await server.run(
      Object.values(SCHEMAS)
        .map((schema) => `DROP SCHEMA IF EXISTS ${schema} CASCADE`)
        .join(';'),
    );
  }
}

async function tablesWith(server: BenchServer, rows: number, window: Mirroring): Promise<void> {
  const schema = SCHEMAS[window];
  await tablesToCopy(server, rows);
  if (window === 'no window') await COPY_BY_HAND.work(server);
  await server.run(`${NEW_SIDE_MAY_INSERT}; CREATE SCHEMA ${schema};
    ALTER TABLE users SET SCHEMA ${schema}; ALTER TABLE user_preferences SET SCHEMA ${schema}`);
  if (window !== 'no window') await applyPlan(server, `window-${window}`, windowPlan(schema, window));
}

function summary(turns: readonly Written[], none: readonly Written[]): Omit<MirroredWrite, 'write' | 'window'> {
  const perSecond = ({ transactions, ms }: Written): number => transactions.length / (ms / 1000);
  return {
    tps: spread(turns.map(perSecond)),
    p99Ms: p99(turns),
    againstNone: spread(turns.map((turn, index) => perSecond(turn) / perSecond(none[index]!))),
    p99AgainstNone: p99(turns) / p99(none),
    deadlocks: turns.reduce((sum, { deadlocks }) => sum + deadlocks, 0),
  };
}

function p99(turns: readonly Written[]): number {
  return percentile(
    turns.flatMap(({ transactions }) => transactions.map(({ tookMs }) => tookMs)),
    99,
  );
}
