/** `lockstep plan`: compiles against a database in READ ONLY transactions and says what would happen. */
import type { Database } from '../executor/session.js';
import { hasErrors, type Diagnostic } from '../kernel/diagnostic.js';
import { planReport, type PlanReport } from '../report/plan-report.js';
import type { CompiledForDatabase } from './compile-for-database.js';
import { compileForDatabase } from './compile-for-database.js';
import { EXIT, type CommandResult, type ExitCode } from './command-result.js';
import { guarded } from './guarded.js';
import { knownRun } from './known-run.js';
import { openPlan, type PlanInput } from './open-plan.js';
import { savePlan } from './saved-plan.js';
import type { Plan } from '../document/plan.js';

export interface PlanOptions extends PlanInput {
  readonly database: Database;
  /** Exit 2 where `apply` would do something. */
  readonly detailedExitCode?: boolean;
  /** Where to save what was compiled. */
  readonly out?: string;
}

export function planCommand(options: PlanOptions): Promise<CommandResult<PlanReport>> {
  return guarded(async () => {
    const opened = await openPlan(options);
    if (!opened.ok)
      return { exit: exitFor(opened.diagnostics), report: null, diagnostics: opened.diagnostics, next: [] };
    const compiled = await compileForDatabase(opened.value, options.database);
    const diagnostics = [...opened.diagnostics, ...compiled.diagnostics];
    const report = reportOf(opened.value, compiled);
    if (report === null) return { exit: exitFor(diagnostics), report, diagnostics, next: [] };
    const known = await knownRun(options.database, opened.value.name);
    const pending = known?.status !== 'done' || known.sourceDigest !== opened.value.sourceDigest;
    const exit = pending && options.detailedExitCode === true ? EXIT.changesPending : EXIT.done;
    if (options.out === undefined)
      return { exit, report, diagnostics, next: pending ? [`lockstep apply ${options.file}`] : [] };
    await savePlan(options.out, opened.value, compiled);
    return { exit, report, diagnostics, next: [`lockstep apply ${options.out} --expect-digest ${report.digest}`] };
  });
}

export function reportOf(plan: Plan, { compiled, estimates }: CompiledForDatabase): PlanReport | null {
  if (compiled === undefined) return null;
  const { database, user, version } = compiled.catalog.server;
  const { graph, digest } = compiled;
  return planReport({ graph, digest, description: plan.description, server: { database, user, version }, estimates });
}

/** A plan whose only fault is a missing consent is not wrong, it is not approved; one that only this server refuses may run elsewhere. */
export function exitFor(diagnostics: readonly Diagnostic[]): ExitCode {
  const errors = diagnostics.filter((diagnostic) => diagnostic.severity === 'error');
  if (!hasErrors(diagnostics)) return EXIT.done;
  if (errors.every((error) => CONSENT_CODES.has(error.code))) return EXIT.notApproved;
  if (errors.every((error) => ENVIRONMENT_CODES.has(error.code))) return EXIT.failed;
  return EXIT.planInvalid;
}

/** Hazards without consent; a saved plan that is not the one that was approved. */
const CONSENT_CODES: ReadonlySet<string> = new Set(['LS6201', 'LS6202', 'LS6301', 'LS9020']);
/** Refused by the server that was named, not by the plan. */
const ENVIRONMENT_CODES: ReadonlySet<string> = new Set([
  'LS6105',
  'LS6106',
  'LS8002',
  'LS8003',
  'LS8004',
  'LS9001',
  'LS9017',
]);
