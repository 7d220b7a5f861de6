/** What another role than the current one may do, for a plan that is judged for whoever will run it. Anybody may ask that. */
import type { CatalogSnapshot, Privilege } from '../catalog/catalog-snapshot.js';
import type { Session } from '../executor/session.js';

interface ServerRow {
  readonly bypasses_row_security: boolean;
  readonly may_suppress_triggers: boolean;
}

interface RelationRow {
  readonly oid: string;
  readonly privileges: readonly Privilege[];
  readonly owns: boolean;
}

/** The catalog as that role would have read it; undefined where the server has no such role. */
export async function asRole(
  session: Session,
  catalog: CatalogSnapshot,
  role: string,
): Promise<CatalogSnapshot | undefined> {
  const { rows: servers } = await session.query<ServerRow>(SERVER, [role]);
  const server = servers[0];
  if (server === undefined) return undefined;
  const { rows } = await session.query<RelationRow>(RELATIONS, [role, relationsOf(catalog)]);
  const found = new Map(rows.map((row) => [Number(row.oid), row]));
  const relations = Object.entries(catalog.relations).map(([key, relation]) => {
    const row = found.get(relation.oid);
    const privileges = row === undefined ? [] : row.owns ? [...row.privileges, 'OWNER' as const] : row.privileges;
    return [key, { ...relation, privileges }] as const;
  });
  return {
    ...catalog,
    server: {
      ...catalog.server,
      user: role,
      bypassesRowSecurity: server.bypasses_row_security,
      maySuppressTriggers: server.may_suppress_triggers,
    },
    relations: Object.fromEntries(relations),
  };
}

function relationsOf({ relations }: CatalogSnapshot): readonly string[] {
  return Object.values(relations).map(({ oid }) => String(oid));
}

const SERVER = `
  SELECT r.rolsuper OR r.rolbypassrls AS bypasses_row_security,
    pg_catalog.has_parameter_privilege(r.oid, 'session_replication_role', 'SET') AS may_suppress_triggers
  FROM pg_catalog.pg_roles AS r WHERE r.rolname::text = $1`;

const RELATIONS = `
  SELECT c.oid::text AS oid,
    (SELECT coalesce(pg_catalog.json_agg(wanted ORDER BY place), '[]')
     FROM pg_catalog.unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER'])
       WITH ORDINALITY AS list (wanted, place)
     WHERE pg_catalog.has_table_privilege(r.oid, c.oid, wanted)) AS privileges,
    pg_catalog.pg_has_role(r.oid, c.relowner, 'USAGE') AS owns
  FROM pg_catalog.pg_class AS c, pg_catalog.pg_roles AS r
  WHERE r.rolname::text = $1 AND c.oid::text = ANY ($2::text[])`;
