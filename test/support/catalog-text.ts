/** Everything that hangs in a schema, as the server prints it, in a text that two moments can be compared by. No OIDs in it. */
import type { TestDatabase } from './database.js';

/** Sorted. Columns in the order of their names: after a way back they may stand elsewhere in the row. */
export async function catalogLines({ query }: Pick<TestDatabase, 'query'>): Promise<readonly string[]> {
  return (await query<{ x: string }>(LINES)).map(({ x }) => x);
}

const IN_PUBLIC = `relnamespace = 'public'::regnamespace`;

const LINES = `SELECT x FROM (
  SELECT format('column %s.%I %s %s default %s identity %s comment %s grants %s', attrelid::regclass, attname, format_type(atttypid, atttypmod), attnotnull,
    pg_get_expr(d.adbin, d.adrelid), attidentity, col_description(attrelid, attnum), attacl) AS x
    FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = attrelid LEFT JOIN pg_attrdef AS d ON d.adrelid = attrelid AND d.adnum = attnum
    WHERE ${IN_PUBLIC} AND relkind IN ('r', 'p', 'v', 'm') AND attnum > 0 AND NOT attisdropped
  UNION ALL SELECT format('relation %s %s %s %s %s', oid::regclass, relkind, relacl, relreplident, obj_description(oid, 'pg_class')) FROM pg_class WHERE ${IN_PUBLIC} AND relkind <> 'i'
  UNION ALL SELECT format('index %s %s %s', pg_get_indexdef(indexrelid), indisvalid, indisprimary) FROM pg_index JOIN pg_class AS c ON c.oid = indexrelid WHERE ${IN_PUBLIC}
  UNION ALL SELECT format('constraint %s %s %s %s', conrelid::regclass, conname, convalidated, pg_get_constraintdef(oid)) FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 'n'
  UNION ALL SELECT format('trigger %s', pg_get_triggerdef(oid)) FROM pg_trigger WHERE NOT tgisinternal
  UNION ALL SELECT format('view %s %s', oid::regclass, pg_get_viewdef(oid)) FROM pg_class WHERE ${IN_PUBLIC} AND relkind IN ('v', 'm')
  UNION ALL SELECT format('function %s %s', oid::regprocedure, md5(prosrc)) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
  UNION ALL SELECT format('sequence %s of %s.%s', d.objid::regclass, d.refobjid::regclass, a.attname) FROM pg_depend AS d JOIN pg_class AS c ON c.oid = d.objid AND c.relkind = 'S' AND c.${IN_PUBLIC}
    JOIN pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid WHERE d.deptype IN ('a', 'i') AND d.classid = 'pg_class'::regclass
  UNION ALL SELECT format('function of ours %s', oid::regprocedure) FROM pg_proc WHERE pronamespace = to_regnamespace('lockstep') AND proname LIKE '% of %'
) AS lines ORDER BY x COLLATE "C"`;
