/**
 * What the planner knows of a database: plain data, read in one READ ONLY transaction. Owns the shape; reading it belongs
 * to `postgres`, looking things up with good messages to `lookup.ts`, changing it ahead of time to `effects.ts`.
 */
import type { TrustFacts } from './trust.js';

export interface CatalogSnapshot {
  readonly server: ServerFacts;
  readonly schemas: readonly string[];
  /** By `relationKey`: schema, a dot, name, each quoted where it has to be. */
  readonly relations: Readonly<Record<string, Relation>>;
  /** Non-system functions and procedures, by identity: `schema.name(argument types)`. */
  readonly functions: Readonly<Record<string, FunctionFacts>>;
  /** Enums, domains, composite types; by `relationKey`. */
  readonly types: readonly string[];
  readonly extensions: readonly string[];
  /**
   * How to make things again, by `objectKey`: everything in the users' schemas that a DDL can drop or replace, without what
   * belongs to an extension. Columns, and kinds that `OBJECT_KINDS` does not list, are here only where something is said
   * about them; the latter under the identity that the server prints.
   */
  readonly objects: Readonly<Record<string, ObjectFacts>>;
  /** Absent: the current user is no superuser, and nobody has a say who is not trusted. */
  readonly trust?: TrustFacts;
}

export interface ServerFacts {
  /** `server_version_num`, for example 180004. */
  readonly versionNum: number;
  readonly version: string;
  readonly database: string;
  readonly user: string;
  /** `pg_is_in_recovery()`. */
  readonly standby: boolean;
  /** Milliseconds. */
  readonly deadlockTimeoutMs: number;
  /** A publication FOR ALL TABLES exists: the journal itself would be replicated. */
  readonly publishesAllTables: boolean;
  /** The current user may set `session_replication_role`: a superuser, or somebody who was granted it. */
  readonly maySuppressTriggers: boolean;
  /** No policy holds for the role, whether it owns the table or not: a superuser, or one with BYPASSRLS. */
  readonly bypassesRowSecurity?: boolean;
}

export interface RelationName {
  readonly schema: string;
  readonly name: string;
}

export type RelationKind = 'table' | 'partitioned table' | 'view' | 'materialized view' | 'foreign table' | 'sequence';

export interface Relation extends RelationName {
  /** Below 0 for a relation that a step will have made. Known by it whatever it is renamed to. */
  readonly oid: number;
  readonly kind: RelationKind;
  readonly persistence: 'permanent' | 'unlogged' | 'temporary';
  readonly owner: string;
  readonly columns: readonly Column[];
  readonly indexes: readonly Index[];
  readonly constraints: readonly Constraint[];
  /** User triggers only: no internal ones. */
  readonly triggers: readonly Trigger[];
  /** Publications that send every column of it, or of a part of it; absent: none does. */
  readonly publications?: readonly string[];
  /** Names of the open windows that keep it in step, whichever side it is; absent: none does. */
  readonly windows?: readonly string[];
  /** Partition or inheritance parent; the first one where a table inherits from several. */
  readonly parent?: RelationName;
  /** Is a partition of `parent`. */
  readonly partition: boolean;
  /** Of a partitioned table, by what it is cut: `RANGE (at)`, as the server prints it. */
  readonly partitionKey?: string;
  /** Has inheritance children that are not partitions. */
  readonly inherited: boolean;
  readonly rowSecurity: 'off' | 'on' | 'forced';
  /** `reltuples`, partitions summed; undefined where the table, or one of its partitions, was never analysed. */
  readonly estimatedRows?: number;
  /** `pg_relation_size`, bytes; partitions summed. */
  readonly bytes: number;
  /** What the current user may do, on the whole relation. `OWNER`: is, or is a member of, the owner. */
  readonly privileges: readonly Privilege[];
  /** Opaque: declared by a `creates`, its columns are not known before the step has run. */
  readonly opaque?: boolean;
}

export type Privilege = 'SELECT' | 'INSERT' | 'UPDATE' | 'DELETE' | 'TRUNCATE' | 'REFERENCES' | 'TRIGGER' | 'OWNER';

export interface Column {
  readonly name: string;
  /** As `format_type` prints it: `character varying(255)`, `timestamp with time zone`. */
  readonly type: string;
  /** Only where `type` is a domain: the type under it, through domains over domains. */
  readonly baseType?: string;
  /** Proved: server 18 marks a column before its NOT VALID constraint is validated; such a column counts as nullable. */
  readonly notNull: boolean;
  /** SQL text of the default, or of the generation expression. */
  readonly default?: string;
  readonly generated: 'no' | 'stored' | 'virtual';
  readonly identity: 'no' | 'always' | 'by default';
  /** Name of a collation that is not the type's default, quoted as SQL. */
  readonly collation?: string;
  /** False for a non-deterministic collation, under which different texts are equal. */
  readonly deterministicCollation: boolean;
  /** Publications that name the column, in their list of columns or in their condition; absent: none. */
  readonly published?: readonly string[];
  /** The step that will have added it, empty, and whose way back takes it away with all that it holds by then. */
  readonly goesWith?: string;
}

export interface Index {
  readonly name: string;
  readonly unique: boolean;
  readonly primary: boolean;
  readonly valid: boolean;
  /** `btree`, `hash`, … */
  readonly method: string;
  /** Key columns in order; an expression is null (and not undefined: effects travel as JSON). Without INCLUDE columns. */
  readonly keys: readonly (string | null)[];
  /** Beside `keys`: the collation, quoted as SQL, of a key that the index sorts under another one than its column's own. */
  readonly keyCollations: readonly (string | null)[];
  /** False where a key is sorted under a non-deterministic collation. */
  readonly deterministicCollation: boolean;
  /**
   * It can be scanned, forwards or backwards, in the order of a row comparison with `<`: default operator classes, all
   * keys in one direction.
   */
  readonly rowOrder: boolean;
  readonly partial: boolean;
  /** Deferrable: its constraint may be violated until COMMIT, so it cannot be walked or inferred. */
  readonly deferrable: boolean;
  readonly nullsNotDistinct: boolean;
  /** The index of a partitioned table that it is a part of: it goes with it. */
  readonly partOf?: RelationName;
  /** `pg_get_indexdef`. */
  readonly definition: string;
}

export interface Constraint {
  readonly name: string;
  readonly kind: 'primary key' | 'unique' | 'foreign key' | 'check' | 'exclusion' | 'not null';
  /** In the constraint's order; empty for a CHECK over no column. */
  readonly columns: readonly string[];
  readonly references?: { readonly table: RelationName; readonly columns: readonly string[] };
  readonly validated: boolean;
  readonly deferrable: boolean;
  /** Name of the foreign key of the table above a partition that this one is a part of: it goes with it. */
  readonly partOf?: string;
  /** `pg_get_constraintdef`. */
  readonly definition: string;
}

export interface Trigger {
  readonly name: string;
  /** `pg_get_triggerdef`. */
  readonly definition: string;
  readonly enabled: 'origin' | 'always' | 'replica' | 'disabled';
  /** Fires on these. */
  readonly events: readonly ('insert' | 'update' | 'delete' | 'truncate')[];
}

export interface FunctionFacts extends RelationName {
  readonly kind: 'function' | 'procedure' | 'aggregate';
  /** Types of its input arguments, as the server prints them: `integer, text[]`. */
  readonly arguments: string;
  readonly volatility: 'immutable' | 'stable' | 'volatile';
}

export interface ObjectFacts {
  /**
   * The SQL that makes it again, in its plain, blocking form, as the server prints it. Null where the server prints none
   * (a table, a column, an aggregate, a base type), where it could not become what it was (an invalid index), and where
   * an effect has made the text unknown.
   */
  readonly definition: string | null;
  /**
   * Statements, in order, that put back what hangs on it once it is made: owner, grants, state, comment, and the parts that
   * go with it, such as the indexes of a materialized view.
   */
  readonly dressing: readonly string[];
  readonly comment: string | null;
  /** Null: it has none of its own. */
  readonly owner: string | null;
  /** `relationKey` of the relation that it is a part of; a relation is a part of itself. Null: of none. */
  readonly partOf: string | null;
  /**
   * Keys of what cannot be there without it: of a view or a function only. What is no object of this list stands here by
   * another name.
   */
  readonly usedBy?: readonly string[];
  /** Something that a text mentioned has another name: nothing here says how to make it again, or what is granted on it. */
  readonly forgotten?: true;
  /** Since then its grants, its owner or its settings have changed; all that stands here is from before. */
  readonly altered?: true;
  /** Made by a step before, and not there before the run. */
  readonly made?: true;
}
