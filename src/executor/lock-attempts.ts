/**
 * How often a statement asks for its locks, how long each attempt waits, and how long it then leaves the table to others.
 * Whoever comes while an attempt waits queues behind it, so an attempt is short, and the pause after it is what the
 * application gets its work done in.
 */
export interface LockLimits {
  /** `lock_timeout` of the plan: the longest wait of one attempt. */
  readonly lockTimeoutMs: number;
  readonly deadlockTimeoutMs: number;
  /** Default: as many as a statement has that says nothing of it. */
  readonly attempts?: number;
}

export interface LockAttempt {
  /** From 1. */
  readonly number: number;
  /** For the strong locks of the attempt, all together. */
  readonly waitMs: number;
  /** For a light lock, which holds up neither readers nor writers. */
  readonly lightWaitMs: number;
}

export const MAX_LOCK_ATTEMPTS = 10;
/** After so long no further attempt begins. */
const TOTAL_MS = 120_000;

const LEAST_WAIT_MS = 10;
/** Below `deadlock_timeout`: nobody who waits for us looks for a deadlock, and loses it, before we have given up. */
const BELOW_DEADLOCK_MS = 100;
/** Above it: only then the server asks autovacuum to give way, which needs a moment for it. */
const ABOVE_DEADLOCK_MS = 1_000;

/** Waits grow by half, from a quarter of the limit up to the limit. */
export function lockAttempt(number: number, { lockTimeoutMs, deadlockTimeoutMs }: LockLimits): LockAttempt {
  const grown = (lockTimeoutMs / 4) * 1.5 ** (number - 1);
  const most = Math.min(lockTimeoutMs, Math.max(deadlockTimeoutMs - BELOW_DEADLOCK_MS, deadlockTimeoutMs / 2));
  const waitMs = Math.round(Math.max(LEAST_WAIT_MS, Math.min(grown, most)));
  return { number, waitMs, lightWaitMs: deadlockTimeoutMs + ABOVE_DEADLOCK_MS };
}

/**
 * Before the next attempt: doubles from half of the limit up to twenty times the limit, each between half and all of it, so
 * that waiters do not come back together. Null where attempts or time are used up.
 */
export function pauseAfterAttempt(
  number: number,
  { lockTimeoutMs, attempts = MAX_LOCK_ATTEMPTS }: LockLimits,
  sinceFirstMs: number,
  random: () => number,
): number | null {
  if (number >= attempts || sinceFirstMs >= TOTAL_MS) return null;
  const ceiling = Math.max(lockTimeoutMs, LEAST_WAIT_MS) * Math.min(20, 0.5 * 2 ** (number - 1));
  return Math.round(ceiling * (0.5 + random() / 2));
}
