/** What a contract of journals needs of whoever implements one, and the runs that it plays on it. */
import type { BatchRecord, Journal, NewRange, RangeClaim, RunHandle } from '../../src/executor/journal.js';
import type { Database, Session } from '../../src/executor/session.js';

export interface JournalWorld {
  readonly database: Database;
  readonly journal: Journal;
  /** A run of a plan of its own with these operations, which nobody executes. */
  begin(session: Session, ...operations: readonly string[]): Promise<RunHandle>;
  takeOver(session: Session, run: RunHandle): Promise<RunHandle>;
  /** By one and the same person. */
  approve(session: Session, run: RunHandle, operation: string): Promise<boolean>;
  /** `[operation, from, to]`, as committed. */
  moves(run: RunHandle): Promise<readonly unknown[]>;
  /** All that is committed of the run, with its versions where there are such. */
  written(run: RunHandle): Promise<readonly unknown[]>;
  /** As if its operations had left `pending` so much earlier. */
  pass(run: RunHandle, ms: number): Promise<void>;
  /** How many sessions wait for a lock. */
  waiting(): Promise<number>;
  /** Lets whatever can go on go on. */
  pause(): Promise<void>;
}

export async function untilWaiting(world: JournalWorld): Promise<void> {
  for (let looks = 0; looks < 500; looks++) {
    if ((await world.waiting()) === 1) return;
    await world.pause();
  }
  throw new Error('nobody waits for a lock');
}

/** Up to 10, up to 20, … */
export function rangesOf(count: number): readonly NewRange[] {
  return Array.from({ length: count }, (_, index) => ({
    lower: index === 0 ? null : [String(index * 10)],
    upper: [String((index + 1) * 10)],
  }));
}

/** To the end of the claimed range. */
export function wholeRange(claim: RangeClaim, read = 10): BatchRecord {
  const counts = { read, changed: read, skipped: 0, kept: 0, findings: [], problem: null };
  return { cursor: claim.upper, done: true, counts, durationMs: 1, provenance: false };
}

export async function inTransaction<T>(session: Session, work: () => Promise<T>): Promise<T> {
  await session.query('BEGIN');
  try {
    const result = await work();
    await session.query('COMMIT');
    return result;
  } catch (error) {
    await session.query('ROLLBACK');
    throw error;
  }
}
