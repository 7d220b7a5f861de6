/** `lockstep show SAVED`: what a saved plan says, without a database; with one, whether it would still run so. */
import type { Database } from '../executor/session.js';
import { planReport, type PlanReport } from '../report/plan-report.js';
import { compileForDatabase } from './compile-for-database.js';
import { commandDiagnostic, EXIT, refusal, type CommandResult } from './command-result.js';
import { guarded } from './guarded.js';
import { openPlanOrSaved, type PlanInput } from './open-plan.js';
import { exitFor } from './exit-for.js';
import { differencesFrom } from './saved-plan.js';

export interface ShowOptions extends PlanInput {
  /** Null: only what the file says. */
  readonly database: Database | null;
}

export function showCommand(options: ShowOptions): Promise<CommandResult<PlanReport>> {
  return guarded(async () => {
    const opened = await openPlanOrSaved(options);
    if (!opened.ok)
      return { exit: exitFor(opened.diagnostics), report: null, diagnostics: opened.diagnostics, next: [] };
    const { plan, saved } = opened.value;
    if (saved === null) {
      return refusal(EXIT.failed, 'LS9017', {
        detail: `\`${options.file}\` is a plan, not a saved one.`,
        help: `lockstep plan ${options.file} --out FILE`,
      });
    }
    const report = planReport(saved);
    const next = [`lockstep apply ${options.file} --expect-digest ${saved.digest}`];
    if (options.database === null) return { exit: EXIT.done, report, diagnostics: [], next };
    const now = await compileForDatabase(plan, options.database);
    const stale =
      now.compiled === undefined ? ['it does not compile against this database'] : differencesFrom(saved, now);
    if (stale.length === 0) return { exit: EXIT.done, report, diagnostics: [], next };
    const told = commandDiagnostic('LS9021', {
      detail: stale.slice(0, 20).join('\n'),
      help: 'save it again before it is approved',
    });
    return {
      exit: EXIT.done,
      report,
      diagnostics: [{ ...told, severity: 'warning' }],
      next: [`lockstep plan ${saved.file} --out ${options.file}`],
    };
  });
}
