/** Jobs that rewrite a table while somebody else writes to it, or in its place: by what each of them shows while it runs. */
import type { Session } from '../executor/session.js';

/** A line for each; keys of relations that are not there are passed over. Only reads, and what the role may see. */
export async function rewritingJobs(session: Session, relations: readonly string[]): Promise<readonly string[]> {
  const { rows: views } = await session.query<{ name: string }>(
    `SELECT relname AS name FROM pg_catalog.pg_class WHERE relnamespace = 'pg_catalog'::pg_catalog.regnamespace
       AND relname IN ('pg_stat_progress_cluster', 'pg_stat_progress_repack') ORDER BY relname`,
  );
  const progress = views.map(
    ({ name }) =>
      `SELECT p.relid, p.command || ' (server process ' || p.pid || ')' AS what FROM pg_catalog.${name} AS p WHERE p.datname = pg_catalog.current_database()`,
  );
  const { rows } = await session.query<{ name: string; what: string }>(jobsSql([...progress, ...OTHERS]), [relations]);
  return rows.map(({ name, what }) => `\`${name}\` is being rewritten by ${what}.`);
}

/** The first half of its advisory locks, as pg_repack has it; the second is the table, moved by half of what an int4 holds. */
const PG_REPACK = 16185446;
const TABLE_OF = (lock: string): string => `((${lock}.objid::bigint + 2147483648) % 4294967296)::oid`;

const OTHERS: readonly string[] = [
  `SELECT ${TABLE_OF('l')}, 'pg_repack (server process ' || l.pid || ')' FROM pg_catalog.pg_locks AS l
   WHERE l.locktype = 'advisory' AND l.classid = ${PG_REPACK} AND l.granted
     AND l.database = (SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database())`,
  `SELECT g.tgrelid, 'a pg_repack that has ended and left its trigger ' || g.tgname FROM pg_catalog.pg_trigger AS g
   WHERE g.tgname = 'repack_trigger' AND NOT EXISTS (
     SELECT FROM pg_catalog.pg_locks AS l WHERE l.locktype = 'advisory' AND l.classid = ${PG_REPACK} AND ${TABLE_OF('l')} = g.tgrelid AND l.granted)`,
  `SELECT l.relation, a.backend_type || ' (server process ' || a.pid || ')' FROM pg_catalog.pg_stat_activity AS a
   JOIN pg_catalog.pg_locks AS l ON l.pid = a.pid AND l.locktype = 'relation' AND l.granted
   WHERE a.backend_type ILIKE '%squeeze%' AND a.datname = pg_catalog.current_database()`,
];

function jobsSql(jobs: readonly string[]): string {
  return `WITH named AS (
    SELECT c.oid, k.name FROM pg_catalog.unnest($1::text[]) AS k (name)
    JOIN pg_catalog.pg_class AS c ON c.oid = pg_catalog.to_regclass(k.name)
  ), touched AS (
    SELECT oid, name FROM named UNION SELECT t.relid, n.name FROM named AS n CROSS JOIN LATERAL pg_catalog.pg_partition_tree(n.oid) AS t
  ), job (relation, what) AS (
    ${jobs.join('\n    UNION ALL ')}
  )
  SELECT DISTINCT t.name, j.what FROM job AS j JOIN touched AS t ON t.oid = j.relation ORDER BY t.name, j.what`;
}
