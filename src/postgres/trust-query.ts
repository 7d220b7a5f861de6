/**
 * The SQL that reads whose code may run in what a plan sends (`catalog/trust`). One row; empty lists where everything belongs to
 * those who are trusted, which is the ordinary case.
 */
import { USER_SCHEMA } from './catalog-queries.js';

/**
 * A superuser may become anybody, and is not therefore at everybody's mercy. A group with nobody in it who may log in makes nothing.
 * `pg_database_owner` has one member, the owner of the database.
 */
export const TRUST = `
  WITH me AS (
    SELECT r.oid, r.rolsuper FROM pg_roles r WHERE r.rolname = current_user
  ), stranger AS (
    SELECT r.oid, r.rolname, r.rolcanlogin
    FROM pg_roles r, me
    WHERE NOT r.rolsuper AND r.oid <> me.oid AND r.rolname <> 'pg_database_owner'
      AND r.oid <> (SELECT d.datdba FROM pg_database d WHERE d.datname = current_database())
      AND NOT (NOT me.rolsuper
        AND pg_has_role(me.oid, r.oid, CASE WHEN current_setting('server_version_num')::int < 160000 THEN 'MEMBER' ELSE 'SET' END))
  ), schema AS (
    SELECT n.oid, n.nspname, n.nspowner, n.nspacl FROM pg_namespace n WHERE ${USER_SCHEMA}
  ), creator AS (
    SELECT s.nspname, s.nspowner = g.grantee AS owns, g.grantee
    FROM schema s
    CROSS JOIN LATERAL (
      SELECT a.grantee FROM aclexplode(coalesce(s.nspacl, acldefault('n', s.nspowner))) a WHERE a.privilege_type = 'CREATE'
      UNION SELECT s.nspowner
    ) g
    WHERE g.grantee = 0
      OR EXISTS (SELECT FROM stranger w WHERE w.oid = g.grantee)
        AND EXISTS (SELECT FROM stranger w WHERE w.rolcanlogin AND pg_has_role(w.oid, g.grantee, 'MEMBER'))
  ), object AS (
    SELECT 'function' AS kind, s.nspname, p.proname::text AS name, p.oid::regprocedure::text AS identity, p.proowner AS owner,
      CASE p.prokind WHEN 'a' THEN 'AGGREGATE' WHEN 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END AS called
    FROM pg_proc p JOIN schema s ON s.oid = p.pronamespace
    UNION ALL
    SELECT 'operator', s.nspname, o.oprname, o.oid::regoperator::text, w.owner, CASE WHEN w.owner = o.oprowner THEN 'OPERATOR' END
    FROM pg_operator o JOIN schema s ON s.oid = o.oprnamespace LEFT JOIN pg_proc f ON f.oid = o.oprcode
    CROSS JOIN LATERAL (SELECT o.oprowner AS owner UNION SELECT f.proowner WHERE f.oid IS NOT NULL) w
    UNION ALL
    SELECT 'type', s.nspname, t.typname, t.oid::regtype::text, t.typowner, CASE t.typtype WHEN 'd' THEN 'DOMAIN' ELSE 'TYPE' END
    FROM pg_type t JOIN schema s ON s.oid = t.typnamespace LEFT JOIN pg_class c ON c.oid = t.typrelid
    WHERE t.typcategory <> 'A' AND (c.oid IS NULL OR c.relkind = 'c')
    UNION ALL
    SELECT 'cast', s.nspname, k.casttarget::regtype::text, k.castsource::regtype || ' AS ' || k.casttarget::regtype, p.proowner, NULL
    FROM pg_cast k JOIN pg_proc p ON p.oid = k.castfunc JOIN schema s ON s.oid = p.pronamespace
  ), found AS (
    SELECT coalesce(r.rolname, 'PUBLIC') AS role, c.nspname AS schema, NULL::json AS owns,
      CASE WHEN c.owns THEN format('ALTER SCHEMA %I OWNER TO …', c.nspname)
        ELSE format('REVOKE CREATE ON SCHEMA %I FROM ', c.nspname) || coalesce(quote_ident(r.rolname), 'PUBLIC') END AS remedy,
      '' AS place
    FROM creator c LEFT JOIN pg_roles r ON r.oid = c.grantee
    UNION ALL
    SELECT w.rolname, o.nspname, json_build_object('kind', o.kind, 'name', o.name, 'identity', o.identity),
      coalesce(format('ALTER %s %s OWNER TO …', o.called, o.identity), format('make its function belong to another role (%s)', o.identity)),
      o.kind || o.identity
    FROM object o JOIN stranger w ON w.oid = o.owner
  )
  SELECT me.rolsuper AS superuser,
    (SELECT coalesce(json_agg(r.rolname ORDER BY r.rolname), '[]') FROM pg_roles r WHERE r.rolsuper) AS superusers,
    (SELECT coalesce(json_agg(json_build_object('role', f.role, 'schema', f.schema, 'owns', f.owns, 'remedy', f.remedy)
      ORDER BY f.schema, f.role, f.place), '[]') FROM found f) AS strangers
  FROM me`;
