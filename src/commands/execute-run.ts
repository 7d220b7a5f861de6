/**
 * Runs a graph of a run that this process holds, and keeps the run's status true. Owns what is alike for the way there and
 * the way back: holding the run, the fence and the walk. What its end means is in `end-of-turn`.
 */
import { hostname } from 'node:os';
import { systemClock } from '../kernel/clock.js';
import type { Execution } from '../executor/execution.js';
import type { Journal, RunHandle } from '../executor/journal.js';
import { runGraph, type WalkEnd } from '../executor/run-graph.js';
import type { Observe } from '../executor/run-event.js';
import type { Database, Session } from '../executor/session.js';
import { createSlots } from '../executor/slots.js';
import { NO_THROTTLE, type ThrottleStop } from '../executor/throttle.js';
import type { Approvers } from '../operation/approvers.js';
import type { OperationGraph } from '../operation/operation-graph.js';
import { holdersOf, letGoOfRun, noticeLostHolder, tryHoldRun } from '../postgres/journal/advisory.js';
import { postgresJournal } from '../postgres/journal/journal.js';
import { moveRun } from '../postgres/journal/move-run.js';
import type { RunStatus } from '../postgres/journal/run-status.js';
import { findRun, type StoredRun } from '../postgres/journal/runs.js';
import { takeOverIf } from '../postgres/journal/take-over.js';
import { EXIT, refusal, type CommandResult } from './command-result.js';
import { unexpectedChanges } from './drift.js';
import { whileStoppable, type StopOptions } from './run-stops.js';
import { runThrottle } from './run-throttle.js';

export interface RunOptions extends StopOptions {
  readonly observe: Observe;
  readonly resolve?: Readonly<Record<string, 'done' | 'again'>>;
  /** What others changed meanwhile of what the run touches is taken for given, and written down. */
  readonly acceptDrift?: boolean;
  /** Signals of the throttle that are not heeded, by name; also `quiet_hours`. Written to the trail. */
  readonly ignoreThrottle?: readonly string[];
  /** Whose approvals count, by group. */
  readonly approvers?: Approvers;
  /** Default: the journal in the database. Another one is for tests that show why it is as it is. */
  readonly journal?: Journal;
}

/** Who runs it, for people who look for the process. */
export const EXECUTOR = `${hostname()} pid ${process.pid}`;

/** A process that was killed holds its lock until the server has noticed; that long it is worth waiting. */
const HOLD_TRIES = 20;
const HOLD_PAUSE_MS = 250;

/**
 * What the command knew of the run is old: another process ended its turn while we waited to hold the plan, or a COMMIT of
 * it whose answer was lost arrived late. The command starts again from what the journal says now.
 */
export const MOVED = 'moved';

/** Calls `work` while this process holds the plan; the polite refusal, before the fence would tell. */
export async function holdingRun<Result>(
  database: Database,
  plan: string,
  work: () => Promise<Result>,
): Promise<Result | CommandResult<never>> {
  return database.withSession(async (session) => {
    if (!(await hold(session, plan))) {
      return refusal(EXIT.heldByAnother, 'LS9006', {
        detail: `Another process holds \`${plan}\` (server process ${(await holdersOf(session, plan)).join(', ')}).`,
        help: `lockstep status ${plan} says where it runs; where that process is gone for good, pg_terminate_backend lets go of the plan`,
      });
    }
    await noticeLostHolder(session);
    try {
      return await work();
    } finally {
      await letGoOfRun(session, plan).catch(() => undefined);
    }
  });
}

async function hold(session: Session, plan: string): Promise<boolean> {
  for (let tries = 1; tries <= HOLD_TRIES; tries++) {
    if (await tryHoldRun(session, plan)) return true;
    await systemClock.sleep(HOLD_PAUSE_MS);
  }
  return false;
}

/** Taken over; or what somebody else changed meanwhile: then nothing was. */
export type TakenOver = { readonly run: RunHandle } | { readonly drift: readonly string[] } | typeof MOVED;

/**
 * A takeover waits, by the run's row lock, for whatever its last executor has still under way; so only what is read after it
 * is final: where the run stands, and the definitions of what the graphs touch. `then` is part of it: nobody sees the new
 * epoch without what it writes. False: nothing was taken over, because the run has moved.
 */
export async function takeOverAsKnown(
  known: StoredRun,
  graphs: readonly OperationGraph[],
  { database, acceptDrift = false }: Pick<RunOptions, 'database' | 'acceptDrift'>,
  then: (session: Session, run: RunHandle) => Promise<boolean> = () => Promise.resolve(true),
): Promise<TakenOver> {
  return database.withSession(async (session) => {
    const found: { moved?: true; drift?: readonly string[] } = {};
    const run = await takeOverIf(session, known.id, { executor: EXECUTOR }, async (taken) => {
      const now = await findRun(session, known.name);
      const asKnown = now?.status === known.status && now.direction === known.direction;
      if (asKnown) found.drift = await unexpectedChanges(session, known, graphs, acceptDrift);
      if ((found.drift ?? []).length > 0) return false;
      if (asKnown && (await then(session, taken))) return true;
      found.moved = true;
      return false;
    });
    if (found.moved === true) return MOVED;
    return run === null ? { drift: found.drift ?? [] } : { run };
  });
}

/** Walks the graph to where it can go, and writes the run's status. `touched`: keys of all that the run touches. */
export async function executeRun(
  graph: OperationGraph,
  run: RunHandle,
  touched: readonly string[],
  options: RunOptions,
): Promise<WalkEnd> {
  const { database } = options;
  const { result, heldBack } = await whileStoppable(run, options, (stop) =>
    withExecution(graph, run, { ...options, stop }, graph.limits.workers, (execution) =>
      runGraph(graph, { ...execution, touched }),
    ),
  );
  const end: WalkEnd = result.state === 'stopped' && heldBack !== null ? { ...result, throttle: heldBack } : result;
  if (end.state !== 'fenced') {
    const to: RunStatus = end.state === 'done' && graph.direction === 'rollback' ? 'rolled back' : end.state;
    await database.transaction((session) => moveRun(session, run, to, detailsOf(end)));
  }
  return end;
}

/** For the trail: what the throttle says of itself, and what was asked for, are read back by different names. */
function detailsOf(end: WalkEnd): Readonly<Record<string, unknown>> | null {
  if (end.state !== 'stopped') return null;
  if (end.throttle !== undefined) return { reason: end.throttle.reason };
  return end.why === null ? null : { why: end.why };
}

/**
 * Calls `work` with what a process of the run works with: the one that moves it, and those that join its batches. Each is
 * held back by a throttle of its own; `heldBack`: what that ended the work for.
 */
export async function withExecution<T>(
  graph: OperationGraph,
  run: RunHandle,
  { database, observe, stop, resolve = {}, ignoreThrottle = [], journal = postgresJournal, approvers = {} }: RunOptions,
  workers: number,
  work: (execution: Execution) => Promise<T>,
): Promise<{ readonly result: T; readonly heldBack: ThrottleStop | null }> {
  const { limits, direction } = graph;
  const parts = { run, limits, database, journal, clock: systemClock, random: Math.random, observe };
  const deadlockTimeoutMs = await database.withSession(deadlockTimeout);
  const throttle = await runThrottle(limits, ignoreThrottle, parts);
  const result = await work({
    ...parts,
    direction,
    deadlockTimeoutMs,
    slots: createSlots(workers),
    throttle: throttle ?? NO_THROTTLE,
    stop: throttle === undefined ? stop : AbortSignal.any([stop, throttle.stopped]),
    touched: [],
    resolve,
    approvers,
  }).finally(throttle?.close);
  return { result, heldBack: throttle?.why() ?? null };
}

export async function deadlockTimeout(session: Session): Promise<number> {
  const { rows } = await session.query<{ ms: string }>(
    `SELECT setting AS ms FROM pg_settings WHERE name = 'deadlock_timeout'`,
  );
  return Number(rows[0]!.ms);
}
