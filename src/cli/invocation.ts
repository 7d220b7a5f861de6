/** What a command of the cli is given, and what it gives back. Printing that belongs to `deliver`. */
import type { CommandResult } from '../commands/command-result.js';
import type { Diagnostic } from '../kernel/diagnostic.js';
import type { PlanInput } from '../commands/open-plan.js';
import { NO_TARGETS, type TargetChoice } from '../document/check-targets.js';
import type { Approvers } from '../operation/approvers.js';
import type { Outcome } from '../kernel/diagnostic.js';
import type { View } from '../render/view.js';
import type { Terminal } from './terminal.js';

export interface CommonOptions {
  readonly set: Readonly<Record<string, string>>;
  readonly databaseUrl?: string;
  /** The configuration file. */
  readonly config?: string;
  readonly target?: string;
  readonly json?: boolean;
  readonly jsonInto?: string;
  readonly yes?: boolean;
}

export interface Invocation<Options = object> {
  readonly options: CommonOptions & Options;
  readonly terminal: Terminal;
  readonly targets: Targets;
}

/** What `--target` and the configuration say; read by `targets`. */
export interface Targets {
  readonly choice: TargetChoice;
  /** Whose approvals count, as the configuration says. */
  readonly approvers: Approvers;
  /** Of the chosen target, with the environment put in; undefined where none was chosen. */
  readonly url: (env: Readonly<Record<string, string | undefined>>) => Outcome<string> | undefined;
}

export const WITHOUT_TARGETS: Targets = { choice: NO_TARGETS, approvers: {}, url: () => undefined };

export interface Answer {
  readonly exit: number;
  readonly result: Pick<CommandResult<unknown>, 'report' | 'diagnostics' | 'next'>;
  /** The result for a person, for stdout; empty, or ending with a line feed. */
  readonly shown: (view: View, said: Said) => string;
  /** `shown` holds the next commands already, or is text for another program: they are not printed behind it. */
  readonly nextIsShown?: boolean;
  /** A line for a person about how it ended, for stderr. */
  readonly note?: string;
  /** Whether the next commands follow each other, or are a choice. */
  readonly nextAre?: 'then' | 'or';
}

/** What is said beside the report, fit to be printed: without passwords, with commands that can be typed as they are. */
export interface Said {
  readonly diagnostics: readonly Diagnostic[];
  readonly next: readonly string[];
}

/** The answer of a command without anything special: its report, rendered where there is one. */
export function answerOf<Report>(
  result: CommandResult<Report>,
  render: (report: Report, view: View) => string,
  more: Partial<Omit<Answer, 'result'>> = {},
): Answer {
  const { report } = result;
  return { exit: result.exit, result, shown: (view) => (report === null ? '' : render(report, view)), ...more };
}

export function planInput(file: string, { options, terminal, targets }: Invocation): PlanInput {
  return { file, set: options.set, env: variablesOf(terminal), targets: targets.choice };
}

/** What a declared param and a connection of the configuration may name: the environment, and `.env` where it says nothing. */
export function variablesOf({ env, envFile }: Terminal): Readonly<Record<string, string | undefined>> {
  return { ...envFile.values, ...env };
}
