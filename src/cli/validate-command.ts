/** `lockstep validate [plans…]`. */
import { readdirSync } from 'node:fs';
import { validateCommand } from '../commands/validate.js';
import { answerOf, planInput, type Answer, type Invocation } from './invocation.js';
import { showReport } from './show-report.js';
import { usageProblem } from './usage-problem.js';

/** Without a file: those of the folder where plans live. */
export async function validate(files: readonly string[], invocation: Invocation): Promise<Answer> {
  const named = files.length > 0 ? files : plansHere();
  if (named.length === 0)
    return usageProblem("missing argument 'plans': there is no plan in plans/", { next: ['lockstep validate --help'] });
  const { set, env } = planInput('', invocation);
  return answerOf(await validateCommand({ files: named, set, env }), showReport.validate);
}

function plansHere(): readonly string[] {
  try {
    const files = readdirSync('plans').filter((file) => /\.ya?ml$/.test(file));
    return files.sort().map((file) => `plans/${file}`);
  } catch {
    return [];
  }
}
