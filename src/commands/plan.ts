/** `lockstep plan`: compiles against a database in READ ONLY transactions and says what would happen. */
import type { Database } from '../executor/session.js';
import type { Diagnostic } from '../kernel/diagnostic.js';
import { planReport, type PlanReport } from '../report/plan-report.js';
import { refuseOutside } from './behind-pooler.js';
import { compileForDatabase, serverLineOf, type CompiledForDatabase } from './compile-for-database.js';
import { EXIT, type CommandResult } from './command-result.js';
import { exitFor } from './exit-for.js';
import { foretell } from './foretell.js';
import { guarded } from './guarded.js';
import { journalNotReadable, readableRun } from './known-run.js';
import { openPlan, type PlanInput } from './open-plan.js';
import { savePlan } from './saved-plan.js';
import { withSchemaDatabase } from './schema-database.js';
import type { Plan } from '../document/plan.js';

export interface PlanOptions extends PlanInput {
  readonly database: Database;
  /** Exit 2 where `apply` would do something. */
  readonly detailedExitCode?: boolean;
  /** Where to save what was compiled. */
  readonly out?: string;
  /** The file that the database was made of, where it was made for this. */
  readonly schemaFile?: string;
  /** The role whose rights are judged; absent: the current user's. */
  readonly role?: string;
  /** VOLATILE functions in checks and conditions are refused. */
  readonly strict?: boolean;
}

export interface PlanForSchemaOptions extends Omit<PlanOptions, 'database'> {
  readonly schemaFile: string;
  /** Hears what is being done before there is a plan, a line each. */
  readonly tell: (line: string) => void;
}

export function planCommand(options: PlanOptions): Promise<CommandResult<PlanReport>> {
  return guarded(async () => {
    const opened = await openPlan(options);
    if (!opened.ok)
      return { exit: exitFor(opened.diagnostics), report: null, diagnostics: opened.diagnostics, next: [] };
    const compiled = await compileAsAsked(opened.value, options);
    const found = options.schemaFile === undefined ? await foretell(opened.value, compiled.compiled, options) : [];
    // Where the plan is only looked at it is a warning: it may be run over another connection.
    const shared = compiled.compiled === undefined ? [] : refuseOutside(options.database, compiled.compiled.graph);
    const warned = shared.map((one): Diagnostic => ({ ...one, severity: 'warning' }));
    const diagnostics = [...opened.diagnostics, ...compiled.diagnostics, ...found, ...warned];
    const report = reportOf(opened.value, compiled);
    if (report === null) return { exit: exitFor(diagnostics), report, diagnostics, next: [] };
    const known = await readableRun(options.database, opened.value.name);
    if (known === 'not readable') diagnostics.push(journalNotReadable());
    const pending =
      known === 'not readable' || known?.status !== 'done' || known.sourceDigest !== opened.value.sourceDigest;
    const exit = pending && options.detailedExitCode === true ? EXIT.changesPending : EXIT.done;
    if (options.out === undefined)
      return { exit, report, diagnostics, next: pending ? [`lockstep apply ${options.file}`] : [] };
    await savePlan(options.out, opened.value, compiled);
    return { exit, report, diagnostics, next: [`lockstep apply ${options.out} --expect-digest ${report.digest}`] };
  });
}

async function compileAsAsked(
  plan: Plan,
  { database, schemaFile, role, strict = false }: PlanOptions,
): Promise<CompiledForDatabase> {
  const compiled = await compileForDatabase(plan, database, {
    privileges: 'told',
    strict,
    definitionsOnly: schemaFile !== undefined,
    ...(role !== undefined && { role }),
  });
  // A table without rows has no number of rows to foretell; the server would guess one.
  return schemaFile === undefined ? compiled : { ...compiled, estimates: {}, schemaFile };
}

/** `lockstep plan --schema`: against a file of definitions instead of a database. */
export function planForSchemaCommand({
  schemaFile,
  tell,
  ...options
}: PlanForSchemaOptions): Promise<CommandResult<PlanReport>> {
  return guarded(() =>
    withSchemaDatabase(schemaFile, tell, async ({ database, warnings }) => {
      const result = await planCommand({ ...options, database, schemaFile });
      return { ...result, diagnostics: [...warnings, ...result.diagnostics] };
    }),
  );
}

export function reportOf(plan: Plan, { compiled, estimates, schemaFile }: CompiledForDatabase): PlanReport | null {
  if (compiled === undefined) return null;
  const { graph, digest } = compiled;
  const server = serverLineOf(compiled, schemaFile);
  return planReport({ graph, digest, description: plan.description, server, estimates });
}
