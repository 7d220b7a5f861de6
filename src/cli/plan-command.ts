/** `lockstep plan PLAN`. */
import { planCommand } from '../commands/plan.js';
import { answerOf, planInput, type Answer, type Invocation } from './invocation.js';
import { shellWord } from './next-commands.js';
import { asPlanText, type PlanTextFlags } from './plan-text.js';
import { showReport } from './show-report.js';
import { withDatabase } from './with-database.js';

export interface PlanFlags extends PlanTextFlags {
  readonly detailedExitcode?: boolean;
  readonly out?: string;
}

export async function plan(file: string, invocation: Invocation<PlanFlags>): Promise<Answer> {
  const { detailedExitcode = false, out } = invocation.options;
  const answer = await withDatabase(invocation, {}, async ({ database }) => {
    const input = planInput(file, invocation);
    const result = await planCommand({
      ...input,
      database,
      detailedExitCode: detailedExitcode,
      ...(out !== undefined && { out }),
    });
    return answerOf(result, showReport.plan);
  });
  // What was saved can be shown without the database, and as it was.
  const command = out === undefined ? `lockstep plan ${shellWord(file)}` : `lockstep show ${shellWord(out)}`;
  return asPlanText(answer, invocation, { file, command });
}
