/** How a bad row is found, without a database: what a crew would do, played on a list of keys. */
import { expect, test } from 'vitest';

import { createSuspects } from '../../../src/executor/suspects.js';

interface Played {
  readonly written: readonly number[];
  readonly aside: readonly number[];
  readonly committed: number;
  readonly failed: number;
}

/** Rows 1 to `last` in one range. `elsewhere`: before this batch another process does that many rows of it. */
function play(
  last: number,
  rows: number,
  bad: ReadonlySet<number>,
  elsewhere: Readonly<Record<number, number>> = {},
): Played {
  const suspects = createSuspects();
  const upper = [String(last)];
  const [written, aside]: [number[], number[]] = [[], []];
  let [cursor, committed, failed] = [0, 0, 0];
  for (let batch = 1; cursor < last; batch++) {
    for (let more = elsewhere[batch] ?? 0; more > 0 && cursor < last; more--)
      (bad.has(++cursor) ? aside : written).push(cursor);
    if (cursor === last) break;
    const claim = { operation: 'fill', number: 1, cursor: cursor === 0 ? null : [String(cursor)], upper };
    const portion = suspects.portionOf(claim, rows);
    const end = Math.min(cursor + portion.rows, Number(portion.upper[0]));
    expect(end).toBeGreaterThan(cursor);
    const taken = Array.from({ length: end - cursor }, (_, index) => cursor + index + 1);
    if (!taken.some((row) => bad.has(row))) {
      written.push(...taken);
      committed += 1;
    } else {
      failed += 1;
      suspects.failed(claim, portion, [String(end)]);
      if (portion.rows > 1) continue;
      aside.push(end);
    }
    suspects.passed(claim, portion, [String(end)]);
    cursor = end;
  }
  return { written, aside, committed, failed };
}

const ROWS = [1, 2, 3, 5, 7, 8, 64, 1000];

test.each(ROWS)('one bad row in a batch of %i is found in the logarithm of its rows, wherever it is', (rows) => {
  for (let bad = 1; bad <= rows; bad++) {
    const { written, aside, committed, failed } = play(rows, rows, new Set([bad]));
    expect(aside).toEqual([bad]);
    expect(written).toEqual(Array.from({ length: rows }, (_, index) => index + 1).filter((row) => row !== bad));
    expect(failed).toBeLessThanOrEqual(Math.ceil(Math.log2(rows)) + 1);
    expect(committed).toBeLessThanOrEqual(Math.ceil(Math.log2(rows)));
  }
});

test('any set of bad rows: each row once, in order, at a bounded price for each', () => {
  const all = Array.from({ length: 11 }, (_, index) => index + 1);
  for (let mask = 1; mask < 2 ** all.length; mask++) {
    const bad = new Set(all.filter((row) => mask & (2 ** (row - 1))));
    const { written, aside, failed } = play(all.length, 4, bad);
    expect([written, aside]).toEqual([all.filter((row) => !bad.has(row)), [...bad]]);
    expect(failed).toBeLessThanOrEqual(bad.size * 3);
  }
});

test('rows that another process does meanwhile are neither done again nor left out', () => {
  for (let batch = 1; batch <= 12; batch++) {
    for (let rows = 1; rows <= 9; rows++) {
      const { written, aside } = play(20, 8, new Set([6, 13]), { [batch]: rows });
      expect([...written, ...aside].sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    }
  }
});

test('an error that came late does not undo what was narrowed since', () => {
  const suspects = createSuspects();
  const claim = { operation: 'fill', number: 1, cursor: null, upper: ['100'] };
  const late = suspects.portionOf(claim, 64);
  suspects.failed(claim, late, ['64']);
  suspects.failed(claim, suspects.portionOf(claim, 64), ['32']);
  expect(suspects.portionOf(claim, 64)).toMatchObject({ rows: 16, upper: ['32'] });
  suspects.failed(claim, late, ['64']);
  expect(suspects.portionOf(claim, 64)).toMatchObject({ rows: 16, upper: ['32'] });
});
