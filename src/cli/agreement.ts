/** Shows what would be done and asks whether it should be. Owns when a question is possible, and what follows from a no. */
import { EXIT, refusal } from '../commands/command-result.js';
import { renderPlan } from '../render/render-plan.js';
import type { PlanReport } from '../report/plan-report.js';
import { viewOf } from './deliver.js';
import { answerOf, type Answer, type Invocation } from './invocation.js';

export interface Agreement {
  readonly ask: (report: PlanReport) => Promise<boolean>;
  /** The answer where there was nobody to ask. `command`: what was typed, without options. */
  readonly refusal: (command: string) => Answer | undefined;
  readonly note: () => { readonly note?: string };
}

export function agreement({ options, terminal }: Invocation, calledOff: AbortSignal, question: string): Agreement {
  let went: 'not asked' | 'nobody there' | 'yes' | 'no' = 'not asked';
  return {
    async ask(report) {
      if (options.yes !== true && !terminal.canAsk) {
        went = 'nobody there';
        return false;
      }
      if (options.json !== true) terminal.err.write(`${renderPlan(report, viewOf(terminal.err, terminal))}\n`);
      const said = options.yes === true ? 'yes' : await terminal.ask(`${question} [y/N] `, calledOff);
      went = said === 'y' || said === 'yes' ? 'yes' : 'no';
      return went === 'yes';
    },
    refusal(command) {
      if (went !== 'nobody there') return undefined;
      const detail = 'There is no terminal to ask on, and `--yes` was not given.';
      const help = 'look at the plan first, then say --yes';
      return answerOf({ ...refusal(EXIT.usage, 'LS9018', { detail, help }), next: [`${command} --yes`] }, () => '');
    },
    note: () => (went === 'no' ? { note: 'Not agreed: nothing was done.' } : {}),
  };
}
