/** `lockstep rollback PLAN|RUN`. */
import { rollbackCommand } from '../commands/rollback.js';
import { systemClock } from '../kernel/clock.js';
import { agreement } from './agreement.js';
import { stopsOf, withoutGraph, type RunFlags } from './apply-command.js';
import { answerOf, type Answer, type Invocation } from './invocation.js';
import { progressWriter } from './progress-writer.js';
import { runName } from './run-name.js';
import { showReport } from './show-report.js';
import { withDatabase } from './with-database.js';

export interface RollbackFlags extends RunFlags {
  /** `--plan`: only show the way back. */
  readonly plan?: boolean;
  readonly accept?: 'recorded';
}

export async function rollback(argument: string, invocation: Invocation<RollbackFlags>): Promise<Answer> {
  const { options, terminal } = invocation;
  const named = await runName(argument, invocation);
  if (named.answer !== undefined) return named.answer;
  const goOn = `lockstep rollback ${argument}`;
  const progress = progressWriter(terminal, systemClock, { asEvents: false });
  return withDatabase(invocation, { goOn, quiet: progress.pause }, async ({ database, stop }) => {
    const agreed = agreement(invocation, stop, 'Take this run back?');
    const result = await rollbackCommand({
      database,
      run: named.name,
      argument,
      target: invocation.targets.choice.chosen,
      approvers: invocation.targets.approvers,
      onlyShow: options.plan === true,
      stop,
      resolve: options.resolve,
      acceptDrift: options.acceptDrift === true,
      acceptRecorded: options.accept === 'recorded',
      ...stopsOf(invocation, progress),
      ignoreThrottle: options.ignoreThrottle,
      observe: progress.observe,
      agree: agreed.ask,
      begin: (graph) => progress.begin(graph, {}),
    }).finally(progress.end);
    const refused = agreed.refusal(goOn);
    if (refused !== undefined) return refused;
    return {
      ...answerOf(result, showReport.rollback, { nextAre: 'then', ...agreed.note() }),
      result: { ...result, report: withoutGraph(result.report) },
    };
  });
}
