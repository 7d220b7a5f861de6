/** `lockstep status`: where runs stand, by the journal's own account. Writes nothing. */
import type { Database, Session } from '../executor/session.js';
import type { Diagnostic } from '../kernel/diagnostic.js';
import type { Approvers } from '../operation/approvers.js';
import type { OperationGraph } from '../operation/operation-graph.js';
import { heldPlans } from '../postgres/journal/advisory.js';
import { eventChain, type EventChain } from '../postgres/journal/event-chain.js';
import { openJournal } from '../postgres/journal/open-journal.js';
import { runReport, type RunReport } from '../postgres/journal/run-report.js';
import { UNDER_WAY_STATUSES } from '../postgres/journal/run-status.js';
import { findRun, listRuns, type RunSummary } from '../postgres/journal/runs.js';
import { openWindows, type WindowSummary } from '../postgres/journal/windows.js';
import { checkpointsOf, type Checkpoint } from './checkpoints.js';
import { commandDiagnostic, EXIT, refusal, type CommandResult } from './command-result.js';
import { guarded } from './guarded.js';

export interface StatusOptions {
  readonly database: Database;
  /** A plan's or a run's name; absent: all runs, a line each. */
  readonly run?: string;
  /** Whose approvals count, by group. */
  readonly approvers?: Approvers;
}

export interface StatusReport {
  readonly runs: readonly RunSummary[];
  /** Names of runs that say they are running while no process holds them: killed, or cut off. */
  readonly interrupted: readonly string[];
  /** Those that are open, of all runs; empty where a run was named, whose own stand in its report. */
  readonly windows: readonly WindowSummary[];
  /** Of the run that was named. */
  readonly run: RunReport | null;
  /** Of the run that was named: where its batches stand. Empty where none was named. */
  readonly checkpoints: readonly Checkpoint[];
  /** Of the run that was named: whether its events are what was written. */
  readonly trail: EventChain | null;
}

export function statusCommand({ database, run: name, approvers }: StatusOptions): Promise<CommandResult<StatusReport>> {
  return guarded(() =>
    database.transaction(
      async (session): Promise<CommandResult<StatusReport>> => {
        const there = await openJournal(session);
        if (name === undefined) {
          const runs = there ? await listRuns(session) : [];
          const interrupted = await interruptedOf(session, runs);
          return {
            exit: EXIT.done,
            report: {
              runs,
              interrupted,
              windows: there ? await openWindows(session) : [],
              run: null,
              checkpoints: [],
              trail: null,
            },
            diagnostics: [],
            next: [],
          };
        }
        const found = there ? await findRun(session, name) : undefined;
        if (found === undefined)
          return refusal(EXIT.failed, 'LS9008', {
            detail: `The journal has no run of \`${name}\`.`,
            help: 'lockstep status',
          });
        const interrupted = await interruptedOf(session, [found]);
        const report = await runReport(session, found.id, approvers);
        const trail = await eventChain(session, found.id);
        const graph = JSON.parse(found.rollbackGraph ?? found.graph) as OperationGraph;
        return {
          exit: trail.broken.length > 0 ? EXIT.notApproved : EXIT.done,
          report: {
            runs: [],
            interrupted,
            windows: [],
            run: interrupted.length > 0 ? notHeld(report) : report,
            checkpoints: await checkpointsOf(session, report, graph),
            trail,
          },
          diagnostics: trail.broken.length > 0 ? [brokenTrail(found.name, trail)] : [],
          next: [],
        };
      },
      { readOnly: true, isolation: 'repeatable read' },
    ),
  );
}

function brokenTrail(run: string, { broken }: EventChain): Diagnostic {
  const more = broken.length > SHOWN ? [`… and ${broken.length - SHOWN} more`] : [];
  return commandDiagnostic('LS9062', {
    detail: [`The trail of \`${run}\`:`, ...broken.slice(0, SHOWN), ...more].join('\n'),
    help: 'find out who may write to lockstep.event, and compare with a backup',
  });
}

const SHOWN = 10;

/** Nobody is there whom the throttle could hold back. */
function notHeld({ throttle, ...report }: RunReport): RunReport {
  return { ...report, throttle: throttle === null ? null : { ...throttle, heldSince: null } };
}

/** The journal cannot say that a process died; that nobody holds what is said to run can. */
async function interruptedOf(session: Session, runs: readonly RunSummary[]): Promise<readonly string[]> {
  const underWay = runs.filter((run) => UNDER_WAY_STATUSES.includes(run.status));
  const held = await heldPlans(
    session,
    underWay.map((run) => run.plan),
  );
  return underWay.filter((run) => !held.has(run.plan)).map((run) => run.name);
}
