/** `lockstep work RUN`. */
import { systemClock } from '../kernel/clock.js';
import { workCommand } from '../commands/work.js';
import { printable } from '../render/display-width.js';
import { answerOf, type Answer, type Invocation } from './invocation.js';
import { progressWriter } from './progress-writer.js';
import { runName } from './run-name.js';
import { showReport } from './show-report.js';
import { withDatabase } from './with-database.js';

export interface WorkFlags {
  readonly workers?: number;
}

export async function work(argument: string, invocation: Invocation<WorkFlags>): Promise<Answer> {
  const { options, terminal } = invocation;
  const named = await runName(argument, invocation);
  if (named.answer !== undefined) return named.answer;
  const progress = progressWriter(terminal, systemClock, { asEvents: false });
  const say = (line: string): void => {
    progress.pause();
    terminal.err.write(`${printable(line)}\n`);
  };
  const goOn = `lockstep work ${argument}`;
  return withDatabase(invocation, { goOn, quiet: progress.pause }, async ({ database, stop }) => {
    const result = await workCommand({
      database,
      run: named.name,
      argument,
      target: invocation.targets.choice.chosen,
      ...(options.workers !== undefined && { workers: options.workers }),
      observe: progress.observe,
      stop,
      begin: (graph) => progress.begin(graph, {}),
      alone: () => say('No process moves the run: what is begun is worked off, then this one waits for it.'),
      met: (operation, { message }) => say(`${operation} is left to the process that moves the run: ${message}`),
    }).finally(progress.end);
    return answerOf(result, showReport.work);
  });
}
