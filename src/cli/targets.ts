/**
 * The targets of a call: the configuration, and what `--target` chose of it. Read before the command runs, so that a misspelt
 * target ends it before anything is opened.
 */
import type { CommandResult } from '../commands/command-result.js';
import { CONFIGURATION_FILE, openConfiguration } from '../commands/open-configuration.js';
import { exitFor } from '../commands/exit-for.js';
import { targetUrl, type Configuration } from '../document/configuration.js';
import { didYouMean } from '../kernel/did-you-mean.js';
import type { Answer, CommonOptions, Targets } from './invocation.js';
import { usageProblem } from './usage-problem.js';

export type TargetsRead =
  | { readonly targets: Targets; readonly answer?: undefined }
  /** The configuration cannot be read, or has no such target. */
  | { readonly answer: Answer };

export async function readTargets({ config, target }: CommonOptions): Promise<TargetsRead> {
  const opened = await openConfiguration(config);
  if (!opened.ok) {
    const { diagnostics } = opened;
    return { answer: { exit: exitFor(diagnostics), result: refused(diagnostics), shown: () => '' } };
  }
  const configuration = opened.value;
  const known = Object.keys(configuration?.targets ?? {});
  if (target !== undefined && !known.includes(target)) return { answer: noSuchTarget(target, known, configuration) };
  return {
    targets: {
      choice: { known, chosen: target ?? null },
      approvers: configuration?.approvers ?? {},
      url: (env) => (target === undefined ? undefined : targetUrl(configuration!, target, env)),
    },
  };
}

function refused(diagnostics: CommandResult<never>['diagnostics']): Answer['result'] {
  return { report: null, diagnostics, next: [] };
}

function noSuchTarget(target: string, known: readonly string[], configuration: Configuration | null): Answer {
  const detail =
    configuration === null
      ? `\`--target ${target}\` needs a configuration: there is no ${CONFIGURATION_FILE} here, and --config was not given.`
      : `\`${configuration.source.file}\` has no target \`${target}\`.`;
  const meant = didYouMean(target, known);
  const all =
    known.length === 0 ? `name it under \`targets\` in ${CONFIGURATION_FILE}` : `there are: ${known.join(', ')}`;
  return usageProblem(detail, { code: 'LS9103', help: meant === undefined ? all : `did you mean \`${meant}\`?` });
}
