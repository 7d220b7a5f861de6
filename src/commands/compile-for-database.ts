/**
 * Compiles a plan against a database in READ ONLY transactions: a dry run cannot write. Owns reading the catalog, asking
 * the server to plan each statement, and where that is not possible yet.
 */
import { fingerprintOf, restrictTo, type Definitions } from '../catalog/fingerprint.js';
import { OTHER_WINDOW } from '../document/other-window.js';
import type { Plan } from '../document/plan.js';
import type { Database } from '../executor/session.js';
import { hasErrors, type Diagnostic } from '../kernel/diagnostic.js';
import { compilePlan, type CompiledPlan, type Surroundings } from '../planner/compile-plan.js';
import { windowsOfPlans } from '../postgres/journal/windows-of-plans.js';
import { readCatalog } from '../postgres/read-catalog.js';
import { readFingerprint } from '../postgres/read-fingerprint.js';
import type { Estimates, ServerLine } from '../report/plan-report.js';
import { loadGrammar } from '../sql/grammar.js';
import { askSuspicions } from './ask-suspicions.js';
import { askServer } from './ask-server.js';

export interface CompiledForDatabase {
  /** Undefined where the diagnostics hold an error. */
  readonly compiled: CompiledPlan | undefined;
  readonly estimates: Estimates;
  /** Of everything in the database, for the comparison after a way back. */
  readonly definitions: Definitions;
  readonly diagnostics: readonly Diagnostic[];
  /** The file that the database was made of, where it was made for this. */
  readonly schemaFile?: string;
}

export function serverLineOf({ catalog }: CompiledPlan, schemaFile: string | undefined): ServerLine {
  const { database, user, version } = catalog.server;
  return { database, user, version, ...(schemaFile !== undefined && { schemaFile }) };
}

/** Whatever in a plan may name a window of another one. */
function namesWithSlash(value: unknown): readonly string[] {
  if (typeof value === 'string') return OTHER_WINDOW.test(value) ? [value] : [];
  if (typeof value !== 'object' || value === null) return [];
  return [...new Set(Object.values(value).flatMap(namesWithSlash))];
}

/** `definitionsOnly`: nobody runs the plan there. Who is trusted is asked where somebody does. Rejects with a DatabaseError. */
export async function compileForDatabase(
  plan: Plan,
  database: Database,
  {
    definitionsOnly = false,
    ...options
  }: Pick<Surroundings, 'withoutWindows'> & { readonly definitionsOnly?: boolean } = {},
): Promise<CompiledForDatabase> {
  const grammar = await loadGrammar();
  return database.transaction(
    async (session) => {
      const { trust, ...read } = await readCatalog(session);
      const catalog = trust === undefined || definitionsOnly ? read : { ...read, trust };
      const definitions = await readFingerprint(session);
      const fingerprint = (relations: readonly string[]): string => fingerprintOf(restrictTo(definitions, relations));
      const windows = await windowsOfPlans(session, plan.name, namesWithSlash(plan.source.value));
      const outcome = compilePlan(plan, catalog, { grammar, fingerprint, windows, ...options });
      if (!outcome.ok) return { compiled: undefined, estimates: {}, definitions, diagnostics: outcome.diagnostics };
      const { estimates, diagnostics: refused } = await askServer(session, outcome.value, plan);
      const diagnostics = [...outcome.diagnostics, ...refused, ...(await askSuspicions(session, outcome.value))];
      return { compiled: hasErrors(diagnostics) ? undefined : outcome.value, estimates, definitions, diagnostics };
    },
    { readOnly: true, isolation: 'repeatable read' },
  );
}
