/**
 * The program of a process that is killed: `apply`, `rollback` or `work` of a plan, with a line of JSON per event. Arguments: the
 * action, the database's URL, the plan's file, its name, the name of a wrong design or nothing.
 * Ends when its standard input does, so that it never outlives the test.
 */
import { applyCommand } from '../../../src/commands/apply.js';
import { rollbackCommand } from '../../../src/commands/rollback.js';
import { workCommand } from '../../../src/commands/work.js';
import type { RunEvent } from '../../../src/executor/run-event.js';
import { PgDatabase } from '../../../src/postgres/pg-database.js';
import { WRONG_JOURNALS, type WrongJournal } from '../seeds/wrong-journals.js';

const [action = '', url = '', file = '', plan = '', wrong = ''] = process.argv.slice(2);

process.stdin.on('end', () => process.exit(99)).resume();

const database = new PgDatabase({ url });
const options = {
  database,
  stop: new AbortController().signal,
  observe: (event: RunEvent): void =>
    tell({ event: event.type, ...(event.type === 'progress' && { durationMs: event.durationMs }) }),
  agree: () => Promise.resolve(true),
  ...(wrong !== '' && { journal: WRONG_JOURNALS[wrong as WrongJournal](new PgDatabase({ url })) }),
};
const result =
  action === 'apply'
    ? await applyCommand({ ...options, file, set: {}, env: {} })
    : action === 'work'
      ? await workCommand({ ...options, run: plan, argument: plan })
      : await rollbackCommand({ ...options, run: plan, argument: file, onlyShow: false });
const details = result.diagnostics.map((diagnostic) => diagnostic.detail);
process.stdout.write(
  `${JSON.stringify({ event: 'end', details, ...(action === 'work' && { report: result.report }) })}\n`,
  () => process.exit(result.exit),
);

function tell(line: { readonly event: string; readonly durationMs?: number }): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
