/**
 * A case of the oracle as plain data: a schema for two databases, a plan for one of them, and what an application sends to both, by the
 * moment at which it does. Plain data, so that a failing case can be made smaller and printed.
 */

/** What an application sends: to the database with windows, and the same meant for the one without. */
export interface Statement {
  readonly beside: string;
  /** Null: nothing corresponds to it there, as to rows of the new side's own tables. */
  readonly alone: string | null;
  readonly form: string;
  /** A row that both sides of the way back may hold: it must be somewhere afterwards. */
  readonly held?: Held;
}

export interface Held {
  readonly mapping: string;
  readonly key: readonly string[];
}

export type Isolation = 'READ COMMITTED' | 'REPEATABLE READ' | 'SERIALIZABLE';

/** One transaction; without BEGIN where it is one statement in READ COMMITTED. */
export interface Unit {
  readonly statements: readonly Statement[];
  readonly isolation: Isolation;
  readonly end: 'COMMIT' | 'ROLLBACK';
  /** It takes its snapshot at the moment before, or stays open over what the run does next. */
  readonly span: 'now' | 'early snapshot' | 'late commit';
  readonly side: 'old' | 'new' | 'others';
}

/** When: `before`, `after`, or what the run tells: `operation STEP N` (the Nth that begins), `fill STEP N`
 * (the Nth fill), `batch STEP N` (behind the Nth); on the way back `back operation N`.
 */
export interface Moment {
  readonly at: string;
  readonly units: readonly Unit[];
}

/** A mapping by hand, for SQL that knows nothing of `src`. */
export interface HandMapping {
  readonly id: string;
  readonly source: string;
  readonly target: string;
  readonly where: string | null;
  readonly targetWhere: string | null;
  /** Of the target, with the same over the source; keys are told by their type's equality. */
  readonly key: readonly (readonly [target: string, source: string])[];
  readonly values: readonly (readonly [target: string, source: string])[];
}

/** A table of others that refers to a target: its rows stay, and follow. */
export interface Hanger {
  readonly table: string;
  readonly mapping: string;
  /** Its columns, in the order of the mapping's key. */
  readonly columns: readonly string[];
  /** ON UPDATE SET NULL: a key change lets go of it. */
  readonly mayBeNull: boolean;
}

/** A column that `convert_uuid` converts, by hand. */
export interface HandReference {
  readonly table: string;
  readonly columns: readonly string[];
  readonly parent: string;
  readonly parentColumns: readonly string[];
}

export interface Compared {
  readonly table: string;
  /** Columns by the names that the application knows. */
  readonly columns: readonly string[];
  /** Only triggers write these: they say how often a row was written, which a write through the other side need not repeat. */
  readonly counted: readonly string[];
  /** Converted: after the cutover old code calls it `…_legacy`. */
  readonly converted: readonly string[];
  /** All of it is what triggers note down. */
  readonly log: boolean;
}

export type Life = 'back' | 'close' | 'flip and back' | 'flip and close' | 'no window';

export interface OracleCase {
  readonly seed: number;
  readonly major: number;
  readonly life: Life;
  readonly kind: string;
  readonly record: boolean;
  readonly both: boolean;
  readonly schema: readonly string[];
  readonly plan: {
    readonly name: string;
    readonly defaults: Readonly<Record<string, unknown>>;
    readonly mappings?: Readonly<Record<string, unknown>>;
    readonly steps: readonly Readonly<Record<string, unknown>>[];
  };
  readonly moments: readonly Moment[];
  readonly compared: readonly Compared[];
  readonly mappings: readonly HandMapping[];
  readonly hangers: readonly Hanger[];
  readonly references: readonly HandReference[];
  /** What old code calls `…_legacy` behind a cutover. */
  readonly converted: readonly string[];
  /** Sent behind the close, to the new side: it must not meet what was copied. */
  readonly probes: readonly string[];
  /** As whom the application works; null: as whoever runs the plan. */
  readonly role: string | null;
  readonly shapes: readonly string[];
}
