/**
 * A command of the program in the process of the test, for what is done beside the process that is tested: half a second of processor
 * time less than a process of its own. What the program itself must show is run with `built-program.ts`.
 */
import { runCommandLine } from '../../src/cli/run-command-line.js';
import { fakeTerminal } from '../unit/cli/fake-terminal.js';
import type { Ended, ProgramOptions } from './built-program.js';

/** Without the variables that name a database, and without a terminal, as there. */
export async function lockstepHere(
  args: readonly string[],
  { env = {} }: Pick<ProgramOptions, 'env'> = {},
): Promise<Ended> {
  const terminal = fakeTerminal({ env });
  const exit = await runCommandLine(args, '0.0.0', terminal);
  return { exit, ...terminal.written };
}
