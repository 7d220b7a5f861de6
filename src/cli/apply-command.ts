/** `lockstep apply PLAN`. */
import { applyCommand, type ApplyReport } from '../commands/apply.js';
import { placeOfCheck } from '../commands/check-place.js';
import type { CommandResult } from '../commands/command-result.js';
import type { RunOptions } from '../commands/execute-run.js';
import { estimateRows } from '../commands/estimate-rows.js';
import { openPlan } from '../commands/open-plan.js';
import { checksOfGate } from '../operation/gate.js';
import type { OperationGraph } from '../operation/operation-graph.js';
import { systemClock } from '../kernel/clock.js';
import type { Estimates } from '../report/plan-report.js';
import { agreement } from './agreement.js';
import { answerOf, planInput, type Answer, type Invocation } from './invocation.js';
import { progressWriter, type ProgressWriter } from './progress-writer.js';
import { showReport } from './show-report.js';
import { withDatabase } from './with-database.js';

export interface RunFlags {
  readonly resolve: Readonly<Record<string, 'done' | 'again'>>;
  readonly acceptDrift?: boolean;
  /** Milliseconds. */
  readonly timeBudget?: number;
  readonly ignoreThrottle: readonly string[];
}

export interface ApplyFlags extends RunFlags {
  readonly expectDigest?: string;
}

export async function apply(file: string, invocation: Invocation<ApplyFlags>): Promise<Answer> {
  const { options, terminal } = invocation;
  const input = planInput(file, invocation);
  const goOn = `lockstep apply ${file}`;
  const progress = progressWriter(terminal, systemClock, { asEvents: options.json === true });
  return withDatabase(invocation, { goOn, quiet: progress.pause }, async ({ database, stop }) => {
    let estimates: Estimates = {};
    const agreed = agreement(invocation, stop, 'Apply this?');
    const result = await applyCommand({
      ...input,
      database,
      approvers: invocation.targets.approvers,
      stop,
      resolve: options.resolve,
      acceptDrift: options.acceptDrift === true,
      ...stopsOf(invocation, progress),
      ignoreThrottle: options.ignoreThrottle,
      ...(options.expectDigest !== undefined && { expectDigest: options.expectDigest }),
      observe: progress.observe,
      agree: (report) => {
        estimates = Object.fromEntries(
          report.operations.flatMap(({ id, rows }) => (rows === null ? [] : [[id, rows]])),
        );
        return agreed.ask(report);
      },
      begin: (graph, resumed) => {
        progress.begin(graph, estimates);
        // Only for the percentages: the run does not wait for them, and goes on without.
        if (resumed) estimateRows(graph, database).then(progress.learn, () => undefined);
      },
    }).finally(progress.end);
    const refused = agreed.refusal(goOn);
    if (refused !== undefined) return refused;
    const places = result.exit === 0 ? {} : await checkPlaces(result, input);
    return {
      ...answerOf(result, (report, view) => showReport.apply(report, view, places), {
        nextAre: result.report?.outcome === 'waiting' ? 'then' : 'or',
        ...agreed.note(),
      }),
      result: { ...result, report: withoutGraph(result.report) },
    };
  });
}

/** What `executeRun` is told of stops that do not come from this terminal. */
export function stopsOf(
  { options, terminal }: Invocation<RunFlags>,
  progress: Pick<ProgressWriter, 'pause'>,
): Pick<RunOptions, 'timeBudgetMs' | 'stopping'> {
  return {
    ...(options.timeBudget !== undefined && { timeBudgetMs: options.timeBudget }),
    stopping(why) {
      progress.pause();
      terminal.err.write(`Stopping: ${why}; what is done is kept.\n`);
    },
  };
}

/** `file:line:column` by operation; the file was read before, but may have gone meanwhile. */
async function checkPlaces(
  { report }: CommandResult<ApplyReport>,
  input: Parameters<typeof openPlan>[0],
): Promise<Readonly<Record<string, string>>> {
  const opened = report === null ? undefined : await openPlan(input);
  if (report === null || opened?.ok !== true) return {};
  const places: Record<string, string> = {};
  const ids = report.graph.operations.flatMap((operation) =>
    operation.kind === 'check'
      ? [operation.id]
      : operation.kind === 'gate'
        ? checksOfGate(operation).map(({ id }) => id)
        : [],
  );
  for (const id of ids) {
    const span = placeOfCheck(id, opened.value);
    if (span !== undefined) places[id] = `${span.file}:${span.start.line}:${span.start.column}`;
  }
  return places;
}

/** `plan --json` prints the graph; the report of a run names its digest. */
export function withoutGraph(report: { readonly graph: OperationGraph } | null): object | null {
  return report === null ? null : Object.fromEntries(Object.entries(report).filter(([member]) => member !== 'graph'));
}
