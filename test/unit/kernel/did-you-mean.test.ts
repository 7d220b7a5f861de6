import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { didYouMean } from '../../../src/kernel/did-you-mean.js';

/** The whole matrix, compared with every name: what the search must come to. */
function slowly(given: string, known: readonly string[]): string | undefined {
  const limit = Math.min(3, Math.max(1, Math.floor(given.length / 3)));
  let best: string | undefined;
  let bestDistance = limit + 1;
  for (const name of [...known].sort()) {
    const distance = editDistance(given.toLowerCase(), name.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [name, distance];
  }
  return best;
}

function editDistance(a: string, b: string): number {
  const cells: number[][] = [];
  for (let row = 0; row <= a.length; row++) {
    cells.push([]);
    for (let column = 0; column <= b.length; column++) {
      if (row === 0 || column === 0) {
        cells[row]!.push(row + column);
        continue;
      }
      const costs = [cells[row - 1]![column]! + 1, cells[row]![column - 1]! + 1];
      costs.push(cells[row - 1]![column - 1]! + Number(a[row - 1] !== b[column - 1]));
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) costs.push(cells[row - 2]![column - 2]! + 1);
      cells[row]!.push(Math.min(...costs));
    }
  }
  return cells[a.length]![b.length]!;
}

describe('didYouMean', () => {
  it.each([
    ['tabel', ['table', 'tables'], 'table'],
    ['USERS', ['user', 'users'], 'users'],
    ['ab', ['cd'], undefined],
    ['x', [], undefined],
    ['step-nmuber-0001', ['step-number-0002', 'step-number-0001'], 'step-number-0001'],
  ])('%s among %j is %s', (given, known, meant) => {
    expect(didYouMean(given, known)).toBe(meant);
  });

  it('finds what a comparison with every name finds', () => {
    const name = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'B'), minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(name, fc.array(name, { maxLength: 12 }), (given, known) => {
        expect(didYouMean(given, known)).toBe(slowly(given, known));
      }),
      { numRuns: 2000 },
    );
  });
});
