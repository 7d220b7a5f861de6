/**
 * Partitions that came or went while a window was open. Row triggers follow a partition that comes, TRUNCATE triggers do not, and what
 * is attached or detached with its rows fires none: measured, a TRUNCATE of a partition that came left its rows on the other side.
 * Nothing is wrong as long as both sides agree; where they do not, this says why.
 */
import { comparison } from '../../mapping/in-sync.js';
import { sqlName } from '../../mapping/mapping.js';
import { summarise, type CheckQuery } from '../../operation/check-query.js';
import { quoteLiteral, unquoted } from '../../sql/identifier.js';
import type { Mirror, TablesWindow } from './tables-window.js';

/** Those that came are given the trigger that refuses a TRUNCATE, before everything is compared. `table`: one side, whose lock is held. */
export function guardPartitions({ mirrors }: Pick<TablesWindow, 'mirrors'>, table: string): readonly string[] {
  const own = mirrors.filter(({ mapping: { source, target } }) =>
    [source, target].some((side) => side.kind === 'partitioned table' && sqlName(side) === table),
  );
  return own.map(({ names }) => {
    const name = names.trigger('truncate');
    const inFormat = (text: string): string => text.replaceAll("'", "''").replaceAll('%', '%%');
    return `DO ${quoteLiteral(`
DECLARE
  part regclass;
BEGIN
  FOR part IN
    SELECT p.relid FROM pg_catalog.pg_partition_tree(${quoteLiteral(table)}) AS p
    WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_trigger AS g WHERE g.tgrelid = p.relid AND g.tgname = ${quoteLiteral(unquoted(name))})
  LOOP
    EXECUTE pg_catalog.format('CREATE TRIGGER ${inFormat(name)} BEFORE TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION ${inFormat(names.refuseTruncate)}()', part);
    EXECUTE pg_catalog.format('ALTER TABLE %s ENABLE ALWAYS TRIGGER ${inFormat(name)}', part);
  END LOOP;
END`)}`;
  });
}

/** Nothing is compared where no partition came or went: the CASE sees to that. */
export function noTruncateHasPassed({ name }: Pick<TablesWindow, 'name'>, mirror: Mirror): CheckQuery {
  const { mapping, names } = mirror;
  const { rows: differences } = comparison(mapping, { extra: 'refuse', samples: 10, window: name });
  const tables = [...new Set([sqlName(mapping.source), sqlName(mapping.target)])];
  const trees = tables
    .map(
      (table) =>
        `SELECT relid, level FROM pg_catalog.pg_partition_tree(pg_catalog.to_regclass(${quoteLiteral(table)}))`,
    )
    .join(' UNION ALL ');
  const guard = `g.tgname = ${quoteLiteral(unquoted(names.trigger('truncate')))} AND NOT g.tgisinternal`;
  const rows = `WITH part AS MATERIALIZED (
${trees}
), since AS MATERIALIZED (
SELECT p.relid::pg_catalog.regclass::text AS "partition", 'came: a TRUNCATE of it is not refused, rows that it brought fired no trigger' AS what FROM part AS p
WHERE p.level > 0 AND NOT EXISTS (SELECT FROM pg_catalog.pg_trigger AS g WHERE g.tgrelid = p.relid AND ${guard})
UNION ALL
SELECT g.tgrelid::pg_catalog.regclass::text, 'went: its rows fired no trigger' FROM pg_catalog.pg_trigger AS g
WHERE ${guard} AND g.tgrelid NOT IN (SELECT relid FROM part) AND g.tgrelid <> ALL (ARRAY[${tables.map((table) => `pg_catalog.to_regclass(${quoteLiteral(table)})::oid`).join(', ')}])
)
SELECT s.* FROM since AS s WHERE CASE WHEN EXISTS (SELECT FROM since) THEN EXISTS (SELECT FROM (
${differences}
) AS d) END`;
  return {
    check: 'partitions',
    name: `no TRUNCATE, ATTACH or DETACH of a partition has passed the window by (${mapping.name})`,
    severity: 'error',
    rows,
    summary: summarise(rows, 10),
    mask: [],
  };
}
