/** `lockstep approve PLAN --gate STEP`: the word of the database user that a waiting gate may open. */
import type { OperationGraph } from '../operation/operation-graph.js';
import { postgresJournal } from '../postgres/journal/journal.js';
import { approve } from '../postgres/journal/trail.js';
import { EXIT, refusal, type CommandResult } from './command-result.js';
import { guarded } from './guarded.js';
import { namedRun, type RunName } from './named-run.js';

export interface ApproveOptions extends RunName {
  readonly argument: string;
  /** Id of the gate's step. */
  readonly gate: string;
  readonly comment: string | null;
}

export interface ApproveReport {
  readonly run: string;
  readonly gate: string;
  readonly by: string;
  /** False: this user had agreed before, and nothing was written. */
  readonly recorded: boolean;
}

export function approveCommand({
  database,
  run: name,
  argument,
  gate,
  comment,
  target = null,
}: ApproveOptions): Promise<CommandResult<ApproveReport>> {
  return guarded(async () => {
    const named = await namedRun({ database, run: name, target });
    if (!named.ok) return named.refused;
    const { run } = named;
    const graph = JSON.parse(run.graph) as OperationGraph;
    const operation = graph.operations.find((candidate) => candidate.kind === 'gate' && candidate.step === gate);
    if (operation?.kind !== 'gate') {
      const gates = graph.operations
        .filter((candidate) => candidate.kind === 'gate')
        .map((candidate) => candidate.step);
      return refusal(EXIT.failed, 'LS9009', {
        detail: `\`${run.name}\` has no gate \`${gate}\`.`,
        help: gates.length === 0 ? 'it has none' : `it has: ${gates.join(', ')}`,
      });
    }
    return database.transaction(async (session): Promise<CommandResult<ApproveReport>> => {
      const records = await postgresJournal.operations(session, { id: run.id, epoch: run.epoch });
      const state = records.find((record) => record.id === operation.id)?.state;
      if (operation.approval === null || state !== 'waiting') {
        const why = operation.approval === null ? 'asks for no approval' : `is ${state ?? 'unknown'}, not waiting`;
        return refusal(EXIT.failed, 'LS9009', {
          detail: `\`${gate}\` of \`${run.name}\` ${why}.`,
          help: `lockstep status ${run.name}`,
        });
      }
      const recorded = await approve(session, run.id, operation.id, comment);
      const { rows } = await session.query<{ by: string }>('SELECT session_user::text AS by');
      const report = { run: run.name, gate, by: rows[0]!.by, recorded };
      return { exit: EXIT.done, report, diagnostics: [], next: [`lockstep apply ${argument}`] };
    });
  });
}
