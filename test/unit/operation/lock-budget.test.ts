import { describe, expect, test } from 'vitest';

import { batchLockTimeoutMs } from '../../../src/operation/lock-budget.js';

const PACE = { rows: 1000, targetMs: 250, maxRows: 50_000, workers: 2 };

describe('batchLockTimeoutMs keeps target and wait below the deadlock timeout', () => {
  test.each([
    { target: 250, lock: 500, deadlock: 1000, is: 500 },
    { target: 250, lock: 5000, deadlock: 1000, is: 700 },
    { target: 900, lock: 500, deadlock: 1000, is: 50 },
    { target: 901, lock: 500, deadlock: 1000, is: undefined },
    { target: null, lock: 5000, deadlock: 1000, is: 700 },
  ])('target $target, lock timeout $lock', ({ target, lock, deadlock, is }) =>
    expect(batchLockTimeoutMs({ ...PACE, targetMs: target }, lock, deadlock)).toBe(is),
  );
});
