/**
 * The known name that a misspelt one most probably stands for. Damerau–Levenshtein distance (optimal string alignment,
 * Oommen & Loke 1997), case ignored; a third of the length may be wrong, at most three letters. A plan may have thousands of names,
 * and as many that are misspelt: each is compared no further than it can still be the nearest.
 */
export function didYouMean(given: string, known: Iterable<string>): string | undefined {
  const names = preparedOf(known);
  const wanted = given.toLowerCase();
  const close = closestByOneEdit(wanted, names);
  if (close !== undefined) return close.name;
  let most = Math.min(3, Math.max(1, Math.floor(given.length / 3)));
  let best: string | undefined;
  const letters = lettersOf(wanted);
  // One edit has been looked for: from two on only what is nearer counts, and of equals the first one stays.
  for (const candidate of most < 2 ? [] : names.sorted) {
    if (Math.abs(candidate.lower.length - wanted.length) > most) continue;
    if (bits(candidate.letters ^ letters) > 2 * most) continue;
    const distance = distanceWithin(wanted, candidate.lower, most);
    if (distance > most) continue;
    best = candidate.name;
    if (distance === 2) break;
    most = distance - 1;
  }
  return best;
}

interface Candidate {
  readonly name: string;
  readonly lower: string;
  /** Which letters occur, a bit for several: an edit changes two bits at most. */
  readonly letters: number;
}

interface Prepared {
  readonly sorted: readonly Candidate[];
  /** By each text that is left where one letter is taken away, and by the whole: two texts that share one are at most two edits apart. */
  readonly shortened: ReadonlyMap<string, readonly number[]>;
}

function preparedOf(known: Iterable<string>): Prepared {
  const before = PREPARED.get(known);
  if (before !== undefined) return before;
  const sorted = [...known].sort().map((name) => {
    const lower = name.toLowerCase();
    return { name, lower, letters: lettersOf(lower) };
  });
  const shortened = new Map<string, number[]>();
  for (const [index, { lower }] of sorted.entries()) {
    for (const text of new Set(shortenedFormsOf(lower))) {
      const others = shortened.get(text);
      if (others === undefined) shortened.set(text, [index]);
      else others.push(index);
    }
  }
  const prepared = { sorted, shortened };
  if (Array.isArray(known)) PREPARED.set(known, prepared);
  return prepared;
}

/** Lists are not changed once they are made; an iterator is another one each time. */
const PREPARED = new WeakMap<object, Prepared>();

function shortenedFormsOf(text: string): readonly string[] {
  return [text, ...Array.from(text, (_, at) => text.slice(0, at) + text.slice(at + 1))];
}

function closestByOneEdit(wanted: string, { sorted, shortened }: Prepared): Candidate | undefined {
  let [best, bestDistance] = [sorted.length, 2];
  for (const text of shortenedFormsOf(wanted)) {
    for (const index of shortened.get(text) ?? []) {
      const distance = distanceWithin(wanted, sorted[index]!.lower, 1);
      if (distance > 1 || distance > bestDistance || (distance === bestDistance && index >= best)) continue;
      [best, bestDistance] = [index, distance];
    }
  }
  return sorted[best];
}

function lettersOf(text: string): number {
  let letters = 0;
  for (let at = 0; at < text.length; at++) letters |= 1 << (text.charCodeAt(at) & 31);
  return letters;
}

function bits(word: number): number {
  let count = 0;
  for (let rest = word; rest !== 0; rest &= rest - 1) count++;
  return count;
}

/** Any number above `most` where it is more. Cells that lie further than `most` from the diagonal cannot matter. */
function distanceWithin(a: string, b: string, most: number): number {
  let start = 0;
  while (start < a.length && start < b.length && a.charCodeAt(start) === b.charCodeAt(start)) start++;
  let [endA, endB] = [a.length, b.length];
  while (endA > start && endB > start && a.charCodeAt(endA - 1) === b.charCodeAt(endB - 1)) {
    endA--;
    endB--;
  }
  const [rows, columns] = [endA - start, endB - start];
  const far = most + 1;
  if (rows === 0 || columns === 0) return rows + columns;
  if (Math.abs(rows - columns) > most) return far;
  if (columns >= WIDEST) return far;
  let [beforeLast, last, current] = ROWS;
  for (let column = 0; column <= columns; column++) last[column] = Math.min(column, far);
  let leastBefore = 0;
  for (let row = 1; row <= rows; row++) {
    const from = Math.max(1, row - most);
    const to = Math.min(columns, row + most);
    current[from - 1] = from > 1 ? far : Math.min(row, far);
    let least = current[from - 1]!;
    const letter = a.charCodeAt(start + row - 1);
    for (let column = from; column <= to; column++) {
      const other = b.charCodeAt(start + column - 1);
      let cost = Math.min(last[column - 1]! + Number(letter !== other), current[column - 1]! + 1, far);
      if (column < row + most) cost = Math.min(cost, last[column]! + 1);
      const swapped = row > 1 && column > 1 && letter === b.charCodeAt(start + column - 2);
      if (swapped && other === a.charCodeAt(start + row - 2)) cost = Math.min(cost, beforeLast[column - 2]! + 1);
      current[column] = cost;
      if (cost < least) least = cost;
    }
    // A transposition reaches over one row.
    if (least >= far && leastBefore >= far) return far;
    leastBefore = least;
    [beforeLast, last, current] = [last, current, beforeLast];
  }
  return last[columns]!;
}

/** A name of PostgreSQL has 63 bytes, an id of a plan is not longer than a line. */
const WIDEST = 256;
const ROWS: readonly [Uint8Array, Uint8Array, Uint8Array] = [
  new Uint8Array(WIDEST),
  new Uint8Array(WIDEST),
  new Uint8Array(WIDEST),
];
