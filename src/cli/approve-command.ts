/** `lockstep approve PLAN|RUN --gate STEP`. */
import { approveCommand } from '../commands/approve.js';
import { answerOf, type Answer, type Invocation } from './invocation.js';
import { runName } from './run-name.js';
import { showReport } from './show-report.js';
import { withDatabase } from './with-database.js';

export interface ApproveFlags {
  readonly gate: string;
  readonly comment?: string;
}

export async function approve(argument: string, invocation: Invocation<ApproveFlags>): Promise<Answer> {
  const { gate, comment = null } = invocation.options;
  const { approvers, choice } = invocation.targets;
  const target = choice.chosen;
  const named = await runName(argument, invocation);
  if (named.answer !== undefined) return named.answer;
  return withDatabase(invocation, {}, async ({ database }) =>
    answerOf(
      await approveCommand({ database, run: named.name, argument: named.file, gate, comment, target, approvers }),
      showReport.approve,
    ),
  );
}
