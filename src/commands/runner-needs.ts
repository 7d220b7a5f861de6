/**
 * What the role that runs a plan will need, told as warnings: who only looks at a plan need not be able to run it. The plan is
 * compiled for the role that is judged; where that one lacks something, for the owner of everything, and what is lacking is said.
 */
import type { CatalogSnapshot } from '../catalog/catalog-snapshot.js';
import type { Session } from '../executor/session.js';
import type { Diagnostic, Outcome } from '../kernel/diagnostic.js';
import type { CompiledPlan } from '../planner/compile-plan.js';
import { LOCK_MODES } from '../sql/lock-mode.js';
import { quoteIdentifier } from '../sql/identifier.js';
import { FITNESS_CODES } from '../steps/fitness-codes.js';

const PRIVILEGE_CODES: ReadonlySet<string> = new Set(['LS6105', 'LS6106', 'LS6108', 'LS6503']);

/** From here on a lock is asked for by what changes the table's definition, which its owner may do. */
const OWNERS = LOCK_MODES.indexOf('SHARE UPDATE EXCLUSIVE');

export interface Judged {
  readonly outcome: Outcome<CompiledPlan>;
  /** Warnings; empty where the role may do all of it. */
  readonly needs: readonly Diagnostic[];
}

/** `catalog`: with the rights of the role that is judged. */
export function judgeRunner(
  catalog: CatalogSnapshot,
  compile: (catalog: CatalogSnapshot) => Outcome<CompiledPlan>,
): Judged {
  const outcome = compile(catalog);
  const lacking = outcome.diagnostics.filter(({ code }) => PRIVILEGE_CODES.has(code));
  const all = lacking.length > 0 ? compile(asOwner(catalog)) : outcome;
  const notOwned = all.ok ? ownersNeeded(all.value, catalog) : [];
  const outcomeOfOwner = lacking.length === 0 && notOwned.length > 0 ? compile(asOwner(catalog)) : all;
  const needs = lacking.map((told): Diagnostic => ({ ...told, severity: 'warning' }));
  return { outcome: outcomeOfOwner, needs: [...needs, ...notOwned] };
}

function asOwner(catalog: CatalogSnapshot): CatalogSnapshot {
  const relations = Object.entries(catalog.relations).map(
    ([key, relation]) => [key, { ...relation, privileges: ALL }] as const,
  );
  const server = { ...catalog.server, bypassesRowSecurity: true, maySuppressTriggers: true };
  return { ...catalog, server, relations: Object.fromEntries(relations) };
}

const ALL = ['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER', 'OWNER'] as const;

/** Definitions are changed by owners alone: no privilege of a table stands for that. */
function ownersNeeded({ graph }: CompiledPlan, { relations, server }: CatalogSnapshot): readonly Diagnostic[] {
  const changed = new Set(
    graph.operations.flatMap((operation) =>
      operation.kind !== 'statement'
        ? []
        : operation.locks.filter(({ mode }) => LOCK_MODES.indexOf(mode) >= OWNERS).map(({ relation }) => relation),
    ),
  );
  return [...changed].sort().flatMap((key): readonly Diagnostic[] => {
    const relation = relations[key];
    if (relation === undefined || relation.privileges.includes('OWNER')) return [];
    return [
      {
        code: 'LS6105',
        severity: 'warning',
        summary: FITNESS_CODES.LS6105.summary,
        detail: `\`${key}\` belongs to \`${relation.owner}\`, and \`${server.user}\` is no member of it.`,
        help: `GRANT ${quoteIdentifier(relation.owner)} TO ${quoteIdentifier(server.user)}`,
      },
    ];
  });
}

/** Whether the role may have a journal; empty: it may, or there is one. */
export async function journalNeeds(session: Session, role: string): Promise<readonly Diagnostic[]> {
  const { rows } = await session.query<{ database: string; there: boolean; may: boolean; owner: string | null }>(
    JOURNAL,
    [role],
  );
  const found = rows[0];
  if (found === undefined || found.may) return [];
  const quoted = quoteIdentifier(role);
  const detail = found.there
    ? `The journal, schema \`lockstep\`, belongs to \`${found.owner!}\`, and \`${role}\` is no member of it.`
    : `There is no journal, and \`${role}\` may not create its schema in \`${found.database}\`.`;
  const help = found.there
    ? `GRANT ${quoteIdentifier(found.owner!)} TO ${quoted}`
    : `CREATE SCHEMA lockstep AUTHORIZATION ${quoted}; \`lockstep roles\` prints all that a runner needs`;
  return [{ code: 'LS6105', severity: 'warning', summary: FITNESS_CODES.LS6105.summary, detail, help }];
}

const JOURNAL = `
  SELECT pg_catalog.current_database() AS database, n.oid IS NOT NULL AS there, o.rolname AS owner,
    CASE WHEN n.oid IS NULL THEN pg_catalog.has_database_privilege(r.oid, pg_catalog.current_database(), 'CREATE')
      ELSE pg_catalog.pg_has_role(r.oid, n.nspowner, 'MEMBER') END AS may
  FROM pg_catalog.pg_roles AS r LEFT JOIN pg_catalog.pg_namespace AS n ON n.nspname = 'lockstep'
  LEFT JOIN pg_catalog.pg_roles AS o ON o.oid = n.nspowner
  WHERE r.rolname::text = $1`;
