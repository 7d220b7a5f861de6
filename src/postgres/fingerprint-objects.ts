/**
 * The SQL of a fingerprint, second half: what is no part of a relation. Rows as in `fingerprint-relations`.
 *
 * What an extension owns is spoken for by the extension's version, and is left out; its relations are not, because a table
 * of an extension can be altered, nor are the grants on its functions.
 * Also left out: text search objects, operator classes, languages, transforms, conversions, subscriptions, user mappings
 * (they hold passwords), security labels, large objects, and what belongs to the cluster or the database as a whole.
 */
import { USER_SCHEMA } from './catalog-queries.js';
import { grantsOf } from './fingerprint-relations.js';

export function belongsToExtension(catalog: string, oid: string): string {
  return `EXISTS (SELECT FROM pg_depend e
    WHERE e.classid = '${catalog}'::regclass AND e.objid = ${oid} AND e.objsubid = 0 AND e.deptype = 'e')`;
}

const SCHEMA = `
  SELECT format('schema %I', n.nspname),
    concat_ws(', ', 'owner ' || quote_ident(pg_get_userbyid(n.nspowner)),
      ${grantsOf(`coalesce(n.nspacl, acldefault('n', n.nspowner))`)}),
    NULL::json, NULL::json
  FROM pg_namespace n
  WHERE ${USER_SCHEMA}`;

/** A function that a trigger calls hangs on the trigger's table: its body is part of how the table behaves. */
export const FUNCTION = `
  SELECT format('function %I.%I(%s)', n.nspname, p.proname, oidvectortypes(p.proargtypes)),
    CASE WHEN member THEN '' ELSE
      concat_ws(', ', 'owner ' || quote_ident(pg_get_userbyid(p.proowner)),
        CASE WHEN p.prokind = 'a' THEN 'aggregate returns ' || pg_get_function_result(p.oid) END,
        to_jsonb(ag)::text) || ', ' END
    || coalesce(${grantsOf(`CASE WHEN member THEN p.proacl ELSE coalesce(p.proacl, acldefault('f', p.proowner)) END`)}, '')
    || CASE WHEN member OR p.prokind = 'a' THEN '' ELSE E'\\n' || pg_get_functiondef(p.oid) END,
    NULL::json,
    (SELECT json_agg(DISTINCT jsonb_build_array(cn.nspname, c.relname))
     FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid JOIN pg_namespace cn ON cn.oid = c.relnamespace
     WHERE g.tgfoid = p.oid AND NOT g.tgisinternal)
  FROM pg_proc p
  JOIN pg_namespace n ON n.oid = p.pronamespace
  CROSS JOIN LATERAL (SELECT ${belongsToExtension('pg_proc', 'p.oid')} AS member) AS extension
  LEFT JOIN LATERAL (
    SELECT a.aggkind, a.aggnumdirectargs, a.aggtransfn, a.aggfinalfn, a.aggcombinefn, a.aggserialfn, a.aggdeserialfn,
      a.aggmtransfn, a.aggminvtransfn, a.aggmfinalfn, a.aggfinalextra, a.aggmfinalextra, a.aggfinalmodify,
      a.aggmfinalmodify, a.aggsortop::regoperator AS aggsortop, format_type(a.aggtranstype, NULL) AS aggtranstype,
      a.aggtransspace, format_type(nullif(a.aggmtranstype, 0), NULL) AS aggmtranstype, a.aggmtransspace, a.agginitval,
      a.aggminitval, p.proparallel
    FROM pg_aggregate a WHERE a.aggfnoid = p.oid
  ) AS ag ON true
  WHERE ${USER_SCHEMA} AND (NOT member OR p.proacl IS NOT NULL)`;

const TYPE = `
  SELECT format('type %I.%I', n.nspname, t.typname),
    concat_ws(', ',
      CASE t.typtype WHEN 'e' THEN 'enum' WHEN 'd' THEN 'domain' WHEN 'c' THEN 'composite' WHEN 'r' THEN 'range'
        ELSE 'base' END,
      CASE WHEN NOT t.typisdefined THEN 'shell' END,
      'owner ' || quote_ident(pg_get_userbyid(t.typowner)),
      (SELECT string_agg(quote_literal(l.enumlabel), ' ' ORDER BY l.enumsortorder) FROM pg_enum l WHERE l.enumtypid = t.oid),
      CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod) END,
      CASE WHEN t.typtype = 'd' AND t.typcollation <> b.typcollation THEN 'collate ' || t.typcollation::regcollation END,
      CASE WHEN t.typnotnull THEN 'not null' END,
      'default ' || t.typdefault,
      (SELECT string_agg(format('constraint %I %s', k.conname, pg_get_constraintdef(k.oid)), ', '
        ORDER BY k.conname COLLATE "C") FROM pg_constraint k WHERE k.contypid = t.oid),
      (SELECT string_agg(concat_ws(' ', quote_ident(a.attname), format_type(a.atttypid, a.atttypmod),
          CASE WHEN a.attcollation <> at.typcollation THEN 'collate ' || a.attcollation::regcollation END), ', '
        ORDER BY a.attnum)
       FROM pg_attribute a JOIN pg_type at ON at.oid = a.atttypid
       WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped),
      (SELECT concat_ws(' ', 'of', format_type(r.rngsubtype, NULL), 'multirange', format_type(r.rngmultitypid, NULL),
          'operators', (SELECT format('%I.%I', cn.nspname, oc.opcname) FROM pg_opclass oc
            JOIN pg_namespace cn ON cn.oid = oc.opcnamespace WHERE oc.oid = r.rngsubopc),
          'collate ' || nullif(r.rngcollation, 0)::regcollation, r.rngcanonical, r.rngsubdiff)
       FROM pg_range r WHERE r.rngtypid = t.oid),
      CASE WHEN t.typtype = 'b' THEN concat_ws(' ', t.typinput, t.typoutput, t.typreceive, t.typsend, t.typmodin,
        t.typmodout, t.typanalyze, t.typlen, t.typbyval, t.typalign, t.typstorage, t.typcategory, t.typispreferred) END,
      ${grantsOf(`coalesce(t.typacl, acldefault('T', t.typowner))`)}),
    NULL::json, NULL::json
  FROM pg_type t
  JOIN pg_namespace n ON n.oid = t.typnamespace
  LEFT JOIN pg_type b ON b.oid = t.typbasetype
  LEFT JOIN pg_class c ON c.oid = t.typrelid
  WHERE ${USER_SCHEMA}
    AND (t.typtype IN ('e', 'd', 'r') OR t.typtype = 'p' AND NOT t.typisdefined
      OR t.typtype = 'b' AND t.typcategory <> 'A' OR c.relkind = 'c')
    AND NOT ${belongsToExtension('pg_type', 't.oid')}`;

const COLLATION = `
  SELECT format('collation %I.%I', n.nspname, o.collname),
    (to_jsonb(o) - ARRAY['oid', 'collname', 'collnamespace', 'collowner', 'collversion']
      || jsonb_build_object('owner', pg_get_userbyid(o.collowner)))::text,
    NULL::json, NULL::json
  FROM pg_collation o
  JOIN pg_namespace n ON n.oid = o.collnamespace
  WHERE ${USER_SCHEMA} AND NOT ${belongsToExtension('pg_collation', 'o.oid')}`;

const OPERATOR = `
  SELECT 'operator ' || o.oid::regoperator,
    concat_ws(' ', o.oprcode, 'owner', quote_ident(pg_get_userbyid(o.oprowner)), o.oprcanmerge, o.oprcanhash,
      nullif(o.oprcom, 0)::regoperator, nullif(o.oprnegate, 0)::regoperator, o.oprrest, o.oprjoin),
    NULL::json, NULL::json
  FROM pg_operator o
  JOIN pg_namespace n ON n.oid = o.oprnamespace
  WHERE ${USER_SCHEMA} AND NOT ${belongsToExtension('pg_operator', 'o.oid')}`;

/** Casts have no schema. Those that initdb made have an oid below 16384, where the server starts counting for users. */
const CAST = `
  SELECT format('cast %s as %s', format_type(x.castsource, NULL), format_type(x.casttarget, NULL)),
    concat_ws(' ', x.castcontext, x.castmethod, nullif(x.castfunc, 0)::regprocedure),
    NULL::json, NULL::json
  FROM pg_cast x
  WHERE x.oid >= 16384 AND NOT ${belongsToExtension('pg_cast', 'x.oid')}`;

/** Options may name hosts and users: compared, never shown. */
const SERVER = `
  SELECT format('server %I', s.srvname),
    concat_ws(', ', s.srvtype, s.srvversion, format('wrapper %I', w.fdwname),
      'owner ' || quote_ident(pg_get_userbyid(s.srvowner)), 'options ' || sha256(s.srvoptions::text::bytea),
      ${grantsOf(`coalesce(s.srvacl, acldefault('S', s.srvowner))`)}),
    NULL::json, NULL::json
  FROM pg_foreign_server s
  JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw`;

const EXTENSION = `
  SELECT format('extension %I', x.extname),
    format('version %s, schema %I, owner %I', x.extversion, n.nspname, pg_get_userbyid(x.extowner)),
    NULL::json, NULL::json
  FROM pg_extension x
  JOIN pg_namespace n ON n.oid = x.extnamespace`;

/** ALTER … DEPENDS ON EXTENSION. */
const EXTENSION_DEPENDENCY = `
  SELECT format('dependency of %s %s on extension %I', o.type, o.identity, x.extname), '', NULL::json, NULL::json
  FROM pg_depend d
  JOIN pg_extension x ON x.oid = d.refobjid
  CROSS JOIN LATERAL pg_identify_object(d.classid, d.objid, d.objsubid) AS o
  WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'x'`;

/**
 * Objects from oid 16384 on are the users' (the schema public, 2200, as well); a comment on a part of a relation names its
 * schema only in the address, not as its own.
 */
export const COMMENT = `
  SELECT format('comment on %s %s', o.type, o.identity), d.description,
    CASE WHEN c.oid IS NOT NULL THEN json_build_array(cn.nspname, c.relname) END, NULL::json
  FROM pg_description d
  CROSS JOIN LATERAL pg_identify_object(d.classoid, d.objoid, d.objsubid) AS o
  CROSS JOIN LATERAL pg_identify_object_as_address(d.classoid, d.objoid, d.objsubid) AS address
  LEFT JOIN LATERAL (
    SELECT coalesce(
      CASE d.classoid WHEN 'pg_class'::regclass THEN coalesce(
        (SELECT i.indrelid FROM pg_index i WHERE i.indexrelid = d.objoid), d.objoid) END,
      (SELECT k.conrelid FROM pg_constraint k WHERE d.classoid = 'pg_constraint'::regclass AND k.oid = d.objoid),
      (SELECT g.tgrelid FROM pg_trigger g WHERE d.classoid = 'pg_trigger'::regclass AND g.oid = d.objoid),
      (SELECT r.ev_class FROM pg_rewrite r WHERE d.classoid = 'pg_rewrite'::regclass AND r.oid = d.objoid),
      (SELECT p.polrelid FROM pg_policy p WHERE d.classoid = 'pg_policy'::regclass AND p.oid = d.objoid),
      (SELECT s.stxrelid FROM pg_statistic_ext s WHERE d.classoid = 'pg_statistic_ext'::regclass AND s.oid = d.objoid)
    ) AS oid
  ) AS at ON true
  LEFT JOIN pg_class c ON c.oid = at.oid AND c.relkind <> 'c'
  LEFT JOIN pg_namespace cn ON cn.oid = c.relnamespace
  LEFT JOIN pg_namespace n ON n.nspname = coalesce(o.schema,
    CASE WHEN o.type IN ('table constraint', 'trigger', 'rule', 'policy', 'schema') THEN address.object_names[1] END)
  WHERE (d.objoid >= 16384 OR d.classoid = 'pg_namespace'::regclass AND d.objoid = 2200)
    AND d.classoid <> 'pg_largeobject'::regclass
    AND (n.oid IS NULL OR ${USER_SCHEMA})
    AND NOT EXISTS (SELECT FROM pg_depend e
      WHERE e.classid = d.classoid AND e.objid = d.objoid AND e.objsubid = 0 AND e.deptype = 'e')`;

/** As JSON, because 18 knows an option more than 15. */
const PUBLICATION = `
  SELECT format('publication %I', p.pubname),
    (to_jsonb(p) - ARRAY['oid', 'pubname', 'pubowner'] || jsonb_build_object('owner', pg_get_userbyid(p.pubowner)))::text,
    NULL::json, NULL::json
  FROM pg_publication p`;

export const PUBLICATION_TABLE = `
  SELECT format('publication %I of table %I.%I', p.pubname, n.nspname, c.relname),
    coalesce(nullif(concat_ws(' ',
      'columns (' || (SELECT string_agg(quote_ident(a.attname), ' ' ORDER BY a.attname COLLATE "C")
        FROM unnest(r.prattrs::int2[]) AS listed JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = listed) || ')',
      'where ' || pg_get_expr(r.prqual, r.prrelid)), ''), 'all columns and rows'),
    json_build_array(n.nspname, c.relname), NULL::json
  FROM pg_publication_rel r
  JOIN pg_publication p ON p.oid = r.prpubid
  JOIN pg_class c ON c.oid = r.prrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE ${USER_SCHEMA}`;

const PUBLICATION_SCHEMA = `
  SELECT format('publication %I of schema %I', p.pubname, n.nspname), '', NULL::json, NULL::json
  FROM pg_publication_namespace r
  JOIN pg_publication p ON p.oid = r.pnpubid
  JOIN pg_namespace n ON n.oid = r.pnnspid
  WHERE ${USER_SCHEMA}`;

const EVENT_TRIGGER = `
  SELECT format('event trigger %I', v.evtname),
    concat_ws(', ', v.evtevent, v.evtfoid::regprocedure, 'owner ' || quote_ident(pg_get_userbyid(v.evtowner)),
      'tags ' || v.evttags::text,
      CASE v.evtenabled WHEN 'A' THEN 'enabled always' WHEN 'R' THEN 'enabled on replicas' WHEN 'D' THEN 'disabled' END),
    NULL::json, NULL::json
  FROM pg_event_trigger v
  WHERE NOT ${belongsToExtension('pg_event_trigger', 'v.oid')}`;

const DEFAULT_PRIVILEGES = `
  SELECT format('default privileges of %I on %s%s', pg_get_userbyid(a.defaclrole),
      CASE a.defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'functions'
        WHEN 'T' THEN 'types' WHEN 'n' THEN 'schemas' ELSE a.defaclobjtype::text END,
      CASE WHEN n.oid IS NOT NULL THEN format(' in schema %I', n.nspname) END),
    coalesce(${grantsOf('a.defaclacl')}, 'no grants'),
    NULL::json, NULL::json
  FROM pg_default_acl a
  LEFT JOIN pg_namespace n ON n.oid = a.defaclnamespace
  WHERE n.oid IS NULL OR ${USER_SCHEMA}`;

export const OBJECT_DEFINITIONS = [
  SCHEMA,
  FUNCTION,
  TYPE,
  COLLATION,
  OPERATOR,
  CAST,
  SERVER,
  EXTENSION,
  EXTENSION_DEPENDENCY,
  COMMENT,
  PUBLICATION,
  PUBLICATION_TABLE,
  PUBLICATION_SCHEMA,
  EVENT_TRIGGER,
  DEFAULT_PRIVILEGES,
] as const;
