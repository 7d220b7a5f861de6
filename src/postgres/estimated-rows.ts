/** How many rows tables have by the server's own statistics: no table is read for it. */
import type { Session } from '../executor/session.js';

/**
 * With the rows of their partitions. By the text that was asked for: a table that
 * is not there, or was never analysed, has none. Rejects with a DatabaseError.
 */
export async function estimatedRows(
  session: Session,
  relations: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const { rows } = await session.query<{ relation: string; rows: string }>(
    `SELECT asked.relation, sum(c.reltuples)::bigint::text AS rows
     FROM unnest($1::text[]) AS asked (relation)
     CROSS JOIN LATERAL (
       SELECT to_regclass(asked.relation) AS relid UNION SELECT relid FROM pg_partition_tree(to_regclass(asked.relation))
     ) AS part
     JOIN pg_class AS c ON c.oid = part.relid
     WHERE c.relkind = 'r' GROUP BY asked.relation HAVING min(c.reltuples) >= 0`,
    [relations],
  );
  return new Map(rows.map(({ relation, rows: count }) => [relation, Number(count)]));
}
