import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { nextBatchSize } from '../../../src/executor/pace.js';

const PACE = { rows: 1000, targetMs: 250, maxRows: 50_000, workers: 2 };

describe('nextBatchSize', () => {
  test.each([
    { what: 'grows by at most half', last: 1000, ms: 10, next: 1500 },
    { what: 'stays where it fits', last: 1000, ms: 250, next: 1000 },
    { what: 'shrinks at once to what would have fitted', last: 1000, ms: 500, next: 500 },
    { what: 'shrinks to a tenth at most', last: 1000, ms: 60_000, next: 100 },
    { what: 'never below one row', last: 1, ms: 60_000, next: 1 },
    { what: 'never above the most', last: 49_000, ms: 1, next: 50_000 },
    { what: 'survives a clock that stands still', last: 1000, ms: 0, next: 1500 },
  ])('$what', ({ last, ms, next }) => expect(nextBatchSize(PACE, last, ms)).toBe(next));

  test('without a target it is fixed', () => {
    expect(nextBatchSize({ ...PACE, targetMs: null }, 7, 60_000)).toBe(7);
  });

  test('is a whole number of rows between one and the most, whatever happened', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50_000 }), fc.double({ min: 0, max: 1e9, noNaN: true }), (last, ms) => {
        const next = nextBatchSize(PACE, last, ms);
        expect(Number.isInteger(next) && next >= 1 && next <= PACE.maxRows).toBe(true);
      }),
    );
  });
});
