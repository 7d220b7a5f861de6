/** Who a server process waits for, asked from another session while it waits: afterwards nobody can tell. */
import { LOCK_MODES, strongerLock, type LockMode } from '../sql/lock-mode.js';
import { queryHead } from '../sql/query-head.js';
import type { Blocker } from './blocker.js';
import type { Session } from './session.js';

/** Empty where it does not wait for a lock. Those that wait ahead of it in the queue are among them. */
export async function askBlockers(session: Session, pid: number): Promise<readonly Blocker[]> {
  const { rows } = await session.query<BlockerRow>(BLOCKERS, [pid]);
  return rows.map((row) => ({
    pid: row.pid,
    role: row.role,
    application: row.application,
    state: row.backend_type === null || row.backend_type === 'client backend' ? row.state : row.backend_type,
    openMs: row.open_ms === null ? null : Number(row.open_ms),
    holds: strongest(row.modes ?? []),
    relation: row.relation,
    query: row.query === null ? null : queryHead(row.query),
  }));
}

interface BlockerRow {
  readonly pid: number;
  readonly role: string | null;
  readonly application: string | null;
  readonly backend_type: string | null;
  readonly state: string | null;
  readonly open_ms: string | null;
  readonly query: string | null;
  readonly relation: string | null;
  /** As `pg_locks` writes them: `ShareUpdateExclusiveLock`. */
  readonly modes: readonly string[] | null;
}

/**
 * A process waits for one lock at a time. The pid 0 stands for prepared transactions: they are found by the lock that they
 * hold, and named by their identifier; which of them a lock belongs to, only the lock on their own id says.
 */
const BLOCKERS = `WITH waiting AS (
  SELECT l.locktype, l.database, l.relation, quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS name
  FROM pg_catalog.pg_locks AS l
  LEFT JOIN pg_catalog.pg_class AS c ON c.oid = l.relation
  LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
  WHERE l.pid = $1 AND NOT l.granted LIMIT 1
), blocking AS (
  SELECT DISTINCT pid FROM unnest(pg_catalog.pg_blocking_pids($1)) AS pid
), held AS (
  SELECT coalesce(l.pid, 0) AS pid, json_agg(l.mode) AS modes, min(p.gid) AS gid, min(p.owner) AS owner, min(p.prepared) AS prepared
  FROM pg_catalog.pg_locks AS l
  JOIN waiting AS w ON w.locktype = 'relation' AND l.locktype = 'relation'
    AND l.database = w.database AND l.relation = w.relation
  LEFT JOIN pg_catalog.pg_locks AS own ON l.pid IS NULL AND own.pid IS NULL AND own.locktype = 'transactionid'
    AND own.virtualtransaction = l.virtualtransaction
  LEFT JOIN pg_catalog.pg_prepared_xacts AS p ON p.transaction = own.transactionid
  WHERE l.granted GROUP BY 1
)
SELECT b.pid, coalesce(a.usename, h.owner)::text AS role, a.application_name AS application, a.backend_type, a.state,
  floor(1000 * extract(epoch FROM clock_timestamp() - coalesce(a.xact_start, h.prepared)))::bigint AS open_ms,
  coalesce(a.query, h.gid) AS query, CASE WHEN w.locktype = 'relation' THEN w.name END AS relation, h.modes
FROM blocking AS b LEFT JOIN waiting AS w ON true
LEFT JOIN held AS h ON h.pid = b.pid
LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid = b.pid
ORDER BY a.xact_start NULLS LAST, b.pid`;

function strongest(modes: readonly string[]): LockMode | null {
  const known = modes.flatMap((mode) => LOCK_MODES.filter((candidate) => asInPgLocks(candidate) === mode));
  return known.length === 0 ? null : known.reduce(strongerLock);
}

function asInPgLocks(mode: LockMode): string {
  return `${mode
    .split(' ')
    .map((word) => word[0]! + word.slice(1).toLowerCase())
    .join('')}Lock`;
}
