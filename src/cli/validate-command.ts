/** `lockstep validate [plans…]`. */
import { readdirSync, realpathSync } from 'node:fs';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { validateCommand } from '../commands/validate.js';
import { renderAnnotations, type RepositoryPath } from '../render/render-annotations.js';
import { answerOf, planInput, type Answer, type Invocation } from './invocation.js';
import { showReport } from './show-report.js';
import { usageProblem } from './usage-problem.js';

export interface ValidateFlags {
  readonly format?: 'plain' | 'github';
}

/** Without a file: those of the folder where plans live. */
export async function validate(files: readonly string[], invocation: Invocation<ValidateFlags>): Promise<Answer> {
  const named = files.length > 0 ? files : plansHere();
  if (named.length === 0)
    return usageProblem("missing argument 'plans': there is no plan in plans/", { next: ['lockstep validate --help'] });
  const { set, env } = planInput('', invocation);
  const { GITHUB_WORKSPACE: workspace } = invocation.terminal.env;
  const answer = answerOf(await validateCommand({ files: named, set, env }), showReport.validate);
  if (invocation.options.format !== 'github') return answer;
  const pathOf = repositoryPath(workspace);
  return { ...answer, nextIsShown: true, shown: (_, { diagnostics }) => renderAnnotations(diagnostics, pathOf) };
}

/** A job may run in a folder of the repository; GitHub looks from the top. */
function repositoryPath(top: string | undefined): RepositoryPath {
  if (top === undefined || top === '') return (file) => file;
  return (file) => {
    const path = relative(realPath(top), realPath(resolve(file)));
    return isAbsolute(path) || path.startsWith('..') ? file : path.replaceAll(sep, '/');
  };
}

/** The same folder may have two names, one of them through a link. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function plansHere(): readonly string[] {
  try {
    const files = readdirSync('plans').filter((file) => /\.ya?ml$/.test(file));
    return files.sort().map((file) => `plans/${file}`);
  } catch {
    return [];
  }
}
