/** From words to an exit code: understands the command line, runs the command, delivers its answer. */
import { openSync, closeSync } from 'node:fs';
import { CommanderError } from 'commander';
import { EXIT, refusal } from '../commands/command-result.js';
import { redactPasswords } from '../postgres/connection.js';
import { deliver } from './deliver.js';
import { WITHOUT_TARGETS, type Answer } from './invocation.js';
import { buildProgram, type Chosen } from './program.js';
import type { Terminal } from './terminal.js';
import { usageProblem } from './usage-problem.js';

/** Never rejects. */
export async function runCommandLine(argv: readonly string[], version: string, terminal: Terminal): Promise<number> {
  const understood = understand(argv, version, terminal);
  if (understood.chosen === undefined) return understood.exit;
  const { command, options, asEvents, acts, usesTargets, run } = understood.chosen;
  const seen = { ...terminal, env: options.color ? terminal.env : { ...terminal.env, NO_COLOR: '1' } };
  const behindEvents = asEvents && options.json === true;
  try {
    const refused = unwritable(options.jsonInto);
    if (refused !== undefined) {
      const { set, json = false } = options;
      return deliver({ command, answer: refused, options: { set, json }, terminal: seen, behindEvents });
    }
    // Whoever wrote it meant a database; the next best one would be another.
    if (usesTargets && terminal.envFile.problem !== undefined) {
      const answer = unreadable(terminal.envFile.problem);
      return deliver({ command, answer, options, terminal: seen, behindEvents });
    }
    const read = usesTargets ? await (await import('./targets.js')).readTargets(options) : { targets: WITHOUT_TARGETS };
    const answer = read.answer ?? (await run({ options, terminal: seen, targets: read.targets }));
    const exit = deliver({ command, answer, options, terminal: seen, behindEvents, acts });
    return (await outputIsLost(seen)) && exit === EXIT.done && !acts ? EXIT.failed : exit;
  } catch (error) {
    const answer = defect(error, seen);
    return deliver({ command, answer, options, terminal: seen, behindEvents });
  }
}

/** A stream says only after the write that its disk is full. */
async function outputIsLost({ out, err }: Terminal): Promise<boolean> {
  await new Promise((resolve) => setImmediate(resolve));
  const why = out.lost();
  if (why !== undefined) err.write(`What was printed on stdout is lost (${why}).\n`);
  return why !== undefined;
}

type Understood =
  | { readonly chosen: Chosen & { readonly options: { readonly color?: boolean } } }
  | { readonly chosen?: undefined; readonly exit: number };

function understand(argv: readonly string[], version: string, terminal: Terminal): Understood {
  let chosen: Chosen | undefined;
  const program = buildProgram(version, (choice) => (chosen = choice));
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({
      writeOut: (text) => terminal.out.write(text),
      writeErr: (text) => terminal.err.write(text),
      outputError: () => undefined,
      getOutHelpWidth: () => terminal.out.size().width,
      getErrHelpWidth: () => terminal.err.size().width,
    });
  }
  try {
    program.parse(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { exit: EXIT.done };
    if (error.code === 'commander.help') return { exit: EXIT.usage };
    return {
      exit: deliverUsage(
        error,
        argv,
        program.commands.map((command) => command.name()),
        terminal,
      ),
    };
  }
  return chosen === undefined ? { exit: EXIT.usage } : { chosen };
}

/** `error: unknown option '--jsn'\n(Did you mean --json?)` */
function deliverUsage(
  error: CommanderError,
  argv: readonly string[],
  names: readonly string[],
  terminal: Terminal,
): number {
  const [first = '', ...rest] = error.message.split('\n');
  const meant = /Did you mean (.*)\?/.exec(rest.join(' '))?.[1];
  const command = argv.find((word) => names.includes(word)) ?? null;
  const next = [command === null ? 'lockstep --help' : `lockstep ${command} --help`];
  const detail = redactPasswords(first.replace(/^error: /, ''));
  const answer = usageProblem(detail, { next, ...(meant !== undefined && { help: `did you mean ${meant}?` }) });
  const options = { set: {}, json: argv.includes('--json') };
  return deliver({ command, answer, options, terminal, behindEvents: false });
}

/** Found before anything is done, not after an hour of work. */
function unwritable(file: string | undefined): Answer | undefined {
  if (file === undefined) return undefined;
  try {
    closeSync(openSync(file, 'a'));
    return undefined;
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'it cannot be opened';
    return usageProblem(`\`--json-into ${file}\` cannot be written (${reason}).`);
  }
}

function unreadable(problem: string): Answer {
  const help = 'make it readable, or name another: variables of the environment stand above it';
  const told = { detail: `\`.env\` is there and cannot be read (${problem}).`, help };
  return { exit: EXIT.failed, result: refusal(EXIT.failed, 'LS9017', told), shown: () => '' };
}

/** What nobody foresaw. A stack helps those who can repair it, and nobody else. */
function defect(error: unknown, { env }: Terminal): Answer {
  const message = redactPasswords(error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, ' ');
  const stack = env.LOCKSTEP_DEBUG === '1' && error instanceof Error ? `${redactPasswords(error.stack ?? '')}\n` : '';
  const report = 'Please report it with the command and this line; LOCKSTEP_DEBUG=1 shows where it happened.';
  return {
    exit: EXIT.failed,
    result: { report: null, diagnostics: [], next: [] },
    shown: () => '',
    note: `${stack}${report}\nlockstep has a defect: ${message}`,
  };
}
