/**
 * The SQL that reads how to make objects again, first half: relations and their parts. Each query yields the columns of
 * `ObjectRow` in `read-objects`, which puts the statements together; `object-queries` holds the other half. Valid on servers
 * 15 to 18. What stands here is the server's own print of a definition, completed where that leaves something out.
 */
import { USER_SCHEMA } from './catalog-queries.js';
import { belongsToExtension } from './fingerprint-objects.js';

/** How rows refer to each other. */
export function addressOf(catalog: string, oid: string, part = '0'): string {
  return `'${catalog}/' || ${oid} || '/' || ${part}`;
}

/** Grants as `[grantor, grantee or null for PUBLIC, privilege, with grant option]`. */
export function aclOf(acl: string): string {
  return `(SELECT json_agg(json_build_array(pg_get_userbyid(x.grantor), CASE WHEN x.grantee <> 0 THEN pg_get_userbyid(x.grantee) END,
      x.privilege_type, x.is_grantable)) FROM aclexplode(${acl}) AS x)`;
}

/** Empty where there are none. */
function withOptions(options: string): string {
  return `coalesce((SELECT ' WITH (' || string_agg(format('%s%s=%L', o.space, quote_ident(o.option_name), o.option_value), ', ') || ')'
    FROM ${options} AS o WHERE NOT starts_with(o.option_name, 'pg_')), '')`;
}

const OPTIONS = `(
      SELECT '' AS space, * FROM pg_options_to_table(c.reloptions)
      UNION ALL SELECT 'toast.', * FROM pg_options_to_table(toast.reloptions))`;

/** The sequence behind an identity column comes and goes with the column. */
const RELATION = `
  SELECT CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'f' THEN 'foreign table'
      WHEN 'S' THEN 'sequence' ELSE 'table' END AS kind,
    json_build_array(n.nspname, c.relname) AS name, NULL AS types, ${addressOf('pg_class', 'c.oid')} AS address,
    NULL AS within, json_build_array(n.nspname, c.relname) AS part_of, pg_get_userbyid(c.relowner) AS owner,
    CASE c.relkind
      WHEN 'v' THEN format('CREATE VIEW %I.%I', n.nspname, c.relname) || ${withOptions(OPTIONS)} || E' AS\\n'
        || rtrim(pg_get_viewdef(c.oid), ';')
      WHEN 'm' THEN format('CREATE MATERIALIZED VIEW %I.%I', n.nspname, c.relname) || coalesce(' USING ' || quote_ident(am.amname), '')
        || ${withOptions(OPTIONS)} || coalesce(' TABLESPACE ' || quote_ident(sp.spcname), '') || E' AS\\n'
        || rtrim(pg_get_viewdef(c.oid), ';') || CASE WHEN c.relispopulated THEN E'\\nWITH DATA' ELSE E'\\nWITH NO DATA' END
      WHEN 'S' THEN CASE WHEN owned.kind IS DISTINCT FROM 'i' THEN
        (SELECT format('CREATE%s SEQUENCE %I.%I AS %s INCREMENT BY %s MINVALUE %s MAXVALUE %s START WITH %s CACHE %s%s',
           CASE c.relpersistence WHEN 'u' THEN ' UNLOGGED' END, n.nspname, c.relname, format_type(q.seqtypid, NULL),
           q.seqincrement, q.seqmin, q.seqmax, q.seqstart, q.seqcache, CASE WHEN q.seqcycle THEN ' CYCLE' END)
         FROM pg_sequence q WHERE q.seqrelid = c.oid) END
    END AS definition,
    to_json(array_remove(ARRAY[
      CASE WHEN owned.kind = 'a' THEN format('ALTER SEQUENCE %I.%I OWNED BY %s', n.nspname, c.relname, owned.by_column) END,
      CASE WHEN c.relkind = 'm' THEN CASE c.relreplident
        WHEN 'f' THEN format('ALTER TABLE %I.%I REPLICA IDENTITY FULL', n.nspname, c.relname)
        WHEN 'n' THEN format('ALTER TABLE %I.%I REPLICA IDENTITY NOTHING', n.nspname, c.relname) END END
    ], NULL)) AS state,
    NULL AS attach,
    ${aclOf(`coalesce(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's'::"char" ELSE 'r'::"char" END, c.relowner))`)} AS acl,
    c.relacl IS NULL AS plain, CASE c.relkind WHEN 'S' THEN 'S' ELSE 'r' END AS grants_of
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_am am ON am.oid = c.relam
  LEFT JOIN pg_tablespace sp ON sp.oid = c.reltablespace
  LEFT JOIN pg_class toast ON toast.oid = c.reltoastrelid
  LEFT JOIN LATERAL (
    SELECT d.deptype::text AS kind, format('%I.%I.%I', tn.nspname, t.relname, a.attname) AS by_column
    FROM pg_depend d
    JOIN pg_class t ON t.oid = d.refobjid
    JOIN pg_namespace tn ON tn.oid = t.relnamespace
    JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
    WHERE c.relkind = 'S' AND d.classid = 'pg_class'::regclass AND d.objid = c.oid
      AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
  ) AS owned ON true
  WHERE ${USER_SCHEMA} AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND NOT ${belongsToExtension('pg_class', 'c.oid')}`;

/** Columns of views are dressed with their view, and so are the attributes of a composite type with the type. */
const COLUMN = `
  SELECT CASE c.relkind WHEN 'v' THEN 'view column' WHEN 'm' THEN 'materialized view column'
      WHEN 'f' THEN 'foreign table column' WHEN 'c' THEN 'composite type column' ELSE 'table column' END,
    json_build_array(n.nspname, c.relname, a.attname), NULL, ${addressOf('pg_class', 'c.oid', 'a.attnum')},
    CASE WHEN c.relkind IN ('v', 'm') THEN ${addressOf('pg_class', 'c.oid')}
      WHEN c.relkind = 'c' THEN ${addressOf('pg_type', 'c.reltype')} END,
    CASE WHEN c.relkind <> 'c' THEN json_build_array(n.nspname, c.relname) END, NULL, NULL,
    to_json(array_remove(ARRAY[
      CASE WHEN c.relkind = 'v' THEN
        format('ALTER VIEW %I.%I ALTER COLUMN %I SET DEFAULT ', n.nspname, c.relname, a.attname) || pg_get_expr(d.adbin, d.adrelid) END,
      CASE WHEN c.relkind = 'm' AND a.attstattarget >= 0 THEN
        format('ALTER MATERIALIZED VIEW %I.%I ALTER COLUMN %I SET STATISTICS %s', n.nspname, c.relname, a.attname, a.attstattarget) END,
      CASE WHEN c.relkind = 'm' AND a.attstorage <> t.typstorage THEN
        format('ALTER MATERIALIZED VIEW %I.%I ALTER COLUMN %I SET STORAGE %s', n.nspname, c.relname, a.attname,
          CASE a.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'm' THEN 'MAIN' WHEN 'e' THEN 'EXTERNAL' ELSE 'EXTENDED' END) END,
      CASE WHEN c.relkind = 'm' AND a.attcompression <> '' THEN
        format('ALTER MATERIALIZED VIEW %I.%I ALTER COLUMN %I SET COMPRESSION %s', n.nspname, c.relname, a.attname,
          CASE a.attcompression WHEN 'l' THEN 'lz4' ELSE 'pglz' END) END,
      CASE WHEN c.relkind = 'm' THEN
        (SELECT format('ALTER MATERIALIZED VIEW %I.%I ALTER COLUMN %I SET (%s)', n.nspname, c.relname, a.attname,
           string_agg(format('%I=%L', o.option_name, o.option_value), ', '))
         FROM pg_options_to_table(a.attoptions) AS o WHERE o.option_name IN ('n_distinct', 'n_distinct_inherited') HAVING count(*) > 0) END
    ], NULL)), NULL,
    ${aclOf('a.attacl')}, true, 'c'
  FROM pg_attribute a
  JOIN pg_class c ON c.oid = a.attrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_type t ON t.oid = a.atttypid
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  WHERE ${USER_SCHEMA} AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c') AND a.attnum > 0 AND NOT a.attisdropped
    AND NOT ${belongsToExtension('pg_class', 'c.oid')}`;

/**
 * The key of a partitioned table is made on it alone, then on each partition, and those are attached: the partitions keep
 * the names of their keys. A constraint that children inherit is made by that of the parent, under its name. Nobody knows
 * the names of the internal triggers that a new foreign key will have: one whose triggers are disabled is not made again.
 */
const CONSTRAINT = `
  SELECT 'table constraint', json_build_array(n.nspname, c.relname, k.conname), NULL, ${addressOf('pg_constraint', 'k.oid')},
    CASE WHEN up.oid IS NOT NULL THEN ${addressOf('pg_constraint', 'up.oid')} END, json_build_array(n.nspname, c.relname), NULL,
    CASE WHEN k.contype IN ('p', 'u', 'x') OR up.oid IS NULL AND NOT (k.contype = 'f' AND EXISTS (
        SELECT FROM pg_trigger g WHERE g.tgconstraint = k.oid AND g.tgisinternal AND g.tgenabled <> 'O')) THEN
      format('ALTER TABLE %s%I.%I ADD CONSTRAINT %I ', CASE WHEN k.contype IN ('p', 'u', 'x') AND c.relkind = 'p' THEN 'ONLY ' END,
        n.nspname, c.relname, k.conname) || pg_get_constraintdef(k.oid) END,
    to_json(array_remove(ARRAY[
      'ALTER INDEX ' || i.oid::regclass || ' SET TABLESPACE ' || quote_ident(sp.spcname),
      (SELECT format('ALTER INDEX %s SET (%s)', i.oid::regclass, string_agg(format('%I=%L', o.option_name, o.option_value), ', '))
       FROM pg_options_to_table(i.reloptions) AS o WHERE NOT starts_with(o.option_name, 'pg_') HAVING count(*) > 0)
    ], NULL)),
    CASE WHEN k.contype IN ('p', 'u', 'x') AND up.oid IS NOT NULL THEN
      format('ALTER INDEX %s ATTACH PARTITION %s', up.conindid::regclass, k.conindid::regclass) END,
    NULL::json, true, NULL
  FROM pg_constraint k
  JOIN pg_class c ON c.oid = k.conrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_class i ON i.oid = k.conindid AND k.contype IN ('p', 'u', 'x')
  LEFT JOIN pg_tablespace sp ON sp.oid = i.reltablespace
  LEFT JOIN LATERAL (
    SELECT min(p.oid) AS oid
    FROM pg_inherits h
    JOIN pg_constraint p ON p.conrelid = h.inhparent AND p.contype = k.contype
    WHERE k.conparentid = 0 AND k.coninhcount > 0 AND h.inhrelid = k.conrelid AND CASE k.contype
      WHEN 'c' THEN p.conname = k.conname
      WHEN 'n' THEN (SELECT a.attname FROM pg_attribute a WHERE a.attrelid = p.conrelid AND a.attnum = p.conkey[1])
        = (SELECT a.attname FROM pg_attribute a WHERE a.attrelid = k.conrelid AND a.attnum = k.conkey[1]) END
  ) AS inherited ON true
  LEFT JOIN pg_constraint up ON up.oid = coalesce(nullif(k.conparentid, 0), inherited.oid)
  WHERE ${USER_SCHEMA} AND k.contype IN ('p', 'u', 'f', 'c', 'x', 'n') AND (up.conrelid IS NULL OR up.conrelid <> k.conrelid)`;

/**
 * The index of a constraint is made with it; then only its dressing counts. That of a partitioned table is printed with ONLY,
 * and becomes valid with the last partition that is attached.
 */
const INDEX = `
  SELECT 'index', json_build_array(n.nspname, i.relname), NULL, ${addressOf('pg_class', 'i.oid')},
    CASE WHEN k.oid IS NOT NULL THEN ${addressOf('pg_constraint', 'k.oid')}
      WHEN up.inhparent IS NOT NULL THEN ${addressOf('pg_class', 'up.inhparent')}
      WHEN c.relkind = 'm' THEN ${addressOf('pg_class', 'c.oid')} END,
    json_build_array(cn.nspname, c.relname), NULL,
    CASE WHEN k.oid IS NULL AND ix.indisvalid AND ix.indisready THEN
      CASE WHEN sp.spcname IS NULL THEN pg_get_indexdef(i.oid)
        ELSE left(pg_get_indexdef(i.oid), length(pg_get_indexdef(i.oid)) - length(predicate)) || format(' TABLESPACE %I', sp.spcname)
          || predicate END END,
    to_json(array_remove(ARRAY[
      CASE WHEN ix.indisclustered THEN format('ALTER TABLE %s CLUSTER ON %I', c.oid::regclass, i.relname) END,
      CASE WHEN ix.indisreplident THEN format('ALTER TABLE %s REPLICA IDENTITY USING INDEX %I', c.oid::regclass, i.relname) END
    ], NULL) || ARRAY(
      SELECT format('ALTER INDEX %s ALTER COLUMN %s SET STATISTICS %s', i.oid::regclass, a.attnum, a.attstattarget)
      FROM pg_attribute a WHERE a.attrelid = i.oid AND a.attstattarget >= 0 ORDER BY a.attnum)),
    CASE WHEN k.oid IS NULL AND up.inhparent IS NOT NULL THEN
      format('ALTER INDEX %s ATTACH PARTITION %s', up.inhparent::regclass, i.oid::regclass) END,
    NULL::json, true, NULL
  FROM pg_index ix
  JOIN pg_class i ON i.oid = ix.indexrelid
  JOIN pg_namespace n ON n.oid = i.relnamespace
  JOIN pg_class c ON c.oid = ix.indrelid
  JOIN pg_namespace cn ON cn.oid = c.relnamespace
  LEFT JOIN pg_tablespace sp ON sp.oid = i.reltablespace
  LEFT JOIN pg_constraint k ON k.conindid = i.oid AND k.contype IN ('p', 'u', 'x')
  LEFT JOIN pg_inherits up ON up.inhrelid = i.oid
  CROSS JOIN LATERAL (SELECT coalesce(' WHERE ' || pg_get_expr(ix.indpred, ix.indrelid), '') AS predicate) AS partial
  WHERE ${USER_SCHEMA} AND c.relkind IN ('r', 'p', 'm')`;

export const RELATION_OBJECTS = [RELATION, COLUMN, CONSTRAINT, INDEX] as const;
