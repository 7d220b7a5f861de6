/**
 * The journal's tables as Kysely sees them. Owns the types only: what a table is for, and its constraints, stand in
 * `migrations`. bigint and xid8 arrive as text; arrays leave as JSON (`keyJson`), because the session returns an array as
 * the server's text; times leave as ISO text (`isoText`), whatever the session's time zone. Long, because it lists every column.
 */
import type { ColumnType, Generated } from 'kysely';

import type { OperationOutcome, OperationState } from '../../executor/journal.js';
import type { WindowState } from '../../windows/window-state.js';
import type { EventName } from './event-name.js';
import type { Asked, RunStatus } from './run-status.js';

export interface JournalTables {
  readonly 'lockstep.migration': MigrationTable;
  readonly 'lockstep.run': RunTable;
  readonly 'lockstep.operation': OperationTable;
  readonly 'lockstep.range': RangeTable;
  readonly 'lockstep.batch': BatchTable;
  readonly 'lockstep.already_there': AlreadyThereTable;
  readonly 'lockstep.before_image': BeforeImageTable;
  readonly 'lockstep.finding': FindingTable;
  readonly 'lockstep.quarantined': QuarantinedTable;
  readonly 'lockstep.approval': ApprovalTable;
  readonly 'lockstep.definitions': DefinitionsTable;
  readonly 'lockstep.event': EventTable;
  readonly 'lockstep.file_node': FileNodeTable;
  readonly 'lockstep.window': WindowTable;
  readonly 'lockstep.window_move': WindowMoveTable;
  readonly 'lockstep.tombstone': TombstoneTable;
  readonly 'lockstep.mirror_failure': MirrorFailureTable;
  readonly 'lockstep.old_writer': OldWriterTable;
}

/** Written by the server's defaults, read as ISO text. */
type ServerTime = ColumnType<string, never, never>;
type NullableTime = ColumnType<string | null, string | null, string | null>;
/** Written as text with a cast. */
type JsonColumn<T> = ColumnType<T, string, string>;
type ReadOnlyJson<T> = ColumnType<T, never, never>;
type NullableJson<T> = ColumnType<T | null, string | null, string | null>;
/** `text[]`: read through `keyJson` only, so that nobody gets the server's `{…}`. */
type Key = ColumnType<never, readonly string[], readonly string[]>;
type NullableKey = ColumnType<never, readonly string[] | null, readonly string[] | null>;

interface MigrationTable {
  readonly number: number;
  readonly name: string;
  readonly applied_at: ServerTime;
  readonly by_user: Generated<string>;
}

interface RunTable {
  readonly id: Generated<string>;
  readonly plan: string;
  readonly ordinal: number;
  readonly status: RunStatus;
  readonly source_digest: string;
  readonly graph_digest: string;
  readonly graph: string;
  readonly rollback_graph: string | null;
  readonly rollback_digest: string | null;
  readonly params: JsonColumn<Readonly<Record<string, unknown>>>;
  readonly epoch: Generated<number>;
  readonly fingerprint_before: string;
  readonly executor: string;
  readonly created_at: ServerTime;
  readonly finished_at: NullableTime;
  readonly created_by: Generated<string>;
  readonly asked: ColumnType<Asked | null, never, Asked | null>;
}

interface OperationTable {
  readonly run_id: string;
  readonly id: string;
  readonly ordinal: number;
  readonly state: OperationState;
  readonly epoch: number;
  readonly outcome: NullableJson<OperationOutcome>;
  readonly attempts: Generated<number>;
  readonly first_left_pending_at: NullableTime;
  readonly started_at: NullableTime;
  readonly finished_at: NullableTime;
}

interface RangeTable {
  readonly run_id: string;
  readonly operation_id: string;
  readonly number: number;
  readonly epoch: number;
  readonly lower: NullableKey;
  readonly upper: Key;
  readonly cursor: NullableKey;
  readonly done: Generated<boolean>;
  readonly rows_read: Generated<string>;
  readonly rows_changed: Generated<string>;
  readonly rows_skipped: Generated<string>;
  readonly rows_kept: Generated<string>;
  readonly rows_quarantined: Generated<string>;
  readonly batches: Generated<number>;
}

interface BatchTable {
  readonly run_id: string;
  readonly operation_id: string;
  readonly range_number: number;
  readonly number: number;
  readonly xid: string | null;
  readonly rows: number;
  readonly duration_ms: number;
  readonly began_at: ServerTime;
  readonly checkpointed_at: ServerTime;
  readonly pid: Generated<number>;
}

interface AlreadyThereTable {
  readonly run_id: string;
  readonly operation_id: string;
  readonly key: Key;
}

interface BeforeImageTable {
  readonly run_id: string;
  readonly operation_id: string;
  readonly id: Generated<string>;
  readonly key: Key;
  readonly before: Key;
  readonly after: Key;
}

interface FindingTable {
  readonly run_id: string;
  readonly operation_id: string;
  readonly id: Generated<string>;
  readonly what: string;
  readonly detail: JsonColumn<Readonly<Record<string, unknown>>>;
  readonly at: ServerTime;
}

interface QuarantinedTable {
  readonly run_id: string;
  readonly operation_id: string;
  readonly id: Generated<number>;
  readonly range_number: number;
  readonly key: Key;
  readonly row: NullableJson<Readonly<Record<string, unknown>>>;
  readonly sqlstate: string | null;
  readonly message: string;
  readonly detail: string | null;
  readonly at: ColumnType<string, never, string>;
  readonly replayed_at: NullableTime;
  readonly replayed_by: string | null;
}

interface ApprovalTable {
  readonly run_id: string;
  readonly operation_id: string;
  readonly by_user: Generated<string>;
  readonly at: ServerTime;
  readonly comment: string | null;
  readonly graph_digest: string | null;
}

interface DefinitionsTable {
  readonly id: Generated<string>;
  readonly run_id: string;
  readonly operation_id: string | null;
  readonly keys: JsonColumn<readonly string[]>;
  readonly definitions: string;
}

interface EventTable {
  readonly id: Generated<string>;
  readonly run_id: string;
  readonly at: ServerTime;
  readonly event: EventName;
  readonly operation_id: string | null;
  readonly from_state: string | null;
  readonly to_state: string | null;
  readonly details: NullableJson<Readonly<Record<string, unknown>>>;
  readonly by_user: Generated<string>;
  readonly before: NullableJson<Readonly<Record<string, string>>>;
}

interface FileNodeTable {
  readonly run_id: string;
  readonly operation_id: string;
  /** oid as text. */
  readonly relation: string;
  readonly name: string;
  readonly file_node: string;
  readonly server: string;
  readonly at: ServerTime;
}

/** Written by the statements of the graph, with what they mean; here it is only read. */
interface WindowTable {
  readonly run_id: string;
  readonly step: string;
  readonly name: string;
  readonly direction: 'forward' | 'both';
  readonly state: WindowState;
  readonly sides: ReadOnlyJson<readonly WindowSides[]>;
  readonly opened_at: ServerTime;
  readonly moved_at: ServerTime;
}

interface WindowMoveTable {
  readonly id: Generated<string>;
  readonly window_run_id: string;
  readonly step: string;
  readonly to_state: WindowState;
  readonly at: ServerTime;
  readonly by_run_id: string;
}

export interface WindowSides {
  readonly mapping: string;
  readonly from: string;
  readonly to: string;
}

interface TombstoneTable {
  readonly window_name: string;
  readonly mapping: string;
  readonly key: Key;
  readonly at: ServerTime;
}

interface MirrorFailureTable {
  readonly id: Generated<string>;
  readonly window_name: string;
  readonly mapping: string;
  readonly side: 'old' | 'new';
  readonly operation: string;
  readonly key_before: NullableKey;
  readonly key_after: NullableKey;
  readonly sqlstate: string;
  readonly message: string;
  readonly at: ServerTime;
  readonly by_user: string;
  readonly application: string;
  readonly accepted_at: NullableTime;
  readonly accepted_by: string | null;
}

interface OldWriterTable {
  readonly window_name: string;
  readonly mapping: string;
  readonly side: 'old' | 'new';
  readonly at: ServerTime;
  readonly by_user: string;
  readonly application: string;
}
