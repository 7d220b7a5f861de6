/**
 * The SQL of roles with what they need of a database and of the journal, and nothing else. Nothing here is executed by
 * lockstep: an administrator reads it and runs it.
 */
import { quoteIdentifier } from '../../sql/identifier.js';
import { JOURNAL_COLUMNS } from './journal-columns.js';

export interface RoleNames {
  /** `lockstep_` makes `lockstep_runner`. */
  readonly prefix: string;
  /** Schemas of the application. */
  readonly schemas: readonly string[];
}

/** What rows said before a fill, and the definitions of everything: nobody but the runner needs them. */
const OWN: ReadonlySet<string> = new Set(['before_image', 'definitions']);

/** What `approve` reads: where the run stands, and what it would write next to. */
const READ_BY_APPROVER: Readonly<Record<string, string>> = {
  migration: 'number',
  run: JOURNAL_COLUMNS['run']!,
  operation: 'run_id id ordinal state outcome',
  approval: JOURNAL_COLUMNS['approval']!,
  event: JOURNAL_COLUMNS['event']!,
};

/** Time and user are the server's: not even an approver says who approved. */
const WRITTEN_BY_APPROVER: Readonly<Record<string, string>> = {
  approval: 'run_id operation_id comment graph_digest',
  event: 'run_id event operation_id details before',
};

/** Two scripts in one: what is there before the first run, and what needs the journal's tables. */
export function roleStatements({ prefix, schemas }: RoleNames): string {
  const role = (name: string): string => quoteIdentifier(`${prefix}${name}`);
  const [planner, runner, approver, watcher] = ['planner', 'runner', 'approver', 'watcher'].map(role);
  return `${[
    `-- Roles for lockstep. An administrator runs this in the database; nothing is executed by printing it.`,
    `-- Members: GRANT ${runner!} TO ci; GRANT ${approver!}, dba TO anna; and so on.`,
    '',
    ...[planner, runner, approver, watcher].map((name) => `CREATE ROLE ${name!} NOLOGIN;`),
    '',
    `-- Before the first run: the journal belongs to the runner.`,
    `CREATE SCHEMA IF NOT EXISTS lockstep AUTHORIZATION ${runner!};`,
    '',
    `-- The planner reads what plans and checks read. The runner writes it: of what each plan needs, and it lacks,`,
    `-- \`lockstep plan PLAN --as ${prefix}runner\` prints the GRANT; definitions are changed by the owner of a table: GRANT owner TO ${runner!}.`,
    ...schemas.flatMap((schema) => [
      `GRANT USAGE ON SCHEMA ${quoteIdentifier(schema)} TO ${planner!}, ${runner!};`,
      `GRANT SELECT ON ALL TABLES IN SCHEMA ${quoteIdentifier(schema)} TO ${planner!}, ${runner!};`,
    ]),
    '',
    `-- After the first run, and again after each version that adds to the journal: from here on its tables are named.`,
    `GRANT USAGE ON SCHEMA lockstep TO ${planner!}, ${approver!}, ${watcher!};`,
    ...Object.keys(JOURNAL_COLUMNS)
      .filter((table) => !OWN.has(table))
      .map((table) => `GRANT SELECT ON lockstep.${quoteIdentifier(table)} TO ${planner!}, ${watcher!};`),
    ...Object.entries(READ_BY_APPROVER).map(
      ([table, columns]) => `GRANT SELECT (${listed(columns)}) ON lockstep.${quoteIdentifier(table)} TO ${approver!};`,
    ),
    ...Object.entries(WRITTEN_BY_APPROVER).map(
      ([table, columns]) => `GRANT INSERT (${listed(columns)}) ON lockstep.${quoteIdentifier(table)} TO ${approver!};`,
    ),
  ].join('\n')}\n`;
}

/** The first part of it alone can be run where there is no journal yet. */
export const NEEDS_JOURNAL = '-- After the first run';

function listed(columns: string): string {
  return columns.split(' ').map(quoteIdentifier).join(', ');
}
