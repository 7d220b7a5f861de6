import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { nextBatchSize } from '../../../src/executor/pace.js';

const PACE = { rows: 1000, targetMs: 250, maxRows: 50_000, workers: 2 };

describe('nextBatchSize', () => {
  test.each([
    { what: 'grows by at most half', last: 1000, ms: 10, next: 1500 },
    { what: 'grows half of the way where that is less', last: 1000, ms: 200, next: 1125 },
    { what: 'stays where it fits', last: 1000, ms: 250, next: 1000 },
    { what: 'shrinks at once to what would have fitted', last: 1000, ms: 500, next: 500 },
    { what: 'shrinks to a tenth at most', last: 1000, ms: 60_000, next: 100 },
    { what: 'never below one row', last: 1, ms: 60_000, next: 1 },
    { what: 'never above the most', last: 49_000, ms: 1, next: 50_000 },
    { what: 'survives a clock that stands still', last: 1000, ms: 0, next: 1500 },
    { what: 'does not grow because a range ended', last: 1000, ms: 10, short: true, next: 1000 },
    { what: 'comes down to the most although a range ended', last: 60_000, ms: 10, short: true, next: 50_000 },
    { what: 'shrinks although a range ended', last: 1000, ms: 500, short: true, next: 500 },
  ])('$what', ({ last, ms, short = false, next }) =>
    expect(nextBatchSize(PACE, { size: last, durationMs: ms, short })).toBe(next),
  );

  test('without a target it is fixed', () => {
    expect(nextBatchSize({ ...PACE, targetMs: null }, { size: 7, durationMs: 60_000, short: false })).toBe(7);
  });

  test('is a whole number of rows between one and the most, whatever happened', () => {
    const batch = fc.record({
      size: fc.integer({ min: 1, max: 50_000 }),
      durationMs: fc.double({ min: 0, max: 1e9, noNaN: true }),
      short: fc.boolean(),
    });
    fc.assert(
      fc.property(batch, (last) => {
        const next = nextBatchSize(PACE, last);
        expect(Number.isInteger(next) && next >= 1 && next <= PACE.maxRows).toBe(true);
      }),
    );
  });
});
