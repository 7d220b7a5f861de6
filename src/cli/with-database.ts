/** A command's database: which one, opened, and closed whatever happens, at once where a signal says so. */
import { EXIT, refusal, type CommandResult } from '../commands/command-result.js';
import { CONFIGURATION_FILE } from '../commands/open-configuration.js';
import { exitFor } from '../commands/plan.js';
import type { Database } from '../executor/session.js';
import type { Diagnostic } from '../kernel/diagnostic.js';
import { resolveConnection } from '../postgres/connection.js';
import { PgDatabase } from '../postgres/pg-database.js';
import { CLI_CODES } from './codes.js';
import { problemsText } from './deliver.js';
import { answerOf, type Answer, type Invocation } from './invocation.js';
import { stopOnSignals, type StopOptions } from './stop-on-signals.js';

export interface Opened {
  readonly database: Database;
  readonly stop: AbortSignal;
}

export async function withDatabase(
  { options, terminal, targets }: Invocation,
  stopping: StopOptions,
  work: (opened: Opened) => Promise<Answer>,
): Promise<Answer> {
  const { databaseUrl, target } = options;
  const named = resolveConnection({ env: terminal.env, ...(databaseUrl !== undefined && { explicit: databaseUrl }) });
  // Its variables are asked for only where nothing goes before it.
  const configured = named.kind === 'absent' ? targets.url(terminal.env) : undefined;
  if (configured?.ok === false) {
    const { diagnostics } = configured;
    return answerOf({ exit: exitFor(diagnostics), report: null, diagnostics, next: [] }, () => '');
  }
  const choice = configured === undefined ? named : resolveConnection({ env: {}, configured: configured.value });
  if (choice.kind !== 'found') return answerOf(unnamed(choice), () => '');
  const warnings = target === undefined ? [] : otherPlace(target, choice.connection.source);
  if (options.json !== true) terminal.err.write(problemsText(warnings, terminal));
  const database = new PgDatabase({ url: choice.connection.url });
  try {
    // Closing cancels on the server what is running there.
    const atOnce = (): Promise<void> => database.close();
    const answer = await stopOnSignals(terminal, { ...stopping, atOnce }, (stop) => work({ database, stop }));
    if (options.json !== true || warnings.length === 0) return answer;
    return { ...answer, result: { ...answer.result, diagnostics: [...warnings, ...answer.result.diagnostics] } };
  } finally {
    await database.close();
  }
}

/** Said before anything is done: who names a target wants to know where they are. Whoever typed the URL knows. */
function otherPlace(target: string, source: string): readonly Diagnostic[] {
  if (source === CONFIGURATION_FILE || source === '--database-url') return [];
  const { summary } = CLI_CODES.LS9104;
  const detail = `\`--target ${target}\` is what the plan is compiled for; the database is the one that ${source} names.`;
  const help = `unset it to connect to ${target} as the configuration says`;
  return [{ code: 'LS9104', severity: 'warning', summary, detail, help }];
}

const PLACES =
  'name one with --database-url, LOCKSTEP_DATABASE_URL, DATABASE_URL, the PG* variables, or a configuration and --target';

function unnamed(choice: Exclude<ReturnType<typeof resolveConnection>, { kind: 'found' }>): CommandResult<never> {
  if (choice.kind === 'absent')
    return refusal(EXIT.failed, 'LS9016', { detail: 'Nothing names a database.', help: PLACES });
  const detail = `${choice.source} names no PostgreSQL database: ${choice.problem}.`;
  return refusal(EXIT.failed, 'LS9016', { detail, help: 'write it as postgresql://user@host:5432/database' });
}
