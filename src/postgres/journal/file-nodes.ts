/** The files that tables have when a copy into them begins: a table with another one has been rewritten since. */
import type { RunHandle } from '../../executor/journal.js';
import type { OperationId } from '../../operation/operation.js';
import type { Session } from '../../executor/session.js';

/** In the transaction that cuts the ranges: before the first row is written. */
export async function noteFiles(
  session: Session,
  run: RunHandle,
  id: OperationId,
  relations: readonly string[],
): Promise<void> {
  await session.query(NOTE, [run.id, id, relations]);
}

/** Of a partitioned table those of its leaves: it has none itself. */
const NOTE = `
  INSERT INTO lockstep.file_node (run_id, operation_id, relation, name, file_node, server)
  SELECT $1, $2, leaf.oid, named.name, pg_catalog.pg_relation_filenode(leaf.oid), control.system_identifier::text
  FROM pg_catalog.unnest($3::text[]) AS named (name)
  CROSS JOIN LATERAL (
    SELECT named.name::pg_catalog.regclass AS oid UNION SELECT t.relid FROM pg_catalog.pg_partition_tree(named.name::pg_catalog.regclass) AS t
  ) AS leaf
  CROSS JOIN pg_catalog.pg_control_system() AS control
  WHERE pg_catalog.pg_relation_filenode(leaf.oid) IS NOT NULL
  ON CONFLICT DO NOTHING`;
