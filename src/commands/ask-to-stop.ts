/**
 * `lockstep pause RUN` and `lockstep cancel RUN`: a word in the journal, for which the processes of the run look once a
 * second. Owns telling what was asked for from what was reached.
 */
import type { Database } from '../executor/session.js';
import { systemClock } from '../kernel/clock.js';
import { heldPlans } from '../postgres/journal/advisory.js';
import { askToStop } from '../postgres/journal/ask-to-stop.js';
import { migrate } from '../postgres/journal/migrate.js';
import { ENDED_STATUSES, UNDER_WAY_STATUSES, type Asked } from '../postgres/journal/run-status.js';
import { summaryOf, type RunSummary } from '../postgres/journal/runs.js';
import { EXIT, refusal, type CommandResult } from './command-result.js';
import { guarded } from './guarded.js';
import { namedRun, type RunName } from './named-run.js';

export interface AskToStopOptions extends RunName {
  readonly asked: Asked;
  /** How long to wait for the run to stop. Default 15,000. */
  readonly waitMs?: number;
}

export interface AskToStopReport {
  readonly asked: Asked;
  /** As it is now. */
  readonly run: RunSummary;
  /**
   * `stopped`: its process has ended its turn. `stopping`: asked, and still at its batches. `interrupted`: no process held
   * it; those that have joined it end. `stands`: it was not under way, and nothing was written.
   */
  readonly outcome: 'stopped' | 'stopping' | 'interrupted' | 'stands';
}

const LOOK_EVERY_MS = 250;
/** Behind a pooler the advisory lock may be with nobody; a process that is there has looked at the journal by then. */
const UNHELD_MS = 2_500;

export function askToStopCommand(options: AskToStopOptions): Promise<CommandResult<AskToStopReport>> {
  return guarded(async () => {
    const { database, asked } = options;
    const named = await namedRun(options);
    if (!named.ok) return named.refused;
    const { run: known } = named;
    if (ENDED_STATUSES.includes(known.status)) {
      const detail = `\`${known.name}\` is ${known.status} since ${known.finishedAt ?? 'a while'}.`;
      return { ...refusal(EXIT.failed, 'LS9036', { detail }), next: [`lockstep status ${known.name}`] };
    }
    const told = UNDER_WAY_STATUSES.includes(known.status) && (await write(database, known.id, asked));
    const outcome = told ? await reached(known, options) : 'stands';
    const run = await database.withSession((session) => summaryOf(session, known.id));
    return { exit: EXIT.done, report: { asked, run, outcome }, diagnostics: [], next: [] };
  });
}

async function write(database: Database, runId: string, asked: Asked): Promise<boolean> {
  await database.withSession((session) => migrate(session, undefined, 'write'));
  return database.withSession((session) => askToStop(session, runId, asked));
}

/** Whoever holds the plan may let go of it a moment after the run has left `running`: the status is read last. */
async function reached(
  { id, plan }: RunSummary,
  { database, waitMs = 15_000 }: AskToStopOptions,
): Promise<AskToStopReport['outcome']> {
  const beganAt = systemClock.now();
  for (;;) {
    const [held, now] = await database.withSession(async (session) => [
      (await heldPlans(session, [plan])).size > 0,
      await summaryOf(session, id),
    ]);
    if (!UNDER_WAY_STATUSES.includes(now.status)) return 'stopped';
    // Somebody has gone on meanwhile, and with that the word is gone.
    if (now.asked === null) return 'stands';
    if (!held && systemClock.now() - beganAt >= UNHELD_MS) return 'interrupted';
    if (systemClock.now() - beganAt >= waitMs) return 'stopping';
    await systemClock.sleep(LOOK_EVERY_MS);
  }
}
