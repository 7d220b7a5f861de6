/** `lockstep show SAVED`: works without a database; where one is named, it is asked whether the plan is stale. */
import { showCommand } from '../commands/show.js';
import { resolveConnection } from '../postgres/connection.js';
import { answerOf, planInput, type Answer, type Invocation } from './invocation.js';
import { shellWord } from './next-commands.js';
import { asPlanText, type PlanTextFlags } from './plan-text.js';
import { showReport } from './show-report.js';
import { withDatabase } from './with-database.js';

export async function show(file: string, invocation: Invocation<PlanTextFlags>): Promise<Answer> {
  const answer = await shown(file, invocation);
  return asPlanText(answer, invocation, { file, command: `lockstep show ${shellWord(file)}` });
}

async function shown(file: string, invocation: Invocation): Promise<Answer> {
  const { options, terminal } = invocation;
  const input = planInput(file, invocation);
  const explicit = options.databaseUrl;
  const choice = resolveConnection({
    env: terminal.env,
    envFile: terminal.envFile.values,
    ...(explicit !== undefined && { explicit }),
  });
  if (choice.kind === 'absent' && options.target === undefined)
    return answerOf(await showCommand({ ...input, database: null }), showReport.plan);
  return withDatabase(invocation, {}, async ({ database }) =>
    answerOf(await showCommand({ ...input, database }), showReport.plan),
  );
}
