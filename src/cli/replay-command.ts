/** `lockstep replay PLAN|RUN`. */
import { replayCommand } from '../commands/replay.js';
import { systemClock } from '../kernel/clock.js';
import { answerOf, type Answer, type Invocation } from './invocation.js';
import { progressWriter } from './progress-writer.js';
import { runName } from './run-name.js';
import { showReport } from './show-report.js';
import { withDatabase } from './with-database.js';

export async function replay(argument: string, invocation: Invocation): Promise<Answer> {
  const target = invocation.targets.choice.chosen;
  const named = await runName(argument, invocation);
  if (named.answer !== undefined) return named.answer;
  const progress = progressWriter(invocation.terminal, systemClock, { asEvents: false });
  const goOn = `lockstep replay ${argument}`;
  return withDatabase(invocation, { goOn, quiet: progress.pause }, async ({ database, stop }) => {
    const { observe, end } = progress;
    const result = await replayCommand({ database, run: named.name, target, stop, observe }).finally(end);
    return answerOf(result, showReport.replay, { nextAre: 'then' });
  });
}
