/**
 * What the clients meant to write and what they were told, in the memory of the test: nothing in it comes from the database
 * under test but what a client had read before it wrote.
 */
import type { Key } from './ledger-tables.js';

/** `intended`: the client has not been told yet. `unknown`: COMMIT was sent and its answer never came. */
export type Fate = 'intended' | 'acknowledged' | 'failed' | 'unknown';

export type Effect =
  /** Adds; in whatever order. */
  | { readonly type: 'add'; readonly key: string; readonly field: 'balance' | 'n'; readonly by: number }
  /** What it found, and has replaced or deleted: no two writes may do that to the same. */
  | { readonly type: 'end'; readonly of: 'row' | 'claim'; readonly version: string }
  /** What it has put there. */
  | { readonly type: 'begin'; readonly of: 'row' | 'claim'; readonly version: string; readonly says: string };

export interface Write {
  /** Of its entry. */
  readonly id: number;
  readonly client: string;
  readonly what: string;
  readonly effects: Effect[];
  fate: Fate;
}

export class LedgerLog {
  readonly writes: Write[] = [];
  /** Answers that were 40001 or 40P01, by SQLSTATE. */
  readonly conflicts = new Map<string, number>();
  /** A handle or a key that somebody else has. */
  taken = 0;
  /** Some of the clients write the new side, or did. */
  mixed = false;
  /** Writes to the new side that the old shape cannot say. */
  refused = 0;
  /** Whatever no client should ever be told. */
  readonly errors: string[] = [];
  hot = 0;
  keys = 0;

  intend(client: string, what: string): Write {
    const write: Write = { id: this.writes.length + 1, client, what, effects: [], fate: 'intended' };
    this.writes.push(write);
    return write;
  }

  conflict(sqlstate: string): void {
    this.conflicts.set(sqlstate, (this.conflicts.get(sqlstate) ?? 0) + 1);
  }

  /** Ids of what was acknowledged so far. */
  acknowledged(): ReadonlySet<number> {
    return new Set(this.writes.filter(({ fate }) => fate === 'acknowledged').map(({ id }) => id));
  }

  count(fate: Fate): number {
    return this.writes.reduce((sum, write) => sum + (write.fate === fate ? 1 : 0), 0);
  }
}

export function keyText({ branch, id }: Key): string {
  return `${branch}/${id}`;
}

export function rowSays(key: Key, kind: string, word: string): string {
  return `${keyText(key)} ${kind}: ${word}`;
}

export function claimSays(key: Key, handle: string): string {
  return `${keyText(key)} has ${handle}`;
}
