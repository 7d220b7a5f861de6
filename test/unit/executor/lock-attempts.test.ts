import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { lockAttempt, MAX_LOCK_ATTEMPTS, pauseAfterAttempt } from '../../../src/executor/lock-attempts.js';

const LIMITS = { lockTimeoutMs: 500, deadlockTimeoutMs: 1_000 };
const NUMBERS = Array.from({ length: MAX_LOCK_ATTEMPTS }, (_, index) => index + 1);

describe('attempts to get a lock', () => {
  test('wait longer from one to the next, and never longer than the plan allows', () => {
    const waits = NUMBERS.map((number) => lockAttempt(number, LIMITS).waitMs);
    expect(waits).toEqual([125, 188, 281, 422, 500, 500, 500, 500, 500, 500]);
  });

  test('give up before a waiting session of the application looks for a deadlock', () => {
    fc.assert(
      fc.property(
        fc.record({
          lockTimeoutMs: fc.integer({ min: 0, max: 600_000 }),
          deadlockTimeoutMs: fc.integer({ min: 25, max: 60_000 }),
        }),
        fc.integer({ min: 1, max: MAX_LOCK_ATTEMPTS }),
        (limits, number) => {
          const { waitMs, lightWaitMs } = lockAttempt(number, limits);
          expect(waitMs).toBeGreaterThan(0);
          expect(waitMs).toBeLessThan(limits.deadlockTimeoutMs);
          expect(waitMs).toBeLessThanOrEqual(Math.max(limits.lockTimeoutMs, 10));
          expect(lightWaitMs).toBeGreaterThan(limits.deadlockTimeoutMs);
        },
      ),
    );
  });

  test('leave the table to others for longer and longer, at random moments', () => {
    const pauses = (random: number) => NUMBERS.map((number) => pauseAfterAttempt(number, LIMITS, 0, () => random));
    expect(pauses(0)).toEqual([125, 250, 500, 1000, 2000, 4000, 5000, 5000, 5000, null]);
    expect(pauses(0.999_999)).toEqual([250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000, 10_000, null]);
  });

  test('end, however long each one took', () => {
    expect(pauseAfterAttempt(2, LIMITS, 120_000, () => 0)).toBeNull();
    expect(pauseAfterAttempt(1, { lockTimeoutMs: 0, deadlockTimeoutMs: 1_000 }, 0, () => 0)).toBeGreaterThan(0);
  });
});
