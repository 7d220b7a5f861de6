/**
 * The SQL of the signals that hold a run back. Each is one statement that only reads the server's own views. Owns the
 * difference between nothing (0) and not known (NULL): a role that may not see other sessions sees NULLs, and must not take
 * them for calm. Sent in a transaction of the run, whose settings say which sessions are its own.
 */
import { quoteLiteral, type NameParts } from './identifier.js';
import { OWN_SESSION } from './pinned-settings.js';

/**
 * A row for each physical standby, at least one row. Positions are bytes since the beginning of the log; what the server
 * says of lag is that of the last answer of the standby. A logical subscriber is followed by its slot.
 */
export const REPLICATION_LAG = `WITH at AS MATERIALIZED (
  SELECT pg_catalog.pg_current_wal_flush_lsn() AS lsn, pg_catalog.clock_timestamp() AS clock
)
SELECT pg_catalog.floor(1000 * EXTRACT(epoch FROM at.clock))::bigint AS at_ms, at.lsn - '0/0' AS written,
  coalesce(nullif(r.application_name, 'walreceiver'), pg_catalog.host(r.client_addr), 'walreceiver') AS standby,
  r.pid IS NOT NULL AS connected, r.pid IS NOT NULL AND r.state IS NULL AS hidden, r.replay_lsn - '0/0' AS replayed,
  pg_catalog.floor(1000 * EXTRACT(epoch FROM r.replay_lag))::bigint AS told_ms
FROM at LEFT JOIN pg_catalog.pg_stat_replication AS r
  ON (r.state IS NULL OR r.state IN ('startup', 'catchup', 'streaming'))
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_replication_slots AS s WHERE s.active_pid = r.pid AND s.slot_type = 'logical')
ORDER BY standby, r.pid`;

/** Of all databases: the log is the server's, and so is the disk that it fills. */
export const SLOT_LAG = `SELECT coalesce(lag.bytes, 0) AS value, coalesce('slot ' || lag.slot_name, 'slots') AS what
FROM (SELECT) AS always LEFT JOIN (
  SELECT slot_name, pg_catalog.pg_current_wal_lsn() - restart_lsn AS bytes
  FROM pg_catalog.pg_replication_slots WHERE restart_lsn IS NOT NULL
  ORDER BY bytes DESC, slot_name LIMIT 1
) AS lag ON true`;

/**
 * Who waits for a session of the run, or for one that waits for it: behind the first who wants a row, the next wait for
 * that one. Locks are visible to every role.
 */
export const LOCK_WAITERS = `WITH RECURSIVE own AS MATERIALIZED (
  SELECT a.pid FROM pg_catalog.pg_stat_activity AS a WHERE ${OWN_SESSION('a')}
), waits AS MATERIALIZED (
  SELECT DISTINCT l.pid, b.pid AS blocker FROM pg_catalog.pg_locks AS l, pg_catalog.unnest(pg_catalog.pg_blocking_pids(l.pid)) AS b (pid)
  WHERE NOT l.granted AND l.pid IS NOT NULL
), held AS (
  SELECT w.pid FROM waits AS w JOIN own ON own.pid = w.blocker
  UNION SELECT w.pid FROM waits AS w JOIN held ON held.pid = w.blocker
)
SELECT pg_catalog.count(*) AS value, 'sessions that wait for locks of this run' AS what
FROM held WHERE NOT EXISTS (SELECT FROM own WHERE own.pid = held.pid)`;

/** Refused to roles without pg_monitor. */
export const WAL_ARCHIVE_QUEUE = `SELECT CASE WHEN pg_catalog.current_setting('archive_mode') <> 'off' THEN pg_catalog.count(*) END AS value,
  CASE WHEN pg_catalog.current_setting('archive_mode') <> 'off' THEN 'log files to archive' ELSE 'archive_mode is off' END AS what
FROM pg_catalog.pg_ls_archive_statusdir() AS f WHERE f.name LIKE '%.ready'`;

/** Of all databases, since they share processors and disks; not our own. */
export const ACTIVE_SESSIONS = `SELECT CASE WHEN pg_catalog.count(*) FILTER (WHERE a.backend_type IS NULL) = 0
    THEN pg_catalog.count(*) FILTER (WHERE a.backend_type = 'client backend' AND a.state = 'active') END AS value,
  CASE WHEN pg_catalog.count(*) FILTER (WHERE a.backend_type IS NULL) = 0
    THEN 'active sessions' ELSE 'the role of the run may not see what other sessions do' END AS what
FROM pg_catalog.pg_stat_activity AS a
WHERE NOT coalesce((${OWN_SESSION('a')}) OR a.application_name = 'lockstep', false) AND a.pid <> pg_catalog.pg_backend_pid()`;

/** Of the tables with these names, and of partitions below them: a partitioned table has no rows itself. */
export function deadTuples(tables: readonly NameParts[]): string {
  const names = tables.map((parts) => `(${parts.map((part) => quoteLiteral(part)).join(', ')})`);
  const wanted = names.length === 0 ? 'false' : `(n.nspname, c.relname) IN (${names.join(', ')})`;
  return `SELECT CASE WHEN pg_catalog.current_setting('track_counts')::boolean THEN coalesce(dead.rows, 0) END AS value,
  CASE WHEN pg_catalog.current_setting('track_counts')::boolean THEN 'dead rows' || coalesce(' in ' || dead.name, '')
    ELSE 'track_counts is off' END AS what
FROM (SELECT) AS always LEFT JOIN (
  SELECT t.n_dead_tup AS rows, t.schemaname || '.' || t.relname AS name FROM pg_catalog.pg_stat_user_tables AS t
  WHERE EXISTS (
    SELECT FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE ${wanted} AND (c.oid = t.relid OR c.oid IN (SELECT a.relid FROM pg_catalog.pg_partition_ancestors(t.relid) AS a))
  )
  ORDER BY t.n_dead_tup DESC, name LIMIT 1
) AS dead ON true`;
}

/** The plan's own; on lines of its own, because it may end with a comment. */
export function ownQuery(sql: string): string {
  return `SELECT (\n${sql}\n)::numeric AS value, 'the query returned' AS what`;
}
