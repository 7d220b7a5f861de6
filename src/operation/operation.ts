/**
 * The closed vocabulary that every step kind is lowered to, and all that the planner, the executor, the journal and the
 * reports know. Frozen data, nothing but JSON: the same bytes are shown, digested, approved, stored and run.
 * Owns the shapes; making them belongs to `steps`, ordering them to `planner`, running them to `executor`.
 *
 * How later step kinds fit without a further member: docs/decisions/0002-five-operations.md.
 */
import type { DailyWindow } from '../kernel/daily-window.js';
import type { KeySource } from '../sql/key-range.js';
import type { LockMode } from '../sql/lock-mode.js';
import type { CheckQuery } from './check-query.js';
import type { Hazard } from './hazard.js';

export type Operation = StatementOperation | BatchOperation | CheckOperation | GateOperation;
export type OperationKind = Operation['kind'];

/** `step/phase/name`, stable from compilation to compilation. Conditions of the whole plan stand under `begin` and `end`. */
export type OperationId = string;

/**
 * Stands among `reads` where it cannot be known what is read: a view, a function of the database. No relation has this
 * key. What writes without saying what is a barrier instead.
 */
export const ANYTHING = '*';

interface OperationBase {
  readonly id: OperationId;
  /** Id of the step that it belongs to; empty for what belongs to the plan as a whole. */
  readonly step: string;
  /** What it does, for a person, in the imperative: "copy users into user_credentials". */
  readonly label: string;
  /** Keys of relations whose rows or shape it reads. */
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  readonly locks: readonly RelationLock[];
  /** Everything before it ends first, nothing after it starts earlier: also what shares no relation with it. */
  readonly barrier: boolean;
  /** Ids that must have ended, beyond what reads and writes say. */
  readonly after: readonly OperationId[];
  /** Ids of `check` operations with effect `skip`: where one of them found a violation, this is skipped. */
  readonly skipWhen: readonly OperationId[];
  readonly hazards: readonly Hazard[];
  readonly reversal: Reversal;
}

export interface RelationLock {
  readonly relation: string;
  readonly mode: LockMode;
}

export interface SqlText {
  readonly sql: string;
  readonly parameters: readonly (string | number | boolean | null)[];
}

/** One transaction of statements; or one statement outside any, where the server demands that. */
export interface StatementOperation extends OperationBase {
  readonly kind: 'statement';
  readonly transactional: boolean;
  /**
   * Without lock and statement timeout: a concurrent build or a validation, whose locks nobody who reads or writes waits
   * for. A timeout would only leave an invalid index behind.
   */
  readonly unlimited: boolean;
  /** Keys of tables that are locked lightly first, so that autovacuum gives way before a strong lock is asked for. */
  readonly lockFirst: readonly string[];
  /** Where they are not those of the plan: the longest wait of one attempt for its locks, and how many attempts. */
  readonly lockLimits?: { readonly lockTimeoutMs?: number; readonly attempts?: number };
  /** Worked off before its locks are asked for, so that little of it is left to be looked at under them. */
  readonly backlog?: readonly Backlog[];
  /** Checked first, in the same transaction: a violation rolls it back. */
  readonly assertions: readonly CheckQuery[];
  readonly statements: readonly SqlText[];
  /** Outside a transaction only: what the catalog says afterwards. Null: only a person can tell. */
  readonly observation: Observation | null;
  /** Of a unique index: what becomes of rows that stand in its way. */
  readonly onDuplicate?: OnDuplicate;
  /** Names or columns of what it writes are others behind it, and checks that were compiled before it mean what was. */
  readonly changesShape?: true;
}

/** What others go on writing down, that somebody must look at. */
export interface Backlog {
  /** Deletes a number of entries that it finds in order, and returns one row: how many (`settled`), and how many others are there (`rest`). */
  readonly settle: string;
  /** Returns one row: how many are there (`rest`). */
  readonly rest: string;
}

export interface OnDuplicate {
  readonly found: CheckQuery;
  /** One statement that makes the values anew; null: they are what they must be, and a person must look. */
  readonly mend: string | null;
}

/** How the catalog tells whether a statement outside a transaction has had its effect; each holds with no violation. */
export interface Observation {
  readonly reached: CheckQuery;
  /** What a killed attempt leaves, an invalid index: found where `absent` is violated, taken away before another try. */
  readonly leftover: { readonly absent: CheckQuery; readonly remove: string } | null;
}

/** A statement over key ranges, each batch in one transaction with its checkpoint. */
export interface BatchOperation extends OperationBase {
  readonly kind: 'batch';
  readonly walk: KeyWalk;
  readonly work: BatchWork;
  readonly pace: Pace;
  /** How many rows that are refused may stand aside at a time; 0: the first one stops the run. */
  readonly quarantine: number;
}

/** SQL, cut where the range's condition stands, whose bounds are the only parameters. */
export type BatchTemplate = readonly string[];

/** What is walked through, by a unique key whose columns are compared only in SQL. */
export interface KeyWalk extends KeySource {
  /** Name of the index that carries the key; shown, not used. */
  readonly index: string;
}

export interface BatchWork {
  /** How the rows are written, and why so: for whoever reads the plan. */
  readonly strategy: string;
  /**
   * Sent before the template, over the same range and in the same transaction, where the rows must be locked before it is
   * seen what hangs on them: a statement sees what was committed before it began, not while it waited for its locks.
   */
  readonly lock: BatchTemplate | null;
  /** The statement returns one row: see `BatchCounts`. */
  readonly template: BatchTemplate;
  /**
   * Sent instead of the template after a batch has met a row that was there already (a unique violation rolls the whole batch
   * back: what a savepoint holds would carry another transaction id than the batch's), until a batch meets none.
   */
  readonly onViolation: BatchTemplate | null;
  /** The relation whose key columns the condition names, as they stand in the template: a table name or an alias. */
  readonly rangeOf: string;
  /** The core of the template, free of the journal, for the server to check and estimate before anything runs. */
  readonly explain: string;
  /** Whether the transaction ids of the batches are needed later to tell our rows from others'. */
  readonly provenance: boolean;
  /** What `replay` sends for a row that stands aside, by the state of the step's window; absent: the template. */
  readonly replay?: Readonly<Record<string, ReplayWork>>;
  /** Absent: triggers on what is written fire. Suppressed, the template looks up the parents of foreign keys itself. */
  readonly userTriggers?: 'fire' | 'suppress';
}

export interface ReplayWork {
  readonly template: BatchTemplate;
  /** The key's columns by the names that they have then. */
  readonly key: KeyWalk['key'];
}

/** What a batch's statement returns, as columns. Counts are rows. */
export interface BatchCounts {
  readonly read: number;
  readonly changed: number;
  /** Already as wanted, or there before. */
  readonly skipped: number;
  /** Left alone because somebody else wrote them: reported. */
  readonly kept: number;
  /** At most ten rows a person should see: `{ what, key, … }`. */
  readonly findings: readonly Readonly<Record<string, unknown>>[];
  /** Not null: the batch must be rolled back. `retry` says whether another try may succeed. */
  readonly problem: BatchProblem | null;
  /** Rows that it has passed over and that stand aside from here on; absent where it never does so. */
  readonly aside?: readonly AsideRow[];
}

export interface AsideRow {
  /** In the order of the walk's columns. */
  readonly key: readonly string[];
  readonly row: Readonly<Record<string, unknown>>;
  readonly message: string;
}

export interface BatchProblem {
  readonly code:
    | 'rows_folded'
    | 'rows_left_out'
    | 'concurrent_insert'
    | 'target_differs'
    | 'parent_missing'
    | 'parent_not_converted'
    | 'mirror_silent';
  readonly retry: boolean;
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

export interface Pace {
  /** Rows of the first batch. */
  readonly rows: number;
  /** The time towards which the batch size is steered; null fixes the size. */
  readonly targetMs: number | null;
  readonly maxRows: number;
  /** Batches of this operation that may run at the same time. */
  readonly workers: number;
}

/** A query whose rows are violations. */
export interface CheckOperation extends OperationBase {
  readonly kind: 'check';
  readonly check: CheckQuery;
  /** What a violation means: the run stops; it is reported; what waits for this check is skipped. */
  readonly effect: 'fail' | 'warn' | 'skip';
  /** `turn`: asked again by each process that goes on, until the first that names it in `after` has ended. Absent: once is enough. */
  readonly lasts?: 'turn';
  /** A dry run asks it too, and says what it finds. */
  readonly foretold?: true;
}

/** Holds the run back until all is there that it names. Each turn of the run asks anew; once it has opened it stays open. */
export interface GateOperation extends OperationBase {
  readonly kind: 'gate';
  /** Group that must approve. */
  readonly approval: string | null;
  /** From the moment that the gate was first reached, by the database's clock. */
  readonly holdMs: number | null;
  /** What must hold; what is only a warning is reported. Absent where the plan says nothing, and in older graphs. */
  readonly until?: readonly CheckQuery[];
  /** When going on is allowed, by the database's clock. Absent where the plan says nothing, and in older graphs. */
  readonly quietHours?: DailyWindow;
}

/** The way back of one operation. Reversals are operations like any other, without a way back of their own. */
export type Reversal =
  | { readonly kind: 'operations'; readonly operations: readonly Operation[] }
  /** Nothing to take back: it changes nothing, or another operation's reversal covers it. */
  | { readonly kind: 'nothing'; readonly reason: string }
  | { readonly kind: 'irreversible'; readonly reason: string };

export const CHANGES_NOTHING = { kind: 'nothing', reason: 'it changes nothing' } as const satisfies Reversal;
export const IS_A_WAY_BACK: Reversal = { kind: 'nothing', reason: 'it is itself a way back' };
