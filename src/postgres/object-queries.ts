/**
 * The SQL that reads how to make objects again, second half: what hangs on relations without being one, and what stands
 * beside them. Rows as in `object-relations`. Objects of extensions are the extension's, and are left out.
 */
import { USER_SCHEMA } from './catalog-queries.js';
import { belongsToExtension } from './fingerprint-objects.js';
import { aclOf, addressOf } from './object-relations.js';

/** With a schema go the default privileges in it, and its place in publications. */
const SCHEMA = `
  SELECT 'schema', json_build_array(n.nspname), NULL, ${addressOf('pg_namespace', 'n.oid')}, NULL, NULL::json,
    pg_get_userbyid(n.nspowner), format('CREATE SCHEMA %I', n.nspname),
    to_json(ARRAY(
      SELECT format('ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA %I GRANT %s ON %s TO %s%s', pg_get_userbyid(a.defaclrole),
        n.nspname, string_agg(x.privilege_type, ', ' ORDER BY x.privilege_type),
        CASE a.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'FUNCTIONS' ELSE 'TYPES' END,
        CASE WHEN x.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END,
        CASE WHEN x.is_grantable THEN ' WITH GRANT OPTION' END)
      FROM pg_default_acl a CROSS JOIN LATERAL aclexplode(a.defaclacl) AS x
      WHERE a.defaclnamespace = n.oid
      GROUP BY a.defaclrole, a.defaclobjtype, x.grantee, x.is_grantable
      ORDER BY 1
    ) || ARRAY(
      SELECT format('ALTER PUBLICATION %I ADD TABLES IN SCHEMA %I', p.pubname, n.nspname)
      FROM pg_publication_namespace r JOIN pg_publication p ON p.oid = r.pnpubid
      WHERE r.pnnspid = n.oid
      ORDER BY 1)),
    NULL,
    ${aclOf(`coalesce(n.nspacl, acldefault('n', n.nspowner))`)}, n.nspacl IS NULL, 'n'
  FROM pg_namespace n
  WHERE ${USER_SCHEMA} AND NOT ${belongsToExtension('pg_namespace', 'n.oid')}`;

/**
 * The triggers that a partitioned table has on its partitions come with its own, in its state: what differs there is set
 * after it. The statement reaches all partitions below.
 */
const TRIGGER = `
  SELECT 'trigger', json_build_array(n.nspname, c.relname, g.tgname), NULL, ${addressOf('pg_trigger', 'g.oid')},
    CASE WHEN up.oid IS NOT NULL THEN ${addressOf('pg_trigger', 'up.oid')}
      WHEN c.relkind = 'v' THEN ${addressOf('pg_class', 'c.oid')} END,
    json_build_array(n.nspname, c.relname), NULL, CASE WHEN up.oid IS NULL THEN pg_get_triggerdef(g.oid) END,
    to_json(array_remove(ARRAY[
      CASE WHEN g.tgenabled <> coalesce(up.tgenabled, 'O') THEN
        format('ALTER TABLE %s %s TRIGGER %I', c.oid::regclass,
          CASE g.tgenabled WHEN 'A' THEN 'ENABLE ALWAYS' WHEN 'R' THEN 'ENABLE REPLICA' WHEN 'D' THEN 'DISABLE' ELSE 'ENABLE' END,
          g.tgname) END], NULL)),
    NULL, NULL::json, true, NULL
  FROM pg_trigger g
  JOIN pg_class c ON c.oid = g.tgrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_trigger up ON up.oid = g.tgparentid
  WHERE ${USER_SCHEMA} AND NOT g.tgisinternal`;

const RULE = `
  SELECT 'rule', json_build_array(n.nspname, c.relname, r.rulename), NULL, ${addressOf('pg_rewrite', 'r.oid')},
    CASE WHEN c.relkind = 'v' THEN ${addressOf('pg_class', 'c.oid')} END,
    json_build_array(n.nspname, c.relname), NULL, rtrim(pg_get_ruledef(r.oid), ';'),
    to_json(array_remove(ARRAY[
      CASE WHEN r.ev_enabled <> 'O' THEN
        format('ALTER TABLE %s %s RULE %I', c.oid::regclass,
          CASE r.ev_enabled WHEN 'A' THEN 'ENABLE ALWAYS' WHEN 'R' THEN 'ENABLE REPLICA' ELSE 'DISABLE' END, r.rulename) END
    ], NULL)),
    NULL, NULL::json, true, NULL
  FROM pg_rewrite r
  JOIN pg_class c ON c.oid = r.ev_class
  JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE ${USER_SCHEMA} AND r.rulename <> '_RETURN'`;

const POLICY = `
  SELECT 'policy', json_build_array(n.nspname, c.relname, p.polname), NULL, ${addressOf('pg_policy', 'p.oid')}, NULL,
    json_build_array(n.nspname, c.relname), NULL,
    format('CREATE POLICY %I ON %s AS %s FOR %s TO %s', p.polname, c.oid::regclass,
      CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
      CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
      (SELECT string_agg(CASE WHEN member = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(member)) END, ', ')
       FROM unnest(p.polroles) AS member))
    || coalesce(' USING (' || pg_get_expr(p.polqual, p.polrelid) || ')', '')
    || coalesce(' WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')', ''),
    '[]'::json, NULL, NULL::json, true, NULL
  FROM pg_policy p
  JOIN pg_class c ON c.oid = p.polrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE ${USER_SCHEMA}`;

const STATISTICS = `
  SELECT 'statistics object', json_build_array(n.nspname, s.stxname), NULL, ${addressOf('pg_statistic_ext', 's.oid')},
    CASE WHEN c.relkind = 'm' THEN ${addressOf('pg_class', 'c.oid')} END,
    json_build_array(cn.nspname, c.relname), pg_get_userbyid(s.stxowner), pg_get_statisticsobjdef(s.oid),
    to_json(array_remove(ARRAY[
      CASE WHEN s.stxstattarget >= 0 THEN
        format('ALTER STATISTICS %I.%I SET STATISTICS %s', n.nspname, s.stxname, s.stxstattarget) END], NULL)),
    NULL, NULL::json, true, NULL
  FROM pg_statistic_ext s
  JOIN pg_namespace n ON n.oid = s.stxnamespace
  JOIN pg_class c ON c.oid = s.stxrelid
  JOIN pg_namespace cn ON cn.oid = c.relnamespace
  WHERE ${USER_SCHEMA}`;

/** The functions that make values of a range type come and go with the type. */
const FUNCTION = `
  SELECT CASE p.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END,
    json_build_array(n.nspname, p.proname), oidvectortypes(p.proargtypes), ${addressOf('pg_proc', 'p.oid')}, NULL, NULL::json,
    pg_get_userbyid(p.proowner), CASE WHEN p.prokind <> 'a' THEN rtrim(pg_get_functiondef(p.oid), E'\\n') END,
    '[]'::json, NULL,
    ${aclOf(`coalesce(p.proacl, acldefault('f', p.proowner))`)}, p.proacl IS NULL, 'f'
  FROM pg_proc p
  JOIN pg_namespace n ON n.oid = p.pronamespace
  WHERE ${USER_SCHEMA} AND NOT ${belongsToExtension('pg_proc', 'p.oid')}
    AND NOT EXISTS (SELECT FROM pg_depend i WHERE i.classid = 'pg_proc'::regclass AND i.objid = p.oid AND i.deptype = 'i')`;

/** A range type with a function that makes its values canonical needs a shell that the function is written for: not made. */
const TYPE = `
  SELECT 'type', json_build_array(n.nspname, t.typname), NULL, ${addressOf('pg_type', 't.oid')}, NULL, NULL::json,
    pg_get_userbyid(t.typowner),
    format('CREATE %s %I.%I', CASE t.typtype WHEN 'd' THEN 'DOMAIN' ELSE 'TYPE' END, n.nspname, t.typname) ||
    CASE
      WHEN NOT t.typisdefined THEN ''
      WHEN t.typtype = 'e' THEN format(' AS ENUM (%s)',
        (SELECT string_agg(quote_literal(l.enumlabel), ', ' ORDER BY l.enumsortorder) FROM pg_enum l WHERE l.enumtypid = t.oid))
      WHEN t.typtype = 'd' THEN ' AS ' || concat_ws(' ', format_type(t.typbasetype, t.typtypmod),
        CASE WHEN t.typcollation <> b.typcollation THEN 'COLLATE ' || t.typcollation::regcollation END,
        'DEFAULT ' || t.typdefault,
        CASE WHEN t.typnotnull AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'n')
          THEN 'NOT NULL' END)
      WHEN t.typtype = 'c' THEN format(' AS (%s)',
        (SELECT string_agg(concat_ws(' ', quote_ident(a.attname), format_type(a.atttypid, a.atttypmod),
           CASE WHEN a.attcollation <> at.typcollation THEN 'COLLATE ' || a.attcollation::regcollation END), ', '
           ORDER BY a.attnum)
         FROM pg_attribute a JOIN pg_type at ON at.oid = a.atttypid
         WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped))
      WHEN t.typtype = 'r' THEN (
        SELECT CASE WHEN r.rngcanonical = 0 THEN format(' AS RANGE (%s)', concat_ws(', ',
          'SUBTYPE = ' || format_type(r.rngsubtype, NULL),
          (SELECT format('SUBTYPE_OPCLASS = %I.%I', cn.nspname, oc.opcname) FROM pg_opclass oc
           JOIN pg_namespace cn ON cn.oid = oc.opcnamespace WHERE oc.oid = r.rngsubopc),
          'COLLATION = ' || nullif(r.rngcollation, 0)::regcollation,
          'SUBTYPE_DIFF = ' || nullif(r.rngsubdiff, 0)::regproc,
          (SELECT format('MULTIRANGE_TYPE_NAME = %I.%I', mn.nspname, m.typname) FROM pg_type m
           JOIN pg_namespace mn ON mn.oid = m.typnamespace WHERE m.oid = r.rngmultitypid))) END
        FROM pg_range r WHERE r.rngtypid = t.oid)
    END,
    '[]'::json, NULL,
    ${aclOf(`coalesce(t.typacl, acldefault('T', t.typowner))`)}, t.typacl IS NULL, CASE WHEN t.typisdefined THEN 'T' END
  FROM pg_type t
  JOIN pg_namespace n ON n.oid = t.typnamespace
  LEFT JOIN pg_type b ON b.oid = t.typbasetype
  LEFT JOIN pg_class c ON c.oid = t.typrelid
  WHERE ${USER_SCHEMA}
    AND (t.typtype IN ('e', 'd', 'r') OR t.typtype = 'p' AND NOT t.typisdefined
      OR t.typtype = 'b' AND t.typcategory <> 'A' OR c.relkind = 'c')
    AND NOT ${belongsToExtension('pg_type', 't.oid')}`;

/** Made one by one after the domain, as one that is not validated has to be anyway. */
const DOMAIN_CONSTRAINT = `
  SELECT 'domain constraint', json_build_array(n.nspname, t.typname, k.conname), NULL, ${addressOf('pg_constraint', 'k.oid')},
    ${addressOf('pg_type', 't.oid')}, NULL::json, NULL,
    format('ALTER DOMAIN %I.%I ADD CONSTRAINT %I ', n.nspname, t.typname, k.conname)
      || CASE k.contype WHEN 'n' THEN 'NOT NULL' ELSE pg_get_constraintdef(k.oid) END,
    '[]'::json, NULL, NULL::json, true, NULL
  FROM pg_constraint k
  JOIN pg_type t ON t.oid = k.contypid
  JOIN pg_namespace n ON n.oid = t.typnamespace
  WHERE ${USER_SCHEMA} AND NOT ${belongsToExtension('pg_type', 't.oid')}`;

const EXTENSION = `
  SELECT 'extension', json_build_array(x.extname), NULL, ${addressOf('pg_extension', 'x.oid')}, NULL, NULL::json, NULL, NULL,
    '[]'::json, NULL, NULL::json, true, NULL
  FROM pg_extension x`;

export const OTHER_OBJECTS = [
  SCHEMA,
  TRIGGER,
  RULE,
  POLICY,
  STATISTICS,
  FUNCTION,
  TYPE,
  DOMAIN_CONSTRAINT,
  EXTENSION,
] as const;

/** Of everything that is the users', also of kinds that are not read above: those under the identity that the server prints. */
export const COMMENTS = `
  SELECT d.classoid::regclass || '/' || d.objoid || '/' || d.objsubid AS address, d.description AS comment,
    o.type || ' ' || o.identity AS key
  FROM pg_description d
  CROSS JOIN LATERAL pg_identify_object(d.classoid, d.objoid, d.objsubid) AS o
  LEFT JOIN pg_namespace n ON n.nspname = o.schema
  WHERE (d.objoid >= 16384 OR d.classoid = 'pg_namespace'::regclass AND d.objoid = 2200 OR d.classoid = 'pg_extension'::regclass)
    AND d.classoid <> 'pg_largeobject'::regclass
    AND (n.oid IS NULL OR ${USER_SCHEMA})
    AND NOT EXISTS (SELECT FROM pg_depend e
      WHERE e.classid = d.classoid AND e.objid = d.objoid AND e.objsubid = 0 AND e.deptype = 'e')`;

export const EXTENSION_DEPENDENCIES = `
  SELECT d.classid::regclass || '/' || d.objid || '/' || d.objsubid AS address, x.extname AS extension
  FROM pg_depend d
  JOIN pg_extension x ON x.oid = d.refobjid
  WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'x'
  ORDER BY 1, 2`;

/** To whom something new may be granted by default, whoever makes it and wherever. */
export const DEFAULT_GRANTEES = `
  SELECT DISTINCT a.defaclobjtype::text AS grants_of, CASE WHEN x.grantee <> 0 THEN pg_get_userbyid(x.grantee) END AS grantee
  FROM pg_default_acl a CROSS JOIN LATERAL aclexplode(a.defaclacl) AS x
  ORDER BY 1, 2`;

/** Who would be in the way of dropping a view or a function; of a view also who has its rows for a type. */
export const USES = `
  SELECT DISTINCT used.address, CASE WHEN r.oid IS NULL THEN d.classid::regclass || '/' || d.objid || '/0'
      WHEN r.rulename = '_RETURN' THEN ${addressOf('pg_class', 'r.ev_class')} ELSE ${addressOf('pg_rewrite', 'r.oid')} END AS used_by,
    o.type || ' ' || o.identity AS called
  FROM pg_depend d
  LEFT JOIN pg_type t ON d.refclassid = 'pg_type'::regclass AND t.oid = d.refobjid
  LEFT JOIN pg_class c ON c.oid = CASE d.refclassid WHEN 'pg_class'::regclass THEN d.refobjid WHEN 'pg_type'::regclass THEN t.typrelid END
  LEFT JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
  CROSS JOIN LATERAL (
    SELECT CASE WHEN d.refclassid = 'pg_proc'::regclass THEN ${addressOf('pg_proc', 'd.refobjid')}
      ELSE ${addressOf('pg_class', 'c.oid')} END AS address) AS used
  CROSS JOIN LATERAL pg_identify_object(d.classid, d.objid, d.objsubid) AS o
  WHERE d.refobjid >= 16384 AND d.deptype = 'n' AND (d.refclassid = 'pg_proc'::regclass OR c.relkind IN ('v', 'm'))
    AND (r.oid IS NULL OR r.ev_class IS DISTINCT FROM c.oid)
  ORDER BY 1, 2`;
