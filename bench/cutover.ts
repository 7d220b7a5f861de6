/**
 * What an application notices of a cutover, and of what comes before and after it: how long the table locks were held, and
 * the longest time that one of its transactions took meanwhile. Eight clients write both sides as fast as they are answered.
 */
import type { BenchServer } from './bench-server.js';
import { gatedPlan, type GatedPlan } from './gated-plan.js';
import { heldLocks, type HeldLock } from './lock-log.js';
import { percentile } from './spread.js';
import { tablesToCopy } from './fills.js';
import { windowPlan, writesTo, type WriteName } from './window-tables.js';
import { sleep, writtenDuring, type Transaction, type Workload } from './writers.js';

export interface LockHold {
  readonly what: string;
  readonly mode: string;
  readonly attempts: number;
  /** Asking for it in the attempt that got it: whoever writes meanwhile queues behind it. */
  readonly waitedMs: number;
  /** From when LOCK returned to COMMIT. */
  readonly heldMs: number;
  /** Of a transaction that was under way while it was asked for or held. */
  readonly longestMs: number;
  /** Of the transactions before. */
  readonly p99BeforeMs: number;
}

export interface MeasuredCutover {
  readonly holds: readonly LockHold[];
  /** Committed between the beginning of the watch and the cutover: whose keys were compared again, nearly all of them before its lock. */
  readonly writtenMeanwhile: number;
}

const CLIENTS = 8;
const CALM_MS = 5_000;
const QUIET_MS = 1_000;

const STEPS = `  - { id: joined, gate: { approval: dba } }
  - { id: flip, cutover: { windows: [in-step] } }
  - { id: soak, gate: { approval: dba } }
  - { id: done, close: { windows: [in-step], quiet: ${QUIET_MS}ms } }
`;

export async function cutovers(server: BenchServer, rows: number, rounds: number): Promise<readonly MeasuredCutover[]> {
  const measured: MeasuredCutover[] = [];
  for (let round = 0; round < rounds; round++) {
    await server.clean();
    await tablesToCopy(server, rows);
    const url = new URL(server.url);
    url.searchParams.set('options', '-c log_min_duration_statement=0');
    const plan = await gatedPlan(url.href, 'cutover', windowPlan('public', 'both', STEPS));
    try {
      measured.push(await measure(server, plan, rows));
    } finally {
      await plan.remove();
    }
  }
  return measured;
}

async function measure(server: BenchServer, plan: GatedPlan, rows: number): Promise<MeasuredCutover> {
  const load = (...names: readonly WriteName[]): Workload => ({
    url: server.url,
    rows,
    clients: Array.from({ length: CLIENTS }, (_, client) => [writesTo('public')[names[client % names.length]!]]),
  });
  await plan.begin();
  await server.run('VACUUM ANALYZE; CHECKPOINT');
  const flip = await underLoad(server, plan, 'joined', load('UPDATE of the old side', 'UPDATE of the new side'));
  // A window closes when its old side is quiet.
  const done = await underLoad(server, plan, 'soak', load('UPDATE of the new side'));
  const [watchOld, watch, cutover, unwatchOld, unwatch] = flip.locks;
  const [silence, closeNew, close] = done.locks;
  if (watchOld === undefined || watch === undefined || cutover === undefined || unwatchOld === undefined)
    throw new Error('the locks of the cutover are not in the log of the server');
  if (unwatch === undefined || silence === undefined || closeNew === undefined || close === undefined)
    throw new Error('the locks of the end are not in the log of the server');
  return {
    holds: [
      hold('`cutover`: watching begins, old side', watchOld, flip),
      hold('the same, new side', watch, flip),
      hold('`cutover`: the change', cutover, flip),
      hold('`cutover`: watching ends, old side', unwatchOld, flip),
      hold('the same, new side', unwatch, flip),
      hold('`close`: the mirrors fall silent', silence, done),
      hold('`close`: their triggers go, new side', closeNew, done),
      hold('the same, old side', close, done),
    ],
    writtenMeanwhile: flip.transactions.filter(({ atMs }) => atMs > watch.releasedAtMs && atMs < cutover.gotAtMs)
      .length,
  };
}

interface UnderLoad {
  readonly locks: readonly HeldLock[];
  readonly transactions: readonly Transaction[];
  readonly p99BeforeMs: number;
}

async function underLoad(server: BenchServer, plan: GatedPlan, gate: string, workload: Workload): Promise<UnderLoad> {
  const logged = (await server.log()).length;
  let beganAtMs = 0;
  const { transactions } = await writtenDuring(workload, async () => {
    await sleep(CALM_MS);
    beganAtMs = performance.timeOrigin + performance.now();
    await plan.pass(gate);
    await sleep(CALM_MS / 5);
  });
  const before = transactions.filter(({ atMs, tookMs }) => atMs + tookMs < beganAtMs);
  const p99BeforeMs = percentile(
    before.map(({ tookMs }) => tookMs),
    99,
  );
  return { locks: heldLocks((await server.log()).slice(logged)), transactions, p99BeforeMs };
}

function hold(what: string, lock: HeldLock, { transactions, p99BeforeMs }: UnderLoad): LockHold {
  const { mode, attempts, askedAtMs, queuedAtMs, gotAtMs, releasedAtMs } = lock;
  const meanwhile = transactions.filter(({ atMs, tookMs }) => atMs < releasedAtMs && atMs + tookMs > askedAtMs);
  return {
    what,
    mode,
    attempts,
    waitedMs: gotAtMs - queuedAtMs,
    heldMs: releasedAtMs - gotAtMs,
    longestMs: meanwhile.reduce((longest, { tookMs }) => Math.max(longest, tookMs), 0),
    p99BeforeMs,
  };
}
