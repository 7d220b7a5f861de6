/**
 * The SQL that reads a catalog snapshot: one query per kind of object over the whole database, so that the number of round
 * trips does not grow with the number of tables. Valid on servers 15 to 18. Owns the SQL; shaping its rows belongs to
 * `read-catalog`.
 *
 * Plain SQL and not a query builder: none of it is composed at run time, and it is read beside the chapter "System
 * Catalogs" of the manual, in whose language it is written. Every array leaves as JSON, every bigint as text.
 */

/**
 * Schemas that belong to the users: no schema of the system (the server reserves the prefix `pg_`), no temporary one, and
 * not the journal's.
 */
export const USER_SCHEMA = `
  (n.nspname NOT LIKE 'pg\\_%' AND n.nspname NOT IN ('information_schema', 'lockstep'))`;

export const SERVER_FACTS = `
  SELECT current_setting('server_version_num')::int AS version_num,
    current_setting('server_version') AS version,
    current_database() AS database,
    current_user AS "user",
    pg_is_in_recovery() AS standby,
    (SELECT setting::int FROM pg_settings WHERE name = 'deadlock_timeout') AS deadlock_timeout_ms,
    EXISTS (SELECT FROM pg_publication WHERE puballtables) AS publishes_all_tables,
    has_parameter_privilege('session_replication_role', 'SET') AS may_suppress_triggers,
    (SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user) AS bypasses_row_security,
    (SELECT coalesce(json_agg(n.nspname ORDER BY n.nspname), '[]') FROM pg_namespace n WHERE ${USER_SCHEMA}) AS schemas,
    (SELECT coalesce(json_agg(extname ORDER BY extname), '[]') FROM pg_extension) AS extensions`;

/** Row types of tables and array types are left out: they come and go with what they belong to. */
export const TYPES = `
  SELECT n.nspname AS schema, t.typname AS name
  FROM pg_type t
  JOIN pg_namespace n ON n.oid = t.typnamespace
  LEFT JOIN pg_class c ON c.oid = t.typrelid
  WHERE ${USER_SCHEMA}
    AND (t.typtype IN ('e', 'd', 'r') OR t.typtype = 'b' AND t.typcategory <> 'A' OR c.relkind = 'c')
  ORDER BY 1, 2`;

/** Of a partitioned table the rows and bytes of its leaves are summed; it holds none itself. */
export const RELATIONS = `
  WITH RECURSIVE leaf AS (
    SELECT c.oid AS root, c.oid, c.relkind FROM pg_class c WHERE c.relkind = 'p'
    UNION ALL
    SELECT leaf.root, c.oid, c.relkind
    FROM leaf JOIN pg_inherits i ON i.inhparent = leaf.oid JOIN pg_class c ON c.oid = i.inhrelid
    WHERE leaf.relkind = 'p'
  ), summed AS (
    SELECT leaf.root, coalesce(bool_and(c.reltuples >= 0), true) AS known,
      coalesce(sum(c.reltuples), 0) AS tuples, coalesce(sum(pg_relation_size(c.oid)), 0) AS bytes
    FROM leaf JOIN pg_class c ON c.oid = leaf.oid
    WHERE leaf.relkind <> 'p'
    GROUP BY leaf.root
  )
  SELECT c.oid::text AS oid, n.nspname AS schema, c.relname AS name, c.relkind::text AS kind,
    c.relpersistence::text AS persistence, pg_get_userbyid(c.relowner) AS owner,
    pn.nspname AS parent_schema, p.relname AS parent_name, c.relispartition AS partition, pg_get_partkeydef(c.oid) AS partition_key,
    c.relkind <> 'p' AND EXISTS (SELECT FROM pg_inherits i WHERE i.inhparent = c.oid) AS inherited,
    CASE WHEN c.relforcerowsecurity AND c.relrowsecurity THEN 'forced' WHEN c.relrowsecurity THEN 'on' ELSE 'off' END
      AS row_security,
    CASE WHEN c.relkind = 'p' THEN CASE WHEN coalesce(s.known, true) THEN coalesce(s.tuples, 0) END
      WHEN c.relkind IN ('r', 'm', 'f') AND c.reltuples >= 0 THEN c.reltuples END::bigint::text AS estimated_rows,
    CASE WHEN c.relkind = 'p' THEN coalesce(s.bytes, 0)
      WHEN c.relkind IN ('r', 'm', 'S') THEN coalesce(pg_relation_size(c.oid), 0) ELSE 0 END::text AS bytes,
    (SELECT coalesce(json_agg(wanted ORDER BY place), '[]')
     FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER'])
       WITH ORDINALITY AS list (wanted, place)
     WHERE has_table_privilege(c.oid, wanted)) AS privileges,
    pg_has_role(c.relowner, 'USAGE') AS owns,
    (SELECT json_agg(p.pubname ORDER BY p.pubname) FROM pg_publication p
     WHERE EXISTS (SELECT FROM pg_publication_namespace r WHERE r.pnpubid = p.oid AND r.pnnspid = c.relnamespace)
       OR EXISTS (
         SELECT FROM pg_publication_rel r
         WHERE r.prpubid = p.oid AND r.prattrs IS NULL AND (r.prrelid = c.oid
           OR r.prrelid IN (SELECT pg_partition_ancestors(c.oid)) OR r.prrelid IN (SELECT relid FROM pg_partition_tree(c.oid))))
    ) AS publications
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN summed s ON s.root = c.oid
  LEFT JOIN pg_inherits up ON up.inhrelid = c.oid AND up.inhseqno = 1
  LEFT JOIN pg_class p ON p.oid = up.inhparent
  LEFT JOIN pg_namespace pn ON pn.oid = p.relnamespace
  WHERE ${USER_SCHEMA} AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
  ORDER BY n.nspname, c.relname`;

/**
 * Server 18 sets attnotnull as soon as a NOT NULL constraint is there, validated or not; only the constraint tells. Before
 * 18 a table has no such constraints and the subquery finds nothing.
 */
export const COLUMNS = `
  WITH RECURSIVE base AS (
    SELECT t.oid AS domain, t.typbasetype AS type, t.typtypmod AS typmod FROM pg_type t WHERE t.typtype = 'd'
    UNION ALL
    SELECT base.domain, t.typbasetype, t.typtypmod
    FROM base JOIN pg_type t ON t.oid = base.type WHERE t.typtype = 'd'
  ), ground AS (
    SELECT base.domain, format_type(base.type, base.typmod) AS type
    FROM base JOIN pg_type t ON t.oid = base.type WHERE t.typtype <> 'd'
  )
  SELECT a.attrelid::text AS relation, a.attnum::int AS attnum, a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type,
    ground.type AS base_type,
    a.attnotnull AND NOT EXISTS (
      SELECT FROM pg_constraint k
      WHERE k.conrelid = a.attrelid AND k.contype = 'n' AND k.conkey[1] = a.attnum AND NOT k.convalidated
    ) AS not_null,
    pg_get_expr(d.adbin, d.adrelid) AS "default",
    a.attgenerated::text AS generated, a.attidentity::text AS identity,
    CASE WHEN a.attcollation <> t.typcollation THEN format('%I.%I', cn.nspname, co.collname) END AS "collation",
    coalesce(co.collisdeterministic, true) AS deterministic_collation,
    (SELECT json_agg(p.pubname ORDER BY p.pubname) FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid
     WHERE r.prrelid = a.attrelid AND (a.attnum = ANY (r.prattrs)
       OR EXISTS (SELECT FROM regexp_matches(pg_get_expr(r.prqual, r.prrelid), '\\m' || a.attname || '\\M')))) AS published
  FROM pg_attribute a
  JOIN pg_class c ON c.oid = a.attrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_type t ON t.oid = a.atttypid
  LEFT JOIN ground ON ground.domain = a.atttypid
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  LEFT JOIN pg_collation co ON co.oid = a.attcollation
  LEFT JOIN pg_namespace cn ON cn.oid = co.collnamespace
  WHERE ${USER_SCHEMA} AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND a.attnum > 0 AND NOT a.attisdropped
  ORDER BY a.attrelid, a.attnum`;

/** A temporal key (WITHOUT OVERLAPS, server 18) is marked unique, but is an exclusion: equal keys are allowed in it. */
export const INDEXES = `
  WITH keys AS MATERIALIZED (
    SELECT ix.indexrelid AS index, json_agg(a.attname ORDER BY k.place) AS keys,
      json_agg(
        CASE WHEN k.sorted_under <> 0 AND k.sorted_under <> a.attcollation THEN format('%I.%I', cn.nspname, co.collname) END
        ORDER BY k.place) AS key_collations,
      bool_and(coalesce(co.collisdeterministic, true)) AS deterministic_collation,
      bool_and(oc.opcdefault) AND count(DISTINCT k.flags & 1) = 1 AS row_order
    FROM pg_index ix
    CROSS JOIN LATERAL unnest(ix.indkey::int2[], ix.indcollation::oid[], ix.indclass::oid[], ix.indoption::int2[])
      WITH ORDINALITY AS k (attnum, sorted_under, class, flags, place)
    LEFT JOIN pg_attribute a ON a.attrelid = ix.indrelid AND a.attnum = k.attnum AND k.attnum <> 0
    LEFT JOIN pg_collation co ON co.oid = k.sorted_under
    LEFT JOIN pg_namespace cn ON cn.oid = co.collnamespace
    LEFT JOIN pg_opclass oc ON oc.oid = k.class
    WHERE k.place <= ix.indnkeyatts
    GROUP BY ix.indexrelid
  )
  SELECT ix.indrelid::text AS relation, i.relname AS name, ix.indisunique AND NOT ix.indisexclusion AS "unique",
    ix.indisprimary AS "primary", ix.indisvalid AS valid, am.amname AS method, ix.indpred IS NOT NULL AS partial,
    NOT ix.indimmediate AS deferrable, ix.indnullsnotdistinct AS nulls_not_distinct,
    pg_get_indexdef(ix.indexrelid) AS definition, wn.nspname AS whole_schema, w.relname AS whole_name,
    keys.keys, keys.key_collations, keys.deterministic_collation, keys.row_order
  FROM pg_index ix
  JOIN keys ON keys.index = ix.indexrelid
  JOIN pg_class i ON i.oid = ix.indexrelid
  JOIN pg_am am ON am.oid = i.relam
  JOIN pg_class c ON c.oid = ix.indrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_inherits h ON h.inhrelid = i.oid
  LEFT JOIN pg_class w ON w.oid = h.inhparent
  LEFT JOIN pg_namespace wn ON wn.oid = w.relnamespace
  WHERE ${USER_SCHEMA}
  ORDER BY ix.indrelid, i.relname`;

/**
 * A foreign key towards a partitioned table has one more row per partition of it, on the same referencing table: those only
 * carry triggers, and are left out.
 */
export const CONSTRAINTS = `
  SELECT k.conrelid::text AS relation, k.conname AS name, k.contype::text AS kind, k.convalidated AS validated,
    k.condeferrable AS deferrable, pg_get_constraintdef(k.oid) AS definition,
    CASE WHEN k.contype = 'f' THEN whole.conname END AS part_of, nullif(k.confrelid, 0)::text AS foreign_relation, fn.nspname AS foreign_schema, f.relname AS foreign_name,
    coalesce(to_json(k.conkey), '[]') AS attnums, coalesce(to_json(k.confkey), '[]') AS foreign_attnums
  FROM pg_constraint k
  JOIN pg_class c ON c.oid = k.conrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_class f ON f.oid = k.confrelid
  LEFT JOIN pg_namespace fn ON fn.oid = f.relnamespace
  LEFT JOIN pg_constraint whole ON whole.oid = k.conparentid
  LEFT JOIN pg_constraint up ON up.oid = k.conparentid AND up.conrelid = k.conrelid
  WHERE ${USER_SCHEMA} AND k.contype IN ('p', 'u', 'f', 'c', 'x', 'n') AND up.oid IS NULL
  ORDER BY k.conrelid, k.conname`;

/** Without the mirrors of windows, whose functions are the journal's. The bits of tgtype: 4 INSERT, 8 DELETE, 16 UPDATE, 32 TRUNCATE (catalog/pg_trigger.h of the server). */
export const TRIGGERS = `
  SELECT g.tgrelid::text AS relation, g.tgname AS name, pg_get_triggerdef(g.oid) AS definition, g.tgenabled::text AS enabled,
    (SELECT coalesce(json_agg(event ORDER BY place), '[]')
     FROM (VALUES (1, 4, 'insert'), (2, 16, 'update'), (3, 8, 'delete'), (4, 32, 'truncate')) AS list (place, bit, event)
     WHERE g.tgtype & bit <> 0) AS events
  FROM pg_trigger g
  JOIN pg_class c ON c.oid = g.tgrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_proc p ON p.oid = g.tgfoid
  WHERE ${USER_SCHEMA} AND NOT g.tgisinternal AND p.pronamespace IS DISTINCT FROM to_regnamespace('lockstep')
  ORDER BY g.tgrelid, g.tgname`;

/** By what the mirrors are called: `00 lockstep plan/step: mapping i`. A long name is cut, and ends in a digest. */
export const OPEN_WINDOWS = `
  SELECT DISTINCT g.tgrelid::text AS relation, (regexp_match(g.tgname, '^00 lockstep ([^:]+?)(: .*)? .$'))[1] AS name
  FROM pg_trigger g
  JOIN pg_class c ON c.oid = g.tgrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_proc p ON p.oid = g.tgfoid
  WHERE ${USER_SCHEMA} AND NOT g.tgisinternal AND p.pronamespace = to_regnamespace('lockstep') AND g.tgname LIKE '00 lockstep %'
  ORDER BY relation, name`;

export const FUNCTIONS = `
  SELECT n.nspname AS schema, p.proname AS name, oidvectortypes(p.proargtypes) AS arguments, p.provolatile::text AS volatility,
    CASE p.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END AS kind
  FROM pg_proc p
  JOIN pg_namespace n ON n.oid = p.pronamespace
  WHERE ${USER_SCHEMA}
  ORDER BY 1, 2, 3`;
