/**
 * How long a batch may wait for a lock. A batch holds row locks while it works; when it also waits, a session of the
 * application that waits for the batch may run its deadlock check first and be chosen as the victim. So target and wait
 * together stay below the server's `deadlock_timeout`.
 */
import type { Pace } from './operation.js';

const WITHOUT_TARGET_MS = 250;

/** Milliseconds, or undefined where the target alone leaves no room: the plan must name a smaller one. */
export function batchLockTimeoutMs(pace: Pace, lockTimeoutMs: number, deadlockTimeoutMs: number): number | undefined {
  const room = deadlockTimeoutMs - (pace.targetMs ?? WITHOUT_TARGET_MS) - 50;
  return room < 50 ? undefined : Math.min(lockTimeoutMs, room);
}
