/**
 * Whether the server is one PostgreSQL. Owns telling it by what the server answers; what was refused belongs to `commands`. What speaks
 * the protocol and is another engine has other locks, other snapshots and another xmin, and none of it was tested.
 */
import type { Session } from '../executor/session.js';
import { relationKey } from '../sql/identifier.js';

export interface OtherEngine {
  readonly name: string;
  /** What a run relies on and does not hold there. */
  readonly why: string;
}

/** Undefined: it says of itself that it is PostgreSQL. Asked by what all of them understand, before anything else is. */
export async function otherEngine(session: Session): Promise<OtherEngine | undefined> {
  const { rows } = await session.query<{ version: string }>('SELECT version() AS version');
  const { version } = rows[0]!;
  const named = ENGINES.find(([mark]) => mark.test(version));
  if (named !== undefined) return { name: named[1], why: named[2] };
  // PostgreSQL says by what it was compiled. Aurora DSQL says `PostgreSQL 16`, and has a schema of its own.
  if (!/^PostgreSQL [\d.]+$/.test(version)) return undefined;
  const own = await session.query(
    `SELECT 1 FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
     WHERE n.nspname = 'sys' AND c.relname IN ('jobs', 'iam_pg_role_mappings')`,
  );
  return own.rows.length === 0 ? undefined : { name: 'Aurora DSQL', why: NO_LOCKS };
}

const NO_LOCKS =
  'it takes no row locks that a batch could hold, fails at COMMIT instead, and has neither triggers nor a transaction id in each row';
const OWN_STORAGE =
  'its rows carry no transaction id of the batch that wrote them, and its locks and snapshots are its own';

/** By what `version()` says, as each of them documents it. */
const ENGINES: readonly (readonly [mark: RegExp, name: string, why: string])[] = [
  [/cockroach/i, 'CockroachDB', OWN_STORAGE],
  [/-YB-|yugabyte/i, 'YugabyteDB', OWN_STORAGE],
  [/aurora dsql|\bdsql\b/i, 'Aurora DSQL', NO_LOCKS],
  [/redshift/i, 'Amazon Redshift', OWN_STORAGE],
  [
    /greenplum|cloudberry/i,
    'Greenplum',
    'its rows lie on many servers, whose transaction ids mean nothing to each other',
  ],
  [/materialize|cratedb|questdb|risingwave|spanner/i, 'no PostgreSQL', OWN_STORAGE],
];

/** Keys of the relations whose rows Citus keeps in shards: distributed ones, reference tables, and local ones that it manages. */
export async function distributedTables(session: Session): Promise<ReadonlySet<string>> {
  const { rows: found } = await session.query<{ there: boolean }>(
    `SELECT pg_catalog.to_regclass('pg_catalog.pg_dist_partition') IS NOT NULL AS there`,
  );
  if (!found[0]!.there) return new Set();
  const { rows } = await session.query<{ schema: string; name: string }>(
    `SELECT n.nspname AS schema, c.relname AS name FROM pg_catalog.pg_dist_partition AS d
     JOIN pg_catalog.pg_class AS c ON c.oid = d.logicalrelid JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace`,
  );
  return new Set(rows.map(relationKey));
}
