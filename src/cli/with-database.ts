/** A command's database: which one, opened, and closed whatever happens, at once where a signal says so. */
import { EXIT, refusal, type CommandResult } from '../commands/command-result.js';
import { poolerWarning } from '../commands/behind-pooler.js';
import { exitFor } from '../commands/exit-for.js';
import type { Database } from '../executor/session.js';
import { resolveConnection } from '../postgres/connection.js';
import { PgDatabase } from '../postgres/pg-database.js';
import { answerOf, variablesOf, type Answer, type Invocation } from './invocation.js';
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
  const { databaseUrl } = options;
  // Its variables are asked for only where nothing goes before it.
  const configured = databaseUrl === undefined ? targets.url(variablesOf(terminal)) : undefined;
  if (configured?.ok === false) {
    const { diagnostics } = configured;
    return answerOf({ exit: exitFor(diagnostics), report: null, diagnostics, next: [] }, () => '');
  }
  const choice = resolveConnection({
    env: terminal.env,
    envFile: terminal.envFile.values,
    ...(databaseUrl !== undefined && { explicit: databaseUrl }),
    ...(configured !== undefined && { configured: configured.value }),
  });
  if (choice.kind !== 'found') return answerOf(unnamed(choice), () => '');
  const database = new PgDatabase({ url: choice.connection.url, answerLimitMs: ANSWER_LIMIT_MS });
  try {
    // Closing cancels on the server what is running there.
    const atOnce = (): Promise<void> => database.close();
    return await stopOnSignals(terminal, { ...stopping, atOnce }, async (stop) =>
      saidOf(await work({ database, stop }), database),
    );
  } finally {
    await database.close();
  }
}

/** Each report says what the connection was; a person is told of a pooler. */
function saidOf(answer: Answer, database: Database): Answer {
  const { report, diagnostics } = answer.result;
  const connection = database.way ?? null;
  const said = [...diagnostics, ...poolerWarning(database)];
  if (typeof report !== 'object' || report === null)
    return { ...answer, result: { ...answer.result, diagnostics: said } };
  return { ...answer, result: { ...answer.result, report: { ...report, connection }, diagnostics: said } };
}

/** What may take longer is told so, or told how long; see `answer-limit`. */
const ANSWER_LIMIT_MS = 120_000;

const PLACES =
  'name one with --database-url, --target and a configuration, LOCKSTEP_DATABASE_URL, DATABASE_URL, or the PG* variables';

function unnamed(choice: Exclude<ReturnType<typeof resolveConnection>, { kind: 'found' }>): CommandResult<never> {
  if (choice.kind === 'absent')
    return refusal(EXIT.failed, 'LS9016', { detail: 'Nothing names a database.', help: PLACES });
  const detail = `${choice.source} names no PostgreSQL database: ${choice.problem}.`;
  return refusal(EXIT.failed, 'LS9016', { detail, help: 'write it as postgresql://user@host:5432/database' });
}
