/**
 * Reads what the planner knows of a database. Owns the shaping of rows into a catalog snapshot; the SQL stands in
 * `catalog-queries`, what a snapshot means in `catalog/catalog-snapshot`. Long, because each row's shape stands here too.
 */
import type {
  CatalogSnapshot,
  Column,
  Constraint,
  FunctionFacts,
  Index,
  Privilege,
  Relation,
  RelationKind,
  Trigger,
} from '../catalog/catalog-snapshot.js';
import type { TrustFacts } from '../catalog/trust.js';
import type { Session } from '../executor/session.js';
import { formatName, relationKey } from '../sql/identifier.js';
import * as queries from './catalog-queries.js';
import { withPinnedCatalog } from './pinned-catalog.js';
import { readObjects } from './read-objects.js';
import { TRUST } from './trust-query.js';

/**
 * The session must be in a transaction (READ ONLY will do). Table sizes are read from the files, which waits for ACCESS
 * EXCLUSIVE locks of others: give the transaction a lock_timeout. Rejects with the session's DatabaseError.
 */
export function readCatalog(session: Session): Promise<CatalogSnapshot> {
  return withPinnedCatalog(session, async () => {
    const facts = (await session.query<ServerRow>(queries.SERVER_FACTS)).rows[0]!;
    const types = await session.query<{ schema: string; name: string }>(queries.TYPES);
    const relations = await session.query<RelationRow>(queries.RELATIONS);
    const columnRows = (await session.query<ColumnRow & OfRelation>(queries.COLUMNS)).rows;
    const columns = byRelation(columnRows, toColumn);
    const names = new Map(columnRows.map((row) => [`${row.relation}/${row.attnum}`, row.name]));
    const indexes = byRelation((await session.query<IndexRow & OfRelation>(queries.INDEXES)).rows, toIndex);
    const constraints = byRelation((await session.query<ConstraintRow & OfRelation>(queries.CONSTRAINTS)).rows, (row) =>
      toConstraint(row, names),
    );
    const triggers = byRelation((await session.query<TriggerRow & OfRelation>(queries.TRIGGERS)).rows, toTrigger);
    const windows = byRelation(
      (await session.query<{ readonly name: string } & OfRelation>(queries.OPEN_WINDOWS)).rows,
      ({ name }) => name,
    );
    const functions = await session.query<FunctionRow>(queries.FUNCTIONS);
    const trust = (await session.query<TrustFacts>(TRUST)).rows[0]!;
    return {
      server: {
        versionNum: facts.version_num,
        version: facts.version,
        database: facts.database,
        user: facts.user,
        standby: facts.standby,
        deadlockTimeoutMs: facts.deadlock_timeout_ms,
        publishesAllTables: facts.publishes_all_tables,
        maySuppressTriggers: facts.may_suppress_triggers,
        bypassesRowSecurity: facts.bypasses_row_security,
      },
      schemas: facts.schemas,
      relations: Object.fromEntries(
        relations.rows.map((row): [string, Relation] => [
          relationKey(row),
          {
            ...toRelation(row),
            columns: columns.get(row.oid) ?? [],
            indexes: indexes.get(row.oid) ?? [],
            constraints: constraints.get(row.oid) ?? [],
            triggers: triggers.get(row.oid) ?? [],
            ...(windows.has(row.oid) && { windows: windows.get(row.oid)! }),
          },
        ]),
      ),
      functions: Object.fromEntries(
        functions.rows.map((row): [string, FunctionFacts] => [
          `${formatName(row)}(${row.arguments})`,
          { ...row, volatility: VOLATILITIES[row.volatility] },
        ]),
      ),
      types: types.rows.map(relationKey),
      extensions: facts.extensions,
      objects: await readObjects(session),
      ...((trust.superuser || trust.strangers.length > 0) && { trust }),
    };
  });
}

interface ServerRow {
  readonly version_num: number;
  readonly version: string;
  readonly database: string;
  readonly user: string;
  readonly standby: boolean;
  readonly deadlock_timeout_ms: number;
  readonly publishes_all_tables: boolean;
  readonly may_suppress_triggers: boolean;
  readonly bypasses_row_security: boolean;
  readonly schemas: readonly string[];
  readonly extensions: readonly string[];
}

interface RelationRow {
  readonly oid: string;
  readonly schema: string;
  readonly name: string;
  readonly kind: keyof typeof KINDS;
  readonly persistence: keyof typeof PERSISTENCES;
  readonly owner: string;
  readonly parent_schema: string | null;
  readonly parent_name: string | null;
  readonly partition: boolean;
  readonly partition_key: string | null;
  readonly inherited: boolean;
  readonly row_security: Relation['rowSecurity'];
  readonly estimated_rows: string | null;
  readonly bytes: string;
  readonly privileges: readonly Privilege[];
  readonly owns: boolean;
  readonly publications: readonly string[] | null;
}

interface ColumnRow {
  readonly attnum: number;
  readonly name: string;
  readonly type: string;
  readonly base_type: string | null;
  readonly not_null: boolean;
  readonly default: string | null;
  readonly generated: keyof typeof GENERATED;
  readonly identity: keyof typeof IDENTITIES;
  readonly collation: string | null;
  readonly deterministic_collation: boolean;
  readonly published: readonly string[] | null;
}

interface IndexRow {
  readonly name: string;
  readonly unique: boolean;
  readonly primary: boolean;
  readonly valid: boolean;
  readonly method: string;
  readonly partial: boolean;
  readonly deferrable: boolean;
  readonly nulls_not_distinct: boolean;
  readonly whole_schema: string | null;
  readonly whole_name: string | null;
  readonly definition: string;
  readonly keys: readonly (string | null)[];
  readonly key_collations: readonly (string | null)[];
  readonly deterministic_collation: boolean;
  readonly row_order: boolean;
}

interface ConstraintRow {
  readonly name: string;
  readonly kind: keyof typeof CONSTRAINT_KINDS;
  readonly validated: boolean;
  readonly deferrable: boolean;
  readonly definition: string;
  readonly part_of: string | null;
  readonly foreign_schema: string | null;
  readonly foreign_name: string | null;
  readonly attnums: readonly number[];
  readonly foreign_relation: string | null;
  readonly foreign_attnums: readonly number[];
}

interface TriggerRow {
  readonly name: string;
  readonly definition: string;
  readonly enabled: keyof typeof ENABLED;
  readonly events: Trigger['events'];
}

interface FunctionRow {
  readonly schema: string;
  readonly name: string;
  readonly arguments: string;
  readonly volatility: keyof typeof VOLATILITIES;
  readonly kind: FunctionFacts['kind'];
}

const KINDS = {
  r: 'table',
  p: 'partitioned table',
  v: 'view',
  m: 'materialized view',
  f: 'foreign table',
  S: 'sequence',
} as const satisfies Record<string, RelationKind>;
const PERSISTENCES = { p: 'permanent', u: 'unlogged', t: 'temporary' } as const;
const GENERATED = { '': 'no', s: 'stored', v: 'virtual' } as const;
const IDENTITIES = { '': 'no', a: 'always', d: 'by default' } as const;
const CONSTRAINT_KINDS = {
  p: 'primary key',
  u: 'unique',
  f: 'foreign key',
  c: 'check',
  x: 'exclusion',
  n: 'not null',
} as const;
const ENABLED = { O: 'origin', A: 'always', R: 'replica', D: 'disabled' } as const;
const VOLATILITIES = { i: 'immutable', s: 'stable', v: 'volatile' } as const;

/** The relation's oid, as text. */
interface OfRelation {
  readonly relation: string;
}

function byRelation<Row extends OfRelation, T>(
  rows: readonly Row[],
  shape: (row: Row) => T,
): ReadonlyMap<string, readonly T[]> {
  const found = new Map<string, T[]>();
  for (const row of rows) {
    const list = found.get(row.relation);
    if (list === undefined) found.set(row.relation, [shape(row)]);
    else list.push(shape(row));
  }
  return found;
}

function toRelation(row: RelationRow): Omit<Relation, 'columns' | 'indexes' | 'constraints' | 'triggers'> {
  return {
    schema: row.schema,
    name: row.name,
    oid: Number(row.oid),
    kind: KINDS[row.kind],
    persistence: PERSISTENCES[row.persistence],
    owner: row.owner,
    ...(row.parent_name !== null && { parent: { schema: row.parent_schema!, name: row.parent_name } }),
    partition: row.partition,
    ...(row.partition_key !== null && { partitionKey: row.partition_key }),
    inherited: row.inherited,
    rowSecurity: row.row_security,
    ...(row.estimated_rows !== null && { estimatedRows: Number(row.estimated_rows) }),
    bytes: Number(row.bytes),
    privileges: row.owns ? [...row.privileges, 'OWNER'] : row.privileges,
    ...(row.publications !== null && /^[rp]$/.test(row.kind) && { publications: row.publications }),
  };
}

function toColumn(row: ColumnRow): Column {
  return {
    name: row.name,
    type: row.type,
    ...(row.base_type !== null && { baseType: row.base_type }),
    notNull: row.not_null,
    ...(row.default !== null && { default: row.default }),
    generated: GENERATED[row.generated],
    identity: IDENTITIES[row.identity],
    ...(row.collation !== null && { collation: row.collation }),
    deterministicCollation: row.deterministic_collation,
    ...(row.published !== null && { published: row.published }),
  };
}

function toIndex(row: IndexRow): Index {
  return {
    name: row.name,
    unique: row.unique,
    primary: row.primary,
    valid: row.valid,
    method: row.method,
    keys: row.keys,
    keyCollations: row.key_collations,
    deterministicCollation: row.deterministic_collation,
    rowOrder: row.row_order,
    partial: row.partial,
    deferrable: row.deferrable,
    nullsNotDistinct: row.nulls_not_distinct,
    ...(row.whole_name !== null && { partOf: { schema: row.whole_schema!, name: row.whole_name } }),
    definition: row.definition,
  };
}

/** `names`: column names by the oid of the relation, a slash, and the attribute's number. */
function toConstraint(row: ConstraintRow & OfRelation, names: ReadonlyMap<string, string>): Constraint {
  const namesOf = (relation: string | null, attnums: readonly number[]): readonly string[] =>
    attnums.map((attnum) => names.get(`${relation}/${attnum}`)).filter((name) => name !== undefined);
  return {
    name: row.name,
    kind: CONSTRAINT_KINDS[row.kind],
    columns: namesOf(row.relation, row.attnums),
    ...(row.foreign_name !== null && {
      references: {
        table: { schema: row.foreign_schema!, name: row.foreign_name },
        columns: namesOf(row.foreign_relation, row.foreign_attnums),
      },
    }),
    validated: row.validated,
    deferrable: row.deferrable,
    ...(row.part_of !== null && { partOf: row.part_of }),
    definition: row.definition,
  };
}

function toTrigger(row: TriggerRow): Trigger {
  return { name: row.name, definition: row.definition, enabled: ENABLED[row.enabled], events: row.events };
}
