/**
 * Ranges in which a batch met an error that one row causes, and how much of each is done next: halves, until a batch of one
 * row fails. Owns only that arithmetic, per process: what is committed is in the journal, and a process that knows nothing of
 * it starts to halve anew.
 *
 * A batch that failed up to a key is done again in two parts, the first of which may fail in turn. So a range under
 * suspicion is a list of ends, the nearest first, each with the rows that lie before it: one bad row among n costs about
 * log2 n batches that fail and as many that commit.
 */
import type { RangeClaim } from './journal.js';

/** What the next batch of a claimed range takes. */
export interface Portion {
  readonly rows: number;
  /** It ends here at the latest, inclusive. */
  readonly upper: readonly string[];
  /** Empty: nothing is suspected, and the batch goes at the usual pace. */
  readonly pieces: readonly Piece[];
}

/** Rows that are done together, up to this key. */
interface Piece {
  readonly until: readonly string[];
  readonly rows: number;
}

export interface Suspects {
  portionOf(claim: RangeClaim, usualRows: number): Portion;
  /** Called under the range's lock, before the batch is committed: the next claim may be another worker's. */
  passed(claim: RangeClaim, portion: Portion, cursor: readonly string[]): void;
  /** Likewise before it is rolled back. `end`: the key up to which the batch went. */
  failed(claim: RangeClaim, portion: Portion, end: readonly string[]): void;
}

export function createSuspects(): Suspects {
  /** By range. What is said of another cursor than the journal's is out of date: another process has been there. */
  const ranges = new Map<number, { readonly cursor: string; readonly pieces: readonly Piece[] }>();
  const remember = (number: number, cursor: RangeClaim['cursor'], pieces: readonly Piece[]): void => {
    if (pieces.length === 0) ranges.delete(number);
    else ranges.set(number, { cursor: textOf(cursor), pieces });
  };
  const known = ({ number, cursor }: RangeClaim): readonly Piece[] => {
    const range = ranges.get(number);
    return range?.cursor === textOf(cursor) ? range.pieces : [];
  };
  return {
    portionOf(claim, usualRows) {
      const pieces = known(claim);
      const [next] = pieces;
      return next === undefined
        ? { rows: usualRows, upper: claim.upper, pieces }
        : { rows: next.rows, upper: next.until, pieces };
    },
    passed({ number }, { pieces }, cursor) {
      const left = pieces.filter(({ until }) => textOf(until) !== textOf(cursor));
      remember(number, cursor, left);
    },
    failed(claim, { rows, pieces }, end) {
      // An error that came with COMMIT came after the lock was gone: somebody may have got further by now.
      const next = known(claim)[0];
      if (next !== undefined && next.rows < rows) return;
      const outer = pieces.filter(({ until }) => textOf(until) !== textOf(end));
      remember(claim.number, claim.cursor, [{ until: end, rows: Math.ceil(rows / 2) }, ...outer]);
    },
  };
}

/** Keys are compared as the texts that the server gave, and only for being the same. */
function textOf(key: readonly string[] | null): string {
  return JSON.stringify(key);
}
