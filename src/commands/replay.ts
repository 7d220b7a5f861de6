/** `lockstep replay`: writes the rows of a run that stand aside, each in a transaction of its own, once they are repaired. */
import { systemClock } from '../kernel/clock.js';
import type { Execution } from '../executor/execution.js';
import type { QuarantinedRow } from '../executor/journal.js';
import { replayRow, type Replayed } from '../executor/replay-row.js';
import type { Observe } from '../executor/run-event.js';
import { createSlots } from '../executor/slots.js';
import { NO_THROTTLE } from '../executor/throttle.js';
import type { BatchOperation } from '../operation/operation.js';
import type { OperationGraph } from '../operation/operation-graph.js';
import { postgresJournal } from '../postgres/journal/journal.js';
import { migrate } from '../postgres/journal/migrate.js';
import { quarantinedRows } from '../postgres/journal/quarantine.js';
import { postgresReplay } from '../postgres/journal/replay.js';
import type { StoredRun } from '../postgres/journal/runs.js';
import { commandDiagnostic, EXIT, refusal, type CommandResult } from './command-result.js';
import { deadlockTimeout, holdingRun } from './execute-run.js';
import { guarded } from './guarded.js';
import { namedRun, type RunName } from './named-run.js';

export interface ReplayOptions extends RunName {
  readonly observe: Observe;
  /** Aborted: the row at hand is the last. */
  readonly stop: AbortSignal;
}

export interface ReplayReport {
  readonly run: string;
  readonly written: number;
  /** Rows that the source does not have any more. */
  readonly gone: number;
  /** What stands aside now, with the latest errors. */
  readonly standing: readonly QuarantinedRow[];
}

export function replayCommand(options: ReplayOptions): Promise<CommandResult<ReplayReport>> {
  return guarded(async () => {
    const { database } = options;
    const named = await namedRun(options);
    if (!named.ok) return named.refused;
    const { run } = named;
    return holdingRun(database, run.plan, () => replay(run, options));
  });
}

async function replay(run: StoredRun, options: ReplayOptions): Promise<CommandResult<ReplayReport>> {
  const { database, stop } = options;
  if (run.direction === 'rollback') return takenBack(run);
  await database.withSession((session) => migrate(session));
  const rows = await database.withSession((session) => quarantinedRows(session, run.id));
  const ended = await replayRows(run, rows, options);
  if (ended.includes('taken back')) return takenBack(run);
  const standing = await database.withSession((session) => quarantinedRows(session, run.id));
  const count = (what: Replayed): number => ended.filter((each) => each === what).length;
  const report: ReplayReport = { run: run.name, written: count('written'), gone: count('gone'), standing };
  const status = `lockstep status ${run.name}`;
  if (stop.aborted && ended.length < rows.length)
    return { exit: EXIT.stopped, report, diagnostics: [], next: [`lockstep replay ${run.name}`] };
  if (standing.length === 0) return { exit: EXIT.done, report, diagnostics: [], next: [status] };
  // All of them stand in the report.
  const shown = standing.slice(0, 3).map(({ operation, id, error }) => `\`${operation}\` ${id}: ${error}.`);
  const detail = [...shown, ...(standing.length > 3 ? [`And ${standing.length - 3} more.`] : [])].join('\n');
  const refused = commandDiagnostic('LS9031', { detail, help: 'repair them, or what refuses them, and replay again' });
  return { exit: EXIT.failed, report, diagnostics: [refused], next: [status, `lockstep replay ${run.name}`] };
}

function takenBack({ name }: StoredRun): CommandResult<never> {
  const detail = `\`${name}\` is on its way back, or was taken back.`;
  return {
    ...refusal(EXIT.notApproved, 'LS9032', { detail, help: 'apply the plan anew after the way back' }),
    next: [`lockstep status ${name}`],
  };
}

/** One after the other, in the order in which they were met: a row may refer to one before it. */
export async function replayRows(
  run: StoredRun,
  rows: readonly QuarantinedRow[],
  { database, observe, stop }: Pick<ReplayOptions, 'database' | 'observe' | 'stop'>,
): Promise<readonly Replayed[]> {
  const graph = JSON.parse(run.graph) as OperationGraph;
  const execution: Execution = {
    run: { id: run.id, epoch: run.epoch },
    direction: graph.direction,
    limits: graph.limits,
    deadlockTimeoutMs: await database.withSession(deadlockTimeout),
    database,
    journal: postgresJournal,
    throttle: NO_THROTTLE,
    slots: createSlots(1),
    clock: systemClock,
    random: Math.random,
    observe,
    stop,
    touched: [],
    resolve: {},
  };
  const batches = graph.operations.filter((operation): operation is BatchOperation => operation.kind === 'batch');
  const ended: Replayed[] = [];
  for (const row of rows) {
    if (stop.aborted || ended.at(-1) === 'taken back') break;
    const operation = batches.find(({ id }) => id === row.operation);
    if (operation === undefined) throw new Error(`run ${run.name} has no operation ${row.operation}`);
    ended.push(await replayRow(operation, row, postgresReplay, execution));
  }
  return ended;
}
