/**
 * The SQL of a fingerprint, first half: relations and their parts. Each query yields `identity, text, part_of, depends_on`;
 * the other half is `fingerprint-objects`, and `read-fingerprint` puts them together. Valid on servers 15 to 18.
 *
 * No oid, no attribute number and no count ever shows in a text, and whether a column was inherited or local neither: that
 * differs after a change was made and undone. Defaults that came to be stored differently between versions, or stay
 * behind once a change was undone (an ACL that says what NULL says), are written in one way.
 */
import { USER_SCHEMA } from './catalog-queries.js';

/** Sorted: the order of an ACL is that of the GRANTs. */
export function grantsOf(acl: string): string {
  return `(SELECT 'grants ' || string_agg(item::text, ' ' ORDER BY item::text COLLATE "C") FROM unnest(${acl}) AS item)`;
}

/** Storage parameters and the like, in the order of their names. */
export function optionsOf(label: string, options: string, only = 'true'): string {
  return `(SELECT '${label} (' || string_agg(option, ', ' ORDER BY option COLLATE "C") || ')' FROM unnest(${options}) AS option WHERE ${only})`;
}

/**
 * A patched server keeps accounts of its own among the options: `pg_attver` in Debian's 15.20 counts changes of a view's column.
 * Nobody said them, no two databases agree on them, and no statement of ours could make them again.
 */
const SAID_OF_COLUMN = `split_part(option, '=', 1) IN ('n_distinct', 'n_distinct_inherited')`;
const SAID_OF_RELATION = `NOT starts_with(option, 'pg_')`;

export const RELATION = `
  SELECT format('relation %I.%I', n.nspname, c.relname) AS identity,
    concat_ws(E'\\n',
      CASE c.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned table' WHEN 'v' THEN 'view'
        WHEN 'm' THEN 'materialized view' WHEN 'f' THEN 'foreign table' ELSE 'sequence' END,
      CASE c.relpersistence WHEN 'u' THEN 'unlogged' WHEN 't' THEN 'temporary' END,
      'owner ' || quote_ident(pg_get_userbyid(c.relowner)),
      'access method ' || am.amname,
      'tablespace ' || sp.spcname,
      'of ' || format_type(nullif(c.reloftype, 0), NULL),
      'inherits ' || (
        SELECT string_agg(i.inhparent::regclass::text, ' ' ORDER BY i.inhseqno) FROM pg_inherits i WHERE i.inhrelid = c.oid),
      CASE WHEN c.relispartition THEN pg_get_expr(c.relpartbound, c.oid) END,
      'partition by ' || pg_get_partkeydef(c.oid),
      CASE WHEN c.relrowsecurity THEN 'row security' END,
      CASE WHEN c.relforcerowsecurity THEN 'row security forced' END,
      CASE WHEN c.relkind IN ('v', 'S', 'f') THEN NULL WHEN c.relreplident = 'n' THEN 'replica identity nothing' WHEN c.relreplident = 'f' THEN 'replica identity full'
        WHEN c.relreplident = 'i' THEN 'replica identity index' END,
      ${optionsOf('with', 'c.reloptions', SAID_OF_RELATION)},
      ${optionsOf('toast', 'toast.reloptions', SAID_OF_RELATION)},
      (SELECT format('server %I', s.srvname) FROM pg_foreign_table f JOIN pg_foreign_server s ON s.oid = f.ftserver
       WHERE f.ftrelid = c.oid),
      (SELECT ${optionsOf('options', 'f.ftoptions')} FROM pg_foreign_table f WHERE f.ftrelid = c.oid),
      (SELECT format('%s start %s increment %s min %s max %s cache %s%s', format_type(q.seqtypid, NULL), q.seqstart,
         q.seqincrement, q.seqmin, q.seqmax, q.seqcache, CASE WHEN q.seqcycle THEN ' cycle' END)
       FROM pg_sequence q WHERE q.seqrelid = c.oid),
      'owned by ' || owned.column_name,
      CASE WHEN c.relkind <> 'S' THEN 'columns (' || (
        SELECT string_agg(quote_ident(a.attname), ' ' ORDER BY a.attnum) FROM pg_attribute a
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) || ')' END,
      ${grantsOf(`coalesce(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's'::"char" ELSE 'r'::"char" END, c.relowner))`)}
    ) || CASE WHEN c.relkind IN ('v', 'm') THEN E'\\n' || pg_get_viewdef(c.oid) ELSE '' END AS text,
    json_build_array(n.nspname, c.relname) AS part_of,
    (SELECT json_agg(DISTINCT jsonb_build_array(bn.nspname, b.relname))
     FROM (
       SELECT i.inhparent AS oid FROM pg_inherits i WHERE i.inhrelid = c.oid
       UNION ALL SELECT owned.table_oid
       UNION ALL SELECT d.refobjid FROM pg_rewrite r
         JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
         WHERE r.ev_class = c.oid AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> c.oid
     ) AS base
     JOIN pg_class b ON b.oid = base.oid
     JOIN pg_namespace bn ON bn.oid = b.relnamespace) AS depends_on
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_am am ON am.oid = c.relam
  LEFT JOIN pg_tablespace sp ON sp.oid = c.reltablespace
  LEFT JOIN pg_class toast ON toast.oid = c.reltoastrelid
  LEFT JOIN LATERAL (
    SELECT d.refobjid AS table_oid, format('%s.%I', d.refobjid::regclass, a.attname) AS column_name
    FROM pg_depend d JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
    WHERE c.relkind = 'S' AND d.classid = 'pg_class'::regclass AND d.objid = c.oid
      AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
  ) AS owned ON true
  WHERE ${USER_SCHEMA} AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')`;

export const COLUMN = `
  SELECT format('column %I.%I.%I', n.nspname, c.relname, a.attname),
    concat_ws(' ', format_type(a.atttypid, a.atttypmod),
      CASE WHEN a.attcollation <> t.typcollation THEN 'collate ' || a.attcollation::regcollation END,
      CASE WHEN a.attnotnull THEN 'not null' END,
      CASE a.attidentity WHEN 'a' THEN 'generated always as identity' WHEN 'd' THEN 'generated by default as identity' END,
      CASE a.attgenerated WHEN 's' THEN 'stored' WHEN 'v' THEN 'virtual' WHEN '' THEN 'default' END
        || ' ' || pg_get_expr(d.adbin, d.adrelid),
      CASE WHEN a.attstorage <> t.typstorage THEN 'storage ' || a.attstorage::text END,
      CASE WHEN a.attcompression <> '' THEN 'compression ' || a.attcompression::text END,
      CASE WHEN a.attstattarget >= 0 THEN 'statistics ' || a.attstattarget END,
      ${optionsOf('with', 'a.attoptions', SAID_OF_COLUMN)},
      ${optionsOf('options', 'a.attfdwoptions')},
      ${grantsOf('a.attacl')}),
    json_build_array(n.nspname, c.relname), NULL::json
  FROM pg_attribute a
  JOIN pg_class c ON c.oid = a.attrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_type t ON t.oid = a.atttypid
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  WHERE ${USER_SCHEMA} AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND a.attnum > 0 AND NOT a.attisdropped`;

/**
 * DISABLE TRIGGER ALL reaches the internal triggers of a foreign key: the definition still says FOREIGN KEY, and nothing
 * checks it any more.
 */
export const CONSTRAINT = `
  SELECT format('constraint %I.%I.%I', n.nspname, c.relname, k.conname),
    concat_ws(' ', pg_get_constraintdef(k.oid),
      (SELECT 'triggers ' || string_agg(DISTINCT g.tgenabled::text, '') FROM pg_trigger g
       WHERE g.tgconstraint = k.oid AND g.tgisinternal AND g.tgenabled <> 'O')),
    json_build_array(n.nspname, c.relname),
    CASE WHEN f.oid IS NOT NULL THEN json_build_array(json_build_array(fn.nspname, f.relname)) END
  FROM pg_constraint k
  JOIN pg_class c ON c.oid = k.conrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_class f ON f.oid = k.confrelid
  LEFT JOIN pg_namespace fn ON fn.oid = f.relnamespace
  LEFT JOIN pg_constraint up ON up.oid = k.conparentid AND up.conrelid = k.conrelid
  WHERE ${USER_SCHEMA} AND k.contype IN ('p', 'u', 'f', 'c', 'x', 'n') AND up.oid IS NULL`;

export const INDEX = `
  SELECT format('index %I.%I', n.nspname, i.relname),
    concat_ws(', ', pg_get_indexdef(i.oid),
      CASE WHEN NOT ix.indisvalid THEN 'invalid' END,
      CASE WHEN NOT ix.indisready THEN 'not ready' END,
      CASE WHEN ix.indisclustered THEN 'clustered' END,
      CASE WHEN ix.indisreplident THEN 'replica identity' END,
      'tablespace ' || sp.spcname,
      (SELECT 'part of ' || h.inhparent::regclass FROM pg_inherits h WHERE h.inhrelid = i.oid),
      (SELECT string_agg(format('statistics of key %s %s', a.attnum, a.attstattarget), ', ' ORDER BY a.attnum)
       FROM pg_attribute a WHERE a.attrelid = i.oid AND a.attstattarget >= 0)),
    json_build_array(n.nspname, c.relname), NULL::json
  FROM pg_index ix
  JOIN pg_class i ON i.oid = ix.indexrelid
  JOIN pg_class c ON c.oid = ix.indrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_tablespace sp ON sp.oid = i.reltablespace
  WHERE ${USER_SCHEMA}`;

export const TRIGGER = `
  SELECT format('trigger %I.%I.%I', n.nspname, c.relname, g.tgname),
    concat_ws(', ', pg_get_triggerdef(g.oid),
      CASE g.tgenabled WHEN 'A' THEN 'enabled always' WHEN 'R' THEN 'enabled on replicas' WHEN 'D' THEN 'disabled' END),
    json_build_array(n.nspname, c.relname), NULL::json
  FROM pg_trigger g
  JOIN pg_class c ON c.oid = g.tgrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE ${USER_SCHEMA} AND NOT g.tgisinternal`;

/** The rule behind a view is the view. */
export const RULE = `
  SELECT format('rule %I.%I.%I', n.nspname, c.relname, r.rulename),
    concat_ws(', ', pg_get_ruledef(r.oid),
      CASE r.ev_enabled WHEN 'A' THEN 'enabled always' WHEN 'R' THEN 'enabled on replicas' WHEN 'D' THEN 'disabled' END),
    json_build_array(n.nspname, c.relname), NULL::json
  FROM pg_rewrite r
  JOIN pg_class c ON c.oid = r.ev_class
  JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE ${USER_SCHEMA} AND r.rulename <> '_RETURN'`;

export const POLICY = `
  SELECT format('policy %I.%I.%I', n.nspname, c.relname, p.polname),
    concat_ws(' ', CASE WHEN p.polpermissive THEN 'permissive' ELSE 'restrictive' END,
      CASE p.polcmd WHEN 'r' THEN 'select' WHEN 'a' THEN 'insert' WHEN 'w' THEN 'update' WHEN 'd' THEN 'delete'
        ELSE 'all' END,
      'to ' || (SELECT string_agg(CASE WHEN member = 0 THEN 'public' ELSE quote_ident(pg_get_userbyid(member)) END, ' '
        ORDER BY CASE WHEN member <> 0 THEN pg_get_userbyid(member) END COLLATE "C") FROM unnest(p.polroles) AS member),
      'using (' || pg_get_expr(p.polqual, p.polrelid) || ')',
      'with check (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')'),
    json_build_array(n.nspname, c.relname), NULL::json
  FROM pg_policy p
  JOIN pg_class c ON c.oid = p.polrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE ${USER_SCHEMA}`;

export const STATISTICS = `
  SELECT format('statistics %I.%I', n.nspname, s.stxname),
    concat_ws(', ', pg_get_statisticsobjdef(s.oid), 'owner ' || quote_ident(pg_get_userbyid(s.stxowner)),
      CASE WHEN s.stxstattarget >= 0 THEN 'target ' || s.stxstattarget END),
    json_build_array(cn.nspname, c.relname), NULL::json
  FROM pg_statistic_ext s
  JOIN pg_namespace n ON n.oid = s.stxnamespace
  JOIN pg_class c ON c.oid = s.stxrelid
  JOIN pg_namespace cn ON cn.oid = c.relnamespace
  WHERE ${USER_SCHEMA}`;

/** RELATION stands first: it names the columns of the union. */
export const RELATION_DEFINITIONS = [RELATION, COLUMN, CONSTRAINT, INDEX, TRIGGER, RULE, POLICY, STATISTICS] as const;
