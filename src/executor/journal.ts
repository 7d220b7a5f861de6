/**
 * The journal as the executor needs it: what was done, in the database whose rows it did it to. `postgres/journal`
 * implements it. Every write names the run's epoch; where a takeover has raised it, the write finds nothing and rejects
 * with a FencedError. Methods that take a session take part in that session's transaction.
 */
import type { Blocker } from './blocker.js';
import type { CheckAnswer } from '../operation/check-query.js';
import type { ApprovalStanding, ApproverRule } from '../operation/approvers.js';
import type { AskedCheck, GateCondition } from '../operation/gate.js';
import type { AsideRow, BatchCounts, OperationId } from '../operation/operation.js';
import type { Counts } from './run-types.js';
import type { Session } from './session.js';

export interface Journal {
  operations(session: Session, run: RunHandle): Promise<readonly OperationRecord[]>;
  /** The operation's state, read under its row's lock: waits for a transaction of ours that may still be committing. */
  lockedState(session: Session, run: RunHandle, id: OperationId): Promise<OperationState>;
  /**
   * Moves an operation to another state, with its event, in the caller's transaction. Where it is in that state already,
   * only the outcome is kept and no event is written.
   */
  moveOperation(
    session: Session,
    run: RunHandle,
    id: OperationId,
    to: OperationState,
    outcome?: OperationOutcome,
  ): Promise<void>;
  /** Idempotent: where ranges were made before, they stay. */
  createRanges(session: Session, run: RunHandle, id: OperationId, ranges: readonly NewRange[]): Promise<void>;
  /** Notes the files of tables whose rows are going to be told by who wrote them; what was noted before stays. */
  noteFiles(session: Session, run: RunHandle, id: OperationId, relations: readonly string[]): Promise<void>;
  /**
   * Locks and returns the first range that is not done and that nobody holds, or the one with this number; null where there
   * is none to be had now.
   */
  claimRange(session: Session, run: RunHandle, id: OperationId, number?: number): Promise<RangeClaim | null>;
  /** How many ranges are not done, claimed or not. Zero, and only zero, means that the walk has ended. */
  unfinishedRanges(session: Session, run: RunHandle, id: OperationId): Promise<number>;
  /** The checkpoint: in the transaction of the rows. */
  checkpoint(session: Session, run: RunHandle, claim: RangeClaim, batch: BatchRecord): Promise<void>;
  /** How many rows of the operation stand aside. Exact only under the operation's lock (`lockedState`). */
  standingAside(session: Session, run: RunHandle, id: OperationId): Promise<number>;
  /** Records the row and moves the range's cursor past it: in the transaction that claimed the range. */
  setAside(session: Session, run: RunHandle, claim: RangeClaim, row: PoisonRow): Promise<void>;
  /** Records rows that a batch itself has passed over, in its transaction; those that stand aside already stay as they are. Returns how many it recorded. */
  setAsideAlso(session: Session, run: RunHandle, claim: RangeClaim, rows: readonly AsideRow[]): Promise<number>;
  counts(session: Session, run: RunHandle, id: OperationId): Promise<Counts>;
  /** Each with whether it counts for the group, by the roles that its user has now. */
  approvals(
    session: Session,
    run: RunHandle,
    id: OperationId,
    group: string,
    rule?: ApproverRule,
  ): Promise<readonly Approval[]>;
  /** Milliseconds since the operation first left `pending`, by the database's clock. */
  waitedMs(session: Session, run: RunHandle, id: OperationId): Promise<number>;
  /**
   * Keeps the definitions of what has these keys, and of what hangs on it, as they are now: in the transaction that
   * completes the operation, which may have changed them.
   */
  recordDefinitions(session: Session, run: RunHandle, id: OperationId, keys: readonly string[]): Promise<void>;
  /** The throttle has begun to hold the run back, or has ended it; in the trail of the run. */
  recordHold(session: Session, run: RunHandle, hold: HoldRecord): Promise<void>;
}

export interface HoldRecord {
  readonly reason: string;
  /** Null: it begins. */
  readonly heldMs: number | null;
}

export interface RunHandle {
  /** bigint as text. */
  readonly id: string;
  readonly epoch: number;
}

/** A takeover has raised the run's epoch: this executor must stop, and nothing of its last transaction may stay. */
export class FencedError extends Error {
  override readonly name = 'FencedError';
  constructor() {
    super('another executor has taken over this run');
  }
}

/**
 * States of an operation. `asked-for` and `reached` are different states wherever a crash may fall between them.
 *
 *   pending  → running   its turn has come
 *   pending  → skipped   a condition that it waits for did not hold
 *   pending  → waiting   a gate was reached; before it is asked whether it opens
 *   waiting  → done      the gate opened
 *   waiting  → failed    one of its checks could not be asked
 *   running  → done      committed together with its effect, or observed in the catalog
 *   running  → blocked   others did not let go of a lock in all its attempts; nothing of it stays
 *   running  → failed    its own error, or a violation; durable: going on tries it again and never steps over it
 *   running  → in doubt  outside a transaction, and the answer never came
 *   failed   → running   going on
 *   failed   → waiting   going on, of a gate
 *   blocked  → running   going on
 *   in doubt → running   the operator said that it must run again
 *   in doubt → done      the operator said that it has run
 *
 * What the catalog can tell (an observation) needs no operator: going on asks it, and moves from `running`, `in doubt`.
 */
export type OperationState = 'pending' | 'running' | 'waiting' | 'done' | 'skipped' | 'blocked' | 'failed' | 'in doubt';

export interface OperationRecord {
  readonly id: OperationId;
  readonly state: OperationState;
  readonly outcome: OperationOutcome | null;
}

export interface OperationOutcome {
  readonly counts?: Counts;
  readonly answer?: CheckAnswer;
  readonly reason?: string;
  readonly error?: RecordedError;
  /** Of a blocked operation: who held the locks while its last attempt waited, as far as the server said. */
  readonly blockers?: readonly Blocker[];
  /** Of a gate that waits: what is not there. Versions that knew no other conditions kept only the reason. */
  readonly missing?: readonly GateCondition[];
  /** Of a gate: what its checks answered when they were last asked. */
  readonly until?: readonly AskedCheck[];
}

/** An error as the journal keeps it: never a password, never a stack. */
export interface RecordedError {
  readonly code: string;
  readonly message: string;
  readonly detail?: string;
  readonly sqlstate?: string;
  /** Of the row in question, by column, as text. */
  readonly key?: Readonly<Record<string, string>>;
  /** The rows in question. */
  readonly rows?: readonly Readonly<Record<string, unknown>>[];
  /** Of one row alone. */
  readonly record?: ErrorRecord;
}

export interface NewRange {
  /** Null: from the beginning. Exclusive. */
  readonly lower: readonly string[] | null;
  /** Inclusive. */
  readonly upper: readonly string[];
}

export interface RangeClaim {
  readonly operation: OperationId;
  readonly number: number;
  /** The last key that is done, or the range's lower bound, or null at the very beginning. */
  readonly cursor: readonly string[] | null;
  readonly upper: readonly string[];
}

export interface BatchRecord {
  readonly cursor: readonly string[];
  readonly done: boolean;
  readonly counts: BatchCounts;
  readonly durationMs: number;
  /** Keep the transaction's id, so that a way back can tell our rows from others'. */
  readonly provenance: boolean;
  /** Of the rows that were read, how many stand aside; default 0. */
  readonly quarantined?: number;
}

/** A row that the operation's statement refuses, and why. */
export interface PoisonRow {
  readonly key: readonly string[];
  /** As the walked relation has it, long values cut; null where even reading it fails. */
  readonly row: Readonly<Record<string, unknown>> | null;
  /** Null where the server took it, and the counts of a replay did not add up. */
  readonly sqlstate: string | null;
  readonly message: string;
  readonly detail: string | null;
}

/** Whatever it was that failed on a row: the same four everywhere. */
export interface ErrorRecord {
  /** Qualified and quoted. */
  readonly table: string;
  /** Its key in that table, as text. */
  readonly id: string;
  readonly error: string;
  /** By the database's clock. */
  readonly timestamp: string;
}

/** A row that stands aside, with its latest error. */
export interface QuarantinedRow extends Omit<PoisonRow, 'message'>, ErrorRecord {
  readonly number: number;
  readonly operation: OperationId;
  /** Number of the range that it was met in; 0: by nobody's walk. */
  readonly range: number;
}

export function idOf(key: readonly string[]): string {
  return key.join(', ');
}

export interface Approval extends ApprovalStanding {
  readonly by: string;
  readonly at: string;
}
