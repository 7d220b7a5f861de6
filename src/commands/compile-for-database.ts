/**
 * Compiles a plan against a database in READ ONLY transactions: a dry run cannot write. Owns reading the catalog, asking
 * the server to plan each statement, and where that is not possible yet.
 */
import { fingerprintOf, restrictTo, type Definitions } from '../catalog/fingerprint.js';
import { OTHER_WINDOW } from '../document/other-window.js';
import type { Plan } from '../document/plan.js';
import type { Database } from '../executor/session.js';
import type { CatalogSnapshot } from '../catalog/catalog-snapshot.js';
import { hasErrors, type Diagnostic, type Outcome } from '../kernel/diagnostic.js';
import { compilePlan, type CompiledPlan, type Surroundings } from '../planner/compile-plan.js';
import { windowsOfPlans } from '../postgres/journal/windows-of-plans.js';
import { readCatalog } from '../postgres/read-catalog.js';
import { readFingerprint } from '../postgres/read-fingerprint.js';
import type { Estimates, ServerLine } from '../report/plan-report.js';
import { loadGrammar } from '../sql/grammar.js';
import { asRole } from '../postgres/read-privileges.js';
import { askSuspicions } from './ask-suspicions.js';
import { askServer } from './ask-server.js';
import { commandDiagnostic } from './command-result.js';
import { refuseDistributed, refuseOtherEngine } from './refuse-engine.js';
import { journalNeeds, judgeRunner } from './runner-needs.js';
import { volatileFunctions } from './volatile-functions.js';

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

export interface CompileOptions extends Pick<Surroundings, 'withoutWindows' | 'onlyReads'> {
  /**
   * What is lacking is an error (`needed`: the default, for whoever is about to run it), a warning (`told`), or nothing
   * (`ignored`, for whoever only asks the checks).
   */
  readonly privileges?: 'needed' | 'told' | 'ignored';
  /** Whose rights are judged; absent: those of the current user. */
  readonly role?: string;
  /** VOLATILE functions in checks are refused. */
  readonly strict?: boolean;
  /** Nobody runs the plan there: who is trusted is asked where somebody does. */
  readonly definitionsOnly?: boolean;
}

function noSuchRole(role: string, definitions: Definitions): CompiledForDatabase {
  const detail = `The server has no role \`${role}\`.`;
  const diagnostic = commandDiagnostic('LS9066', { detail, help: 'name one of pg_roles' });
  return { compiled: undefined, estimates: {}, definitions, diagnostics: [diagnostic] };
}

/** Rejects with a DatabaseError. */
export async function compileForDatabase(
  plan: Plan,
  database: Database,
  options: CompileOptions = {},
): Promise<CompiledForDatabase> {
  const grammar = await loadGrammar();
  return database.transaction(
    async (session) => {
      const { privileges = 'needed', role, strict = false, definitionsOnly = false, ...surroundings } = options;
      const elsewhere = await refuseOtherEngine(session);
      if (elsewhere.length > 0) return { compiled: undefined, estimates: {}, definitions: {}, diagnostics: elsewhere };
      const { trust, ...definitionsRead } = await readCatalog(session);
      const read = trust === undefined || definitionsOnly ? definitionsRead : { ...definitionsRead, trust };
      const catalog = role === undefined ? read : await asRole(session, read, role);
      if (catalog === undefined) return noSuchRole(role!, await readFingerprint(session));
      const definitions = await readFingerprint(session);
      const fingerprint = (relations: readonly string[]): string => fingerprintOf(restrictTo(definitions, relations));
      const windows = await windowsOfPlans(session, plan.name, namesWithSlash(plan.source.value));
      const compile = (known: CatalogSnapshot): Outcome<CompiledPlan> =>
        compilePlan(plan, known, { grammar, fingerprint, windows, ...surroundings });
      const { outcome, needs } =
        privileges === 'needed' ? { outcome: compile(catalog), needs: [] } : judgeRunner(catalog, compile);
      const needed = privileges === 'told' ? [...needs, ...(await journalNeeds(session, catalog.server.user))] : [];
      if (!outcome.ok)
        return { compiled: undefined, estimates: {}, definitions, diagnostics: [...outcome.diagnostics, ...needed] };
      const asked = await askServer(session, outcome.value, plan, privileges !== 'needed');
      const called = await volatileFunctions(session, outcome.value.graph, { plan, grammar, strict });
      const suspected = await askSuspicions(session, outcome.value);
      const distributed = await refuseDistributed(session, outcome.value.graph, outcome.diagnostics);
      const diagnostics = [
        ...outcome.diagnostics,
        ...needed,
        ...asked.diagnostics,
        ...called,
        ...suspected,
        ...distributed,
      ];
      const compiled = hasErrors(diagnostics) ? undefined : { ...outcome.value, catalog: read };
      return { compiled, estimates: asked.estimates, definitions, diagnostics };
    },
    { readOnly: true, isolation: 'repeatable read' },
  );
}
