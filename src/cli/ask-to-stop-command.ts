/** `lockstep pause RUN` and `lockstep cancel RUN`. */
import { askToStopCommand } from '../commands/ask-to-stop.js';
import type { Asked } from '../postgres/journal/run-status.js';
import { goOnCommand } from './go-on-command.js';
import { answerOf, type Answer, type Invocation } from './invocation.js';
import { runName } from './run-name.js';
import { showReport } from './show-report.js';
import { withDatabase } from './with-database.js';

export async function askToStop(asked: Asked, argument: string, invocation: Invocation): Promise<Answer> {
  const named = await runName(argument, invocation);
  if (named.answer !== undefined) return named.answer;
  const target = invocation.targets.choice.chosen;
  return withDatabase(invocation, {}, async ({ database }) => {
    const result = await askToStopCommand({ database, asked, run: named.name, target });
    if (result.report === null) return answerOf(result, showReport.askToStop);
    const { run, outcome } = result.report;
    const next = outcome === 'stopping' ? `lockstep status ${run.name}` : goOnCommand(run, named.file);
    return answerOf({ ...result, next: [next] }, showReport.askToStop);
  });
}
