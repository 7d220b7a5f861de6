/** `lockstep approve PLAN --gate STEP`: the word of the database user that a waiting gate may open. */
import type { ApprovalStanding, Approvers } from '../operation/approvers.js';
import type { OperationGraph } from '../operation/operation-graph.js';
import { postgresJournal } from '../postgres/journal/journal.js';
import { migrate } from '../postgres/journal/migrate.js';
import { ownStanding } from '../postgres/journal/approvals.js';
import type { StoredRun } from '../postgres/journal/runs.js';
import { approve } from '../postgres/journal/trail.js';
import { EXIT, refusal, type CommandResult } from './command-result.js';
import { guarded } from './guarded.js';
import { namedRun, type RunName } from './named-run.js';

export interface ApproveOptions extends RunName {
  readonly argument: string;
  /** Id of the gate's step. */
  readonly gate: string;
  readonly comment: string | null;
  /** Whose approvals count, by group. */
  readonly approvers?: Approvers;
}

export interface ApproveReport {
  readonly run: string;
  readonly gate: string;
  readonly by: string;
  /** False: this user had agreed before, and nothing was written. */
  readonly recorded: boolean;
  /** What was not looked at. */
  readonly note: string | null;
}

export function approveCommand({
  database,
  run: name,
  argument,
  gate,
  comment,
  target = null,
  approvers = {},
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
    await database.withSession((session) => migrate(session, undefined, 'write'));
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
      const standing = await ownStanding(session, run.createdBy, operation.approval, approvers[operation.approval]);
      if (!standing.counts) return refuseApprover(run, gate, operation.approval, standing);
      const recorded = await approve(session, run.id, operation.id, comment, run.graphDigest);
      const { by, note } = standing;
      const report = { run: run.name, gate, by, recorded, note };
      return { exit: EXIT.done, report, diagnostics: [], next: [`lockstep apply ${argument}`] };
    });
  });
}

function refuseApprover(
  run: StoredRun,
  gate: string,
  group: string,
  { by, note, why }: ApprovalStanding & { readonly by: string },
): CommandResult<never> {
  const next = [`lockstep status ${run.name}`];
  if (why === 'own') {
    const detail = `\`${by}\` has begun \`${run.name}\`, and \`${gate}\` asks for the approval of \`${group}\` by somebody else.`;
    const help = `let another member of ${group} approve; \`approvers: { ${group}: { own: allow } }\` in the configuration of whoever runs it lets the same role do both`;
    return { ...refusal(EXIT.notApproved, 'LS9063', { detail, help }), next };
  }
  const detail = `\`${by}\` is ${note ?? 'not in it'}, and \`${gate}\` of \`${run.name}\` asks for the approval of \`${group}\`.`;
  return { ...refusal(EXIT.notApproved, 'LS9064', { detail, help: `let a member of ${group} approve` }), next };
}
