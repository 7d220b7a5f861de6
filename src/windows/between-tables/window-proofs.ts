/** What must be so before a window opens, asked before anything changes. */
import { checkOperations } from '../../checks/check-operations.js';
import { comparison } from '../../mapping/in-sync.js';
import { sqlName } from '../../mapping/mapping.js';
import { summarise, type CheckQuery } from '../../operation/check-query.js';
import { quoteLiteral } from '../../sql/identifier.js';
import { goesBackUnchanged } from './goes-back-unchanged.js';
import { tablesOf, type OpenOptions } from './open-window.js';
import type { TablesWindow } from './tables-window.js';

export function windowProofs(
  window: TablesWindow,
  readsOf: OpenOptions['readsOf'],
): ReturnType<typeof checkOperations> {
  const { id: step, mirrors } = window;
  const proofs = mirrors.flatMap((mirror) => {
    const { source, target } = mirror.mapping;
    const reads = [...new Set([sqlName(source), sqlName(target), ...readsOf(mirror)])];
    const back = mirror.back === null ? [] : [{ query: goesBackUnchanged(mirror, mirror.back), reads }];
    return [{ query: nothingOfOthers(mirror), reads }, ...back];
  });
  const ofTables = [notSubscribed(window), rowsCanBeFound(window)].map((query) => ({ query, reads: tablesOf(window) }));
  return checkOperations([...ofTables, ...proofs], {
    step,
    prefix: `${step}/before`,
    effect: 'fail',
    barrier: false,
  });
}

/** Rows that a subscription brings are written by a worker of the server, and its errors stop the whole subscription. */
function notSubscribed(window: TablesWindow): CheckQuery {
  const tables = tablesOf(window).map((table) => `pg_catalog.to_regclass(${quoteLiteral(table)})`);
  const rows = `SELECT r.srrelid::regclass::text AS "table" FROM pg_catalog.pg_subscription_rel AS r WHERE r.srrelid IN (${tables.join(', ')})`;
  return {
    check: 'subscribed',
    name: `no subscription writes to the tables of ${window.id}`,
    severity: 'error',
    rows,
    summary: summarise(rows, 10),
    mask: [],
  };
}

/**
 * A published table whose rows subscribers could not find takes no UPDATE and no DELETE: with the mirrors, no write to its other side
 * either. Asked of partitions, which are written, also where their parent is published.
 */
function rowsCanBeFound(window: TablesWindow): CheckQuery {
  const written = window.mirrors.flatMap(({ mapping, back }) => [
    mapping.target,
    ...(back === null ? [] : [mapping.source]),
  ]);
  const tables = [...new Set(written.map((table) => `(${quoteLiteral(sqlName(table))})`))];
  const rows = `SELECT DISTINCT c.oid::regclass::text AS "table", p.pubname AS publication, c.relreplident AS "replica identity"
FROM (VALUES ${tables.join(', ')}) AS w (name)
CROSS JOIN LATERAL (SELECT pg_catalog.to_regclass(w.name)::oid AS relid UNION SELECT t.relid FROM pg_catalog.pg_partition_tree(pg_catalog.to_regclass(w.name)) AS t) AS l
JOIN pg_catalog.pg_class AS c ON c.oid = l.relid AND c.relkind = 'r'
JOIN pg_catalog.pg_publication AS p ON p.pubupdate OR p.pubdelete
CROSS JOIN LATERAL pg_catalog.pg_get_publication_tables(p.pubname) AS t
WHERE (t.relid = c.oid OR t.relid IN (SELECT a.relid FROM pg_catalog.pg_partition_ancestors(c.oid) AS a))
  AND c.relreplident <> 'f' AND NOT EXISTS (SELECT FROM pg_catalog.pg_index AS i WHERE i.indrelid = c.oid AND CASE c.relreplident WHEN 'd' THEN i.indisprimary WHEN 'i' THEN i.indisreplident ELSE false END)`;
  return {
    check: 'published',
    name: `published tables that ${window.id} writes have a replica identity`,
    severity: 'error',
    rows,
    summary: summarise(rows, 10),
    mask: [],
  };
}

/** What is there already must be what the source says: a mirror would overwrite it, and a fill would pass it by. */
function nothingOfOthers({ mapping }: TablesWindow['mirrors'][number]): CheckQuery {
  const { rows, summary } = comparison(mapping, { extra: 'refuse', missing: 'allow', samples: 10 });
  return {
    check: 'in_sync',
    name: `what ${sqlName(mapping.target)} holds before its window opens is what ${sqlName(mapping.source)} says (${mapping.name})`,
    severity: 'error',
    rows,
    summary,
    mask: [],
  };
}
