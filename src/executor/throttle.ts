/**
 * Holds a run back while signals of the server are above their limits. Owns when they are read (every second, also while
 * batches are at work: who waits for their locks waits only then), who waits for the next reading, and when the run must
 * stop instead. What a signal says belongs to `read-signals`.
 *
 * While a signal is over its limit nothing new begins; what is under way ends. It goes on as soon as all are at or below.
 */
import { isInWindow, showNextOpening, showWindow } from '../kernel/daily-window.js';
import { reasonToHold, type SignalName, type SignalReading, type ThrottleLimits } from '../operation/throttle.js';
import type { Execution } from './execution.js';
import { FencedError } from './journal.js';
import { readSignals, UnreadableSignalError } from './read-signals.js';
import { replicationLag } from './replication-lag.js';
import { MAX_TRIES, pauseBeforeTryMs, remedyFor } from './retry-policy.js';
import { DatabaseError, type Session } from './session.js';

export interface Throttle {
  /** Resolves once work may begin; false: it must not, the run is being stopped. Ask outside slots and transactions. */
  clear(stop: AbortSignal): Promise<boolean>;
}

export const NO_THROTTLE: Throttle = { clear: (stop) => Promise.resolve(!stop.aborted) };

/** Why a throttle ended the run's turn. */
export type ThrottleStop =
  | { readonly cause: 'unreadable'; readonly signal: SignalName | null; readonly reason: string }
  | { readonly cause: 'quiet hours'; readonly reason: string };

export interface RunThrottle extends Throttle {
  /** Aborted when the throttle ends the run's turn. */
  readonly stopped: AbortSignal;
  readonly why: () => ThrottleStop | null;
  /** Reads no more. A hold that is open ends here, in the trail too. */
  readonly close: () => Promise<void>;
}

const EVERY_MS = 1_000;
/** What was read longer ago says nothing. */
const FRESH_MS = 2_500;

type Surroundings = Pick<Execution, 'run' | 'limits' | 'database' | 'journal' | 'clock' | 'random' | 'observe'>;

type Latest = { readonly atMs: number } & (
  | { readonly state: 'read'; readonly signals: readonly SignalReading[] }
  | { readonly state: 'problem'; readonly problem: ThrottleStop }
);

interface Hold {
  readonly sinceMs: number;
  signals: readonly SignalReading[];
  isRecorded: boolean;
}

export function createThrottle(limits: ThrottleLimits, surroundings: Surroundings): RunThrottle {
  const { clock, observe } = surroundings;
  const stopped = new AbortController();
  const closing = new AbortController();
  const lag = replicationLag();
  const waiting = new Set<() => void>();
  let latest: Latest | null = null;
  let hold: Hold | null = null;
  let why: ThrottleStop | null = null;
  let loop: Promise<void> | undefined;

  const clear = async (stop: AbortSignal): Promise<boolean> => {
    loop ??= watch();
    for (;;) {
      if (stop.aborted || why !== null) return false;
      const now = clock.now();
      if (latest !== null && now - latest.atMs <= FRESH_MS) {
        if (latest.state === 'problem') {
          why = latest.problem;
          stopped.abort();
          return false;
        }
        if (!isOver(latest.signals)) return true;
        if (hold === null) {
          hold = { sinceMs: now, signals: latest.signals, isRecorded: false };
          observe({ type: 'throttle', held: true, signals: latest.signals });
        }
      }
      await nextReading(stop);
    }
  };

  const nextReading = (stop: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const wake = (): void => {
        waiting.delete(wake);
        stop.removeEventListener('abort', wake);
        resolve();
      };
      waiting.add(wake);
      stop.addEventListener('abort', wake);
      if (stop.aborted) wake();
    });

  const watch = async (): Promise<void> => {
    let tries = 0;
    while (!closing.signal.aborted) {
      const atMs = clock.now();
      let pauseMs = EVERY_MS;
      try {
        latest = await surroundings.database.withSession((session) => readOnce(session, atMs));
        tries = 0;
      } catch (error) {
        tries += 1;
        const problem = problemOf(error, tries);
        if (problem === undefined) pauseMs = pauseBeforeTryMs(tries, surroundings.random);
        else latest = { atMs: clock.now(), state: 'problem', problem };
      }
      for (const wake of [...waiting]) wake();
      await clock.sleep(pauseMs, closing.signal);
    }
  };

  const readOnce = async (session: Session, atMs: number): Promise<Latest> => {
    const { serverMs, signals } = await readSignals(limits, lag, session, surroundings);
    const outside = outsideHours(limits, serverMs);
    if (outside !== undefined) return { atMs, state: 'problem', problem: outside };
    const over = isOver(signals);
    if (over && hold !== null) hold.signals = signals;
    if (hold !== null) await record(session, over);
    observe({ type: 'throttle', held: hold !== null, signals });
    return { atMs, state: 'read', signals };
  };

  /** The hold that is open: its beginning, and where nothing is over any more its end. */
  const record = async (session: Session, goesOn: boolean): Promise<void> => {
    const { journal, run } = surroundings;
    const { sinceMs, signals, isRecorded } = hold!;
    const reason = reasonToHold(signals);
    if (!isRecorded) {
      await journal.recordHold(session, run, { reason, heldMs: null });
      hold!.isRecorded = true;
    }
    if (goesOn) return;
    await journal.recordHold(session, run, { reason, heldMs: clock.now() - sinceMs });
    hold = null;
  };

  return {
    clear,
    stopped: stopped.signal,
    why: () => why,
    async close() {
      closing.abort();
      await loop;
      if (hold === null) return;
      const signals = hold.signals;
      // The hold is over whether or not the server can still be told.
      await surroundings.database.withSession((session) => record(session, false)).catch(() => undefined);
      observe({ type: 'throttle', held: false, signals });
    },
  };
}

function isOver(signals: readonly SignalReading[]): boolean {
  return signals.some(({ over }) => over);
}

function outsideHours({ quietHours }: ThrottleLimits, nowMs: number): ThrottleStop | undefined {
  if (quietHours === null || isInWindow(quietHours, nowMs)) return undefined;
  const reason = `work is allowed ${showWindow(quietHours)}, next from ${showNextOpening(quietHours, nowMs)}`;
  return { cause: 'quiet hours', reason };
}

/** Undefined: worth another try. */
function problemOf(error: unknown, tries: number): ThrottleStop | undefined {
  const told = error instanceof UnreadableSignalError ? error.error : error;
  const remedy = told instanceof DatabaseError ? remedyFor(told) : 'give-up';
  if (remedy !== 'give-up' && tries <= MAX_TRIES) return undefined;
  // Another executor has taken over: whoever claims the next range is told.
  if (error instanceof FencedError) return undefined;
  const signal = error instanceof UnreadableSignalError ? error.signal : null;
  return { cause: 'unreadable', signal, reason: error instanceof Error ? error.message : String(error) };
}
