/** `lockstep apply`: begins a run, or goes on with the one there is. */
import type { Plan } from '../document/plan.js';
import type { Database } from '../executor/session.js';
import type { Diagnostic } from '../kernel/diagnostic.js';
import { canonicalJson } from '../kernel/digest.js';
import { touchedBy } from '../operation/definition-scope.js';
import type { OperationGraph } from '../operation/operation-graph.js';
import { migrate } from '../postgres/journal/migrate.js';
import { moveRun } from '../postgres/journal/move-run.js';
import { runReport, type RunReport } from '../postgres/journal/run-report.js';
import { beginRun, type StoredRun } from '../postgres/journal/runs.js';
import { rewritingJobs } from '../postgres/rewriting-jobs.js';
import { windowsNotToBeHad } from '../postgres/journal/window-claims.js';
import type { PlanReport } from '../report/plan-report.js';
import { refuseOutside } from './behind-pooler.js';
import { compileForDatabase, type CompiledForDatabase } from './compile-for-database.js';
import { EXIT, refusal, type CommandResult } from './command-result.js';
import { driftRefusal, keysOf } from './drift.js';
import { endOfTurn, whyOf } from './end-of-turn.js';
import { EXECUTOR, executeRun, holdingRun, MOVED, takeOverAsKnown, type RunOptions } from './execute-run.js';
import { exitFor } from './exit-for.js';
import { guarded } from './guarded.js';
import { knownRun, liveRunsTouching, type LiveRun } from './known-run.js';
import { refuseOtherTarget } from './other-target.js';
import { openPlanOrSaved, type OpenedPlan, type PlanInput } from './open-plan.js';
import { differencesFrom } from './saved-plan.js';
import { wayBackFrom } from './way-back.js';
import { reportOf } from './plan.js';

export interface ApplyOptions extends PlanInput, RunOptions {
  /** Shown what a new run would do; false: it is not begun. Not asked when going on. */
  readonly agree: (report: PlanReport) => Promise<boolean>;
  /** Exactly this is run, or nothing; of a saved plan its own. */
  readonly expectDigest?: string;
  /** Told the graph before it is walked, for progress. */
  readonly begin?: (graph: OperationGraph, resumed: boolean) => void;
}

export interface ApplyReport {
  readonly run: RunReport;
  readonly graph: OperationGraph;
  /** `nothing to do`: the plan was done before, and nothing was written. */
  readonly outcome: 'done' | 'nothing to do' | 'waiting' | 'blocked' | 'stopped' | 'failed' | 'fenced';
  /** Why it has stopped, where somebody asked for it. */
  readonly why: string | null;
}

export function applyCommand(options: ApplyOptions): Promise<CommandResult<ApplyReport>> {
  return guarded(async () => {
    const opened = await openPlanOrSaved(options);
    if (!opened.ok)
      return { exit: exitFor(opened.diagnostics), report: null, diagnostics: opened.diagnostics, next: [] };
    for (;;) {
      const result = await applyPlan(opened.value, opened.diagnostics, options);
      if (result !== MOVED) return result;
    }
  });
}

async function applyPlan(
  { plan, saved }: OpenedPlan,
  warnings: readonly Diagnostic[],
  options: ApplyOptions,
): Promise<CommandResult<ApplyReport> | typeof MOVED> {
  const { database, file, expectDigest = saved?.digest } = options;
  const known = await knownRun(database, plan.name);
  const underWay = known !== undefined && known.status !== 'rolled back';
  const elsewhere = underWay ? refuseOtherTarget(known, plan.target) : undefined;
  if (elsewhere !== undefined) return elsewhere;
  if (underWay && expectDigest !== undefined && known.graphDigest !== expectDigest) {
    return otherThanExpected([`\`${known.name}\` runs ${known.graphDigest}, expected is ${expectDigest}`], file);
  }
  if (known?.status === 'done') return finishedBefore(known, plan, options);
  if (underWay) {
    const refused =
      refuseToGoOn(known, plan, file) ?? notThroughPooler(database, JSON.parse(known.graph) as OperationGraph);
    return refused ?? holdingRun(database, plan.name, () => goOn(known, options));
  }
  const compiled = await compileForDatabase(plan, database);
  const diagnostics = [...warnings, ...compiled.diagnostics];
  const report = reportOf(plan, compiled);
  if (report === null) return { exit: exitFor(diagnostics), report: null, diagnostics, next: [] };
  const { digest, graph } = compiled.compiled!;
  if (expectDigest !== undefined && digest !== expectDigest) {
    const differences = saved === null ? [`digest: ${expectDigest} → ${digest}`] : differencesFrom(saved, compiled);
    return otherThanExpected(differences.length > 0 ? differences : [`digest: ${expectDigest} → ${digest}`], file);
  }
  const shared = notThroughPooler(database, graph);
  if (shared !== undefined) return shared;
  if (graph.steps.length === 0) return { exit: EXIT.done, report: null, diagnostics, next: [] };
  const others = await liveRunsTouching(database, graph);
  if (others.length > 0) return runsInTheWay(others);
  const jobs = await database.transaction((session) => rewritingJobs(session, touchedBy(graph)), { readOnly: true });
  if (jobs.length > 0)
    return refusal(EXIT.heldByAnother, 'LS9070', { detail: jobs.join('\n'), help: 'let it end, then apply again' });
  if (!(await options.agree(report)))
    return { exit: EXIT.notApproved, report: null, diagnostics, next: [`lockstep plan ${file}`] };
  const result = await holdingRun(database, plan.name, () => begin(plan, compiled, known?.ordinal ?? 0, options));
  return result === MOVED ? MOVED : { ...result, diagnostics: [...diagnostics, ...result.diagnostics] };
}

function notThroughPooler(database: Database, graph: OperationGraph): CommandResult<never> | undefined {
  const diagnostics = refuseOutside(database, graph);
  return diagnostics.length === 0 ? undefined : { exit: EXIT.failed, report: null, diagnostics, next: [] };
}

function otherThanExpected(differences: readonly string[], file: string): CommandResult<never> {
  const help = 'look at the differences, save the plan again, and have that approved';
  return {
    ...refusal(EXIT.notApproved, 'LS9021', { detail: differences.slice(0, 30).join('\n'), help }),
    next: [`lockstep plan ${file}`],
  };
}

function runsInTheWay(others: readonly LiveRun[]): CommandResult<never> {
  const lines = others.map(({ run, relations }) => `\`${run}\` has not ended and touches ${relations.join(', ')}.`);
  const refused = refusal(EXIT.heldByAnother, 'LS9019', {
    detail: lines.join('\n'),
    help: 'finish that run or take it back first',
  });
  return { ...refused, next: others.map(({ run }) => `lockstep status ${run}`) };
}

async function finishedBefore(run: StoredRun, plan: Plan, options: ApplyOptions): Promise<CommandResult<ApplyReport>> {
  if (run.sourceDigest !== plan.sourceDigest)
    return otherText(run, plan, 'has finished with another text or other params', 'give the changed plan a new name');
  const report = await options.database.withSession((session) => runReport(session, run.id, options.approvers));
  const graph = JSON.parse(run.graph) as OperationGraph;
  return {
    exit: EXIT.done,
    report: { run: report, graph, outcome: 'nothing to do', why: null },
    diagnostics: [],
    next: [],
  };
}

function refuseToGoOn(run: StoredRun, plan: Plan, file: string): CommandResult<ApplyReport> | undefined {
  if (run.direction === 'rollback') {
    return {
      ...refusal(EXIT.notApproved, 'LS9007', {
        detail: `\`${run.name}\` is on its way back.`,
        help: 'finish the way back first',
      }),
      next: [`lockstep rollback ${file}`],
    };
  }
  if (run.sourceDigest === plan.sourceDigest) return undefined;
  return otherText(
    run,
    plan,
    'began with another text or other params',
    'restore the text and the params to go on, or take the run back first',
  );
}

function otherText(run: StoredRun, plan: Plan, what: string, help: string): CommandResult<never> {
  const detail = `\`${run.name}\` ${what}: it has ${run.sourceDigest}, the plan now has ${plan.sourceDigest}.`;
  return { ...refusal(EXIT.notApproved, 'LS9005', { detail, help }), next: [`lockstep status ${run.name}`] };
}

async function begin(
  plan: Plan,
  { compiled, definitions }: CompiledForDatabase,
  latest: number,
  options: ApplyOptions,
): Promise<CommandResult<ApplyReport> | typeof MOVED> {
  const { database } = options;
  const { graph } = compiled!;
  // Whoever held the plan before us may have run all of it.
  if (((await knownRun(database, plan.name))?.ordinal ?? 0) !== latest) return MOVED;
  await database.withSession((session) => migrate(session));
  const run = await database.transaction(async (session) => {
    const refused = await windowsNotToBeHad(session, graph);
    if (refused.length > 0) return refused;
    return beginRun(session, {
      graph,
      sourceDigest: plan.sourceDigest,
      params: plan.params,
      fingerprintBefore: canonicalJson(definitions),
      executor: EXECUTOR,
      latest,
    });
  });
  if (!('id' in run))
    return refusal(EXIT.heldByAnother, 'LS9037', {
      detail: run.join('\n'),
      help: 'let that run end, or take it back first',
    });
  options.begin?.(graph, false);
  return walk(graph, run, options);
}

async function goOn(known: StoredRun, options: ApplyOptions): Promise<CommandResult<ApplyReport> | typeof MOVED> {
  const { database } = options;
  await database.withSession((session) => migrate(session));
  const graph = JSON.parse(known.graph) as OperationGraph;
  const taken = await takeOverAsKnown(known, [graph], options, async (session, run) => {
    await moveRun(session, run, 'running');
    return true;
  });
  if (taken === MOVED) return MOVED;
  if ('drift' in taken) return drifted(known, taken.drift, options.file);
  const { run } = taken;
  options.begin?.(graph, true);
  return walk(graph, run, options);
}

function drifted(run: StoredRun, drift: readonly string[], file: string): CommandResult<never> {
  const command = `lockstep apply ${file}`;
  return driftRefusal(run, drift, { command, next: [command, `lockstep rollback ${file} --plan`] });
}

async function walk(
  graph: OperationGraph,
  run: Parameters<typeof executeRun>[1],
  options: ApplyOptions,
): Promise<CommandResult<ApplyReport>> {
  const { file, database } = options;
  const end = await executeRun(graph, run, keysOf([graph]), options);
  const report = await database.withSession((session) => runReport(session, run.id, options.approvers));
  // Of a closed window there is none, nor of a step whose author wanted none.
  const back = wayBackFrom(graph, report.operations).ok ? [`lockstep rollback ${file}`] : [];
  const turn = endOfTurn(end, graph, { file, goOn: `lockstep apply ${file}`, back });
  const replay = report.quarantined.length > 0 ? [`lockstep replay ${report.run.name}`] : [];
  const next = [...replay, ...(end.state === 'done' ? back : turn.next)];
  return { ...turn, report: { run: report, graph, outcome: end.state, why: whyOf(end) }, next };
}
