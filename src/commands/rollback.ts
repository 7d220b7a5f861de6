/** `lockstep rollback`: shows the way back of a run, takes it, and compares the catalog with what it was before. */
import type { RunHandle } from '../executor/journal.js';
import type { Session } from '../executor/session.js';
import type { OperationGraph } from '../operation/operation-graph.js';
import { acceptRecorded } from '../postgres/journal/accept-recorded.js';
import { postgresJournal } from '../postgres/journal/journal.js';
import { beginRollback } from '../postgres/journal/begin-rollback.js';
import { migrate } from '../postgres/journal/migrate.js';
import { moveRun } from '../postgres/journal/move-run.js';
import { runReport, type RunReport } from '../postgres/journal/run-report.js';
import type { StoredRun } from '../postgres/journal/runs.js';
import { standingOn, type StandsOn } from '../postgres/journal/window-claims.js';
import { planReport, type PlanReport } from '../report/plan-report.js';
import { graphDigest } from '../operation/operation-graph.js';
import { refuseOutside } from './behind-pooler.js';
import { commandDiagnostic, EXIT, refusal, type CommandResult } from './command-result.js';
import { driftRefusal, keysOf } from './drift.js';
import { endOfTurn, whyOf } from './end-of-turn.js';
import { executeRun, holdingRun, MOVED, takeOverAsKnown, type RunOptions } from './execute-run.js';
import { guarded } from './guarded.js';
import { namedRun, type RunName } from './named-run.js';
import { driftSince } from './known-run.js';
import { untoldRows } from './untold-rows.js';
import { wayBackFrom } from './way-back.js';

export interface RollbackOptions extends RunOptions, RunName {
  /** As the user typed it, for the commands that come next. */
  readonly argument: string;
  /** Shown the way back before it is taken; false: it is not. Not asked when going on. */
  readonly agree: (report: PlanReport) => Promise<boolean>;
  /** Writes that one side of a window did not take stay so: the way back goes on over them. */
  readonly acceptRecorded?: boolean;
  /** Only show it. */
  readonly onlyShow: boolean;
  readonly begin?: (graph: OperationGraph, resumed: boolean) => void;
}

export interface RollbackReport {
  readonly wayBack: PlanReport;
  readonly run: RunReport;
  readonly graph: OperationGraph;
  readonly outcome: 'shown' | 'done' | 'nothing to do' | 'waiting' | 'blocked' | 'stopped' | 'failed' | 'fenced';
  /** Why it has stopped, where somebody asked for it. */
  readonly why: string | null;
  /** How the catalog differs from what it was before the run; null until the way back has ended. */
  readonly drift: readonly string[] | null;
}

export function rollbackCommand(options: RollbackOptions): Promise<CommandResult<RollbackReport>> {
  return guarded(async () => {
    for (;;) {
      const result = await rollBackOnce(options);
      if (result !== MOVED) return result;
    }
  });
}

async function rollBackOnce(options: RollbackOptions): Promise<CommandResult<RollbackReport> | typeof MOVED> {
  const { database, argument } = options;
  const named = await namedRun(options);
  if (!named.ok) return named.refused;
  const { run } = named;
  const compiled = await database.withSession((session) => wayBackOf(run, session));
  if (!('graph' in compiled)) return compiled;
  const standing = await database.withSession((session) => standingOn(session, run, false));
  if (standing.length > 0 && run.status !== 'rolled back') return othersStandOn(run, standing);
  const { graph } = compiled;
  const wayBack = planReport({ graph, digest: graphDigest(graph), description: null, server: null, estimates: {} });
  const report = async (outcome: RollbackReport['outcome']): Promise<RollbackReport> => {
    const now = await database.withSession((session) => runReport(session, run.id, options.approvers));
    return { wayBack, run: now, graph, outcome, why: null, drift: null };
  };
  if (run.status === 'rolled back')
    return { exit: EXIT.done, report: await report('nothing to do'), diagnostics: [], next: [] };
  const shared = refuseOutside(database, graph);
  if (shared.length > 0 && !options.onlyShow) return { exit: EXIT.failed, report: null, diagnostics: shared, next: [] };
  const resumed = run.direction === 'rollback';
  if (options.onlyShow)
    return { exit: EXIT.done, report: await report('shown'), diagnostics: [], next: [`lockstep rollback ${argument}`] };
  if (!resumed && !(await options.agree(wayBack)))
    return { exit: EXIT.notApproved, report: await report('shown'), diagnostics: [], next: [] };
  return holdingRun(database, run.plan, () => takeBack(run, graph, wayBack, resumed, options));
}

/** The stored way back where it was begun; else compiled from what the journal says was begun. */
async function wayBackOf(run: StoredRun, session: Session): Promise<{ graph: OperationGraph } | CommandResult<never>> {
  if (run.rollbackGraph !== null) return { graph: JSON.parse(run.rollbackGraph) as OperationGraph };
  const records = await postgresJournal.operations(session, run);
  const graph = JSON.parse(run.graph) as OperationGraph;
  const compiled = wayBackFrom(graph, records);
  if (compiled.ok) return { graph: compiled.graph };
  const lines = compiled.irreversible.map(({ operation, reason }) => `\`${operation}\`: ${reason}.`);
  return refusal(EXIT.failed, 'LS9010', { detail: lines.join('\n'), help: 'nothing was taken back' });
}

/** What a later plan has closed stays; what it has not, it can take back itself. */
function othersStandOn(run: StoredRun, standing: readonly StandsOn[]): CommandResult<never> {
  const closed = standing.filter(({ state }) => state === 'closed');
  if (closed.length > 0) {
    const lines = closed.map(({ name, run: by, at }) => `\`${name}\` was closed by \`${by}\` at ${at!}.`);
    return refusal(EXIT.failed, 'LS9010', { detail: lines.join('\n'), help: 'nothing was taken back' });
  }
  const lines = standing.map(({ name, state, run: by, at }) =>
    at === null
      ? `\`${by}\` goes on with \`${name}\`, and has not ended.`
      : `\`${by}\` has moved \`${name}\` at ${at}: ${state}.`,
  );
  const runs = [...new Set(standing.map(({ run: by }) => by))];
  return {
    ...refusal(EXIT.notApproved, 'LS9037', {
      detail: lines.join('\n'),
      help: `take ${runs.map((by) => `\`${by}\``).join(', ')} back before \`${run.name}\``,
    }),
    next: runs.map((by) => `lockstep rollback ${by}`),
  };
}

async function takeBack(
  known: StoredRun,
  graph: OperationGraph,
  wayBack: PlanReport,
  resumed: boolean,
  options: RollbackOptions,
): Promise<CommandResult<RollbackReport> | typeof MOVED> {
  const { database, argument } = options;
  await database.withSession((session) => migrate(session));
  const graphs = [JSON.parse(known.graph) as OperationGraph, graph];
  // One commit with the takeover: a process that has joined the run's batches sees the new epoch with the new direction.
  const turned = async (session: Session, run: RunHandle): Promise<boolean> => {
    // What was begun after the way back was shown must be taken back too, and be shown first.
    // So must a later plan's that goes on with a window of this one, which has begun since.
    if ((await standingOn(session, known, true)).length > 0) return false;
    const now = await wayBackOf(known, session);
    if (!('graph' in now) || graphDigest(now.graph) !== graphDigest(graph)) return false;
    if (options.acceptRecorded === true) await acceptRecorded(session, run);
    if (resumed) await moveRun(session, run, 'rolling back');
    else await beginRollback(session, run, graph);
    return true;
  };
  const taken = await takeOverAsKnown(known, graphs, options, turned);
  if (taken === MOVED) return MOVED;
  const command = `lockstep rollback ${argument}`;
  if ('drift' in taken) return driftRefusal(known, taken.drift, { command, next: [command] });
  const { run } = taken;
  options.begin?.(graph, resumed);
  const end = await executeRun(graph, run, keysOf(graphs), options);
  let turn = endOfTurn(end, graph, { file: argument, goOn: `lockstep rollback ${argument}`, back: [] });
  const drift =
    end.state === 'done'
      ? await database.transaction((session) => driftSince(session, known, keysOf(graphs)), { readOnly: true })
      : null;
  const after = await database.withSession((session) => runReport(session, run.id, options.approvers));
  const report: RollbackReport = { wayBack, run: after, graph, outcome: end.state, why: whyOf(end), drift };
  const untold = drift === null ? undefined : untoldRows(after);
  if (untold !== undefined) {
    turn = { ...turn, exit: EXIT.checkFailed, diagnostics: [...turn.diagnostics, untold] };
  }
  if (drift === null || drift.length === 0) return { ...turn, report };
  const detail = drift.slice(0, 20).join('\n');
  return {
    ...turn,
    exit: EXIT.checkFailed,
    report,
    diagnostics: [...turn.diagnostics, commandDiagnostic('LS9013', { detail })],
  };
}
