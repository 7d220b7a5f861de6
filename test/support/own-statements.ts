/**
 * What lockstep sends on its own behalf, besides what a plan says: the list, each entry with its reason. Whatever is not
 * here must have been predicted. Statements are read by the grammar: a relation of the user's in one of them is enough to
 * make it no business of ours.
 */
import type { OperationGraph } from '../../src/operation/operation-graph.js';
import { JOURNAL_MIGRATIONS } from '../../src/postgres/journal/migrations.js';
import { isSyntaxError, type Grammar, type ParsedStatement, type RangeVar } from '../../src/sql/grammar.js';
import { cutKeys, topKey } from '../../src/sql/key-range.js';
import { kindOf, nodeAs, walkTree } from '../../src/sql/tree-walk.js';
import { templateOf } from './statement-template.js';

/** A message of several statements is ours when each of them is. The journal's migrations are known by their text. */
export function isOwn(message: string, graph: OperationGraph, grammar: Grammar): boolean {
  if (JOURNAL_MIGRATIONS.some(({ sql }) => sql === message)) return true;
  const statements = grammar.statements(message);
  if (isSyntaxError(statements)) return false;
  return statements.every((statement) => OWN.some((is) => is(statement, graph)));
}

type IsOwn = (statement: ParsedStatement, graph: OperationGraph) => boolean;

const OWN: readonly IsOwn[] = [
  // BEGIN, COMMIT, ROLLBACK, and the savepoint around each question to the server.
  ({ node }) => kindOf(node) === 'TransactionStmt',

  // Settings that a run pins, its timeouts, its name: `src/sql/pinned-settings.ts`. The session is given back clean.
  ({ node }) => OWN_SETTINGS.has(nodeAs(node, 'VariableSetStmt')?.name?.toLowerCase() ?? ''),
  ({ text }) => text === 'DISCARD ALL',

  // The journal: any statement over tables of its schema alone; and the schema itself.
  (statement) => everyRelation(statement, ({ schemaname }) => schemaname === 'lockstep'),
  ({ text }) => text === 'CREATE SCHEMA lockstep' || text.startsWith('COMMENT ON SCHEMA lockstep IS '),

  // Reads of the catalog and of the server's views alone: the snapshot, the fingerprint, what a concurrent build has come
  // to, who is waited for.
  (statement) =>
    kindOf(statement.node) === 'SelectStmt' &&
    everyRelation(statement, ({ schemaname = 'pg_catalog', relname = '' }) => {
      return schemaname === 'pg_catalog' && relname.startsWith('pg_');
    }),

  // Questions without a relation: who am I, which engine is it, is the journal there, how large is what will be cut, what time is it; the advisory locks by
  // which two processes are polite to each other.
  ({ text }) => OWN_QUESTIONS.some((question) => question.test(text)),

  // The locks that an operation takes before its statements, on its tables, in modes that the plan shows.
  ({ text }, graph) => {
    const [, tables = '', mode = ''] = /^LOCK TABLE (.+) IN ([A-Z ]+) MODE$/.exec(text) ?? [];
    return graph.operations.some(
      (operation) =>
        operation.kind === 'statement' &&
        tables.split(', ').every((table) => {
          const shown = operation.locks.some((lock) => lock.relation === table && lock.mode === mode);
          return operation.lockFirst.includes(table) && (shown || mode === 'SHARE UPDATE EXCLUSIVE');
        }),
    );
  },

  // Where the ranges of a fill are cut: the greatest key, and keys of a sample. It only balances the work.
  ({ text }, { operations }) =>
    operations.some(
      (operation) =>
        operation.kind === 'batch' &&
        [topKey(operation.walk), cutKeys(operation.walk, 1, 1), cutKeys(operation.walk, 1, 100)].some(
          (cut) => withoutParts(cut) === withoutParts(text),
        ),
    ),

  // What the server is asked to plan and does not run, before anything is run.
  ({ text }, { operations }) => {
    const asked = text.startsWith(EXPLAIN) ? templateOf(text.slice(EXPLAIN.length)) : undefined;
    return operations.some(
      (operation) =>
        (operation.kind === 'batch' && templateOf(operation.work.explain) === asked) ||
        (operation.kind === 'check' && templateOf(operation.check.summary) === asked) ||
        (operation.kind === 'gate' && (operation.until ?? []).some(({ summary }) => templateOf(summary) === asked)),
    );
  },
];

const EXPLAIN = 'EXPLAIN (FORMAT JSON) ';

const OWN_SETTINGS: ReadonlySet<string> = new Set([
  ...[
    'timezone',
    'datestyle',
    'intervalstyle',
    'extra_float_digits',
    'bytea_output',
    'lc_monetary',
    'lc_numeric',
    'lc_time',
  ],
  ...['array_nulls', 'transform_null_equals', 'xmlbinary', 'xmloption'],
  ...['standard_conforming_strings', 'row_security', 'search_path', 'lockstep.run_id', 'application_name'],
  ...['lock_timeout', 'statement_timeout', 'idle_in_transaction_session_timeout', 'client_connection_check_interval'],
  ...['tcp_keepalives_idle', 'tcp_keepalives_interval', 'tcp_keepalives_count'],
]);

const OWN_QUESTIONS: readonly RegExp[] = [
  /^SELECT pg_(try_)?advisory_(xact_)?(un)?lock\([-\d, ]+\)( AS held)?$/,
  /^SELECT pg_catalog\.pg_backend_pid\(\) AS pid$/,
  /^SELECT version\(\) AS version$/,
  /^SELECT pg_catalog\.to_regclass\('pg_catalog\.pg_dist_partition'\) IS NOT NULL AS there$/,
  /^SELECT session_user::text AS by$/,
  /^SELECT pg_catalog\.floor\(1000 \* EXTRACT\(epoch FROM pg_catalog\.clock_timestamp\(\)\)\)::bigint AS ms$/,
  /^SELECT to_reg(class|namespace)\('lockstep(\.(migration|run|tombstone|window_move))?'\) IS NOT NULL AS there$/,
  /^SELECT coalesce\(has_schema_privilege\(to_regnamespace\('lockstep'\), 'USAGE'\), true\) AS may$/,
  /^SELECT greatest\(pg_relation_size\([^()]*\), \(SELECT sum\(pg_relation_size\(relid\)\) FROM pg_partition_tree\([^()]*\)\)\)::bigint AS bytes$/,
  // The path under which the journal is looked through, read and put back: `src/postgres/journal/journal-intruders.ts`.
  /^SELECT pg_catalog\.(current_setting\('search_path'\) AS path|set_config\('search_path', \$1, true\))$/,
  // The settings under which the catalog is read, read and put back: `src/postgres/pinned-catalog.ts`.
  /^SELECT (name, )?pg_catalog\.(current_setting\(name\) AS setting|set_config\(key, value, true\))\s+FROM pg_catalog\.jsonb_(array_elements|each)_text\(\$1::text::pg_catalog\.jsonb\)( AS name)?$/,
];

/** At least one. Names that stand for a WITH query are none. */
function everyRelation({ node }: ParsedStatement, is: (relation: RangeVar) => boolean): boolean {
  const relations: RangeVar[] = [];
  walkTree(node, (kind, fields, ctes) => {
    const relation = fields as RangeVar;
    const isQuery = relation.schemaname === undefined && ctes.has(relation.relname ?? '');
    if (kind === 'RangeVar' && !isQuery) relations.push(relation);
  });
  return relations.length > 0 && relations.every(is);
}

function withoutParts(cut: string): string {
  return templateOf(cut)
    .replace(/ntile\(\d+\)/, 'ntile(n)')
    .replace(/ TABLESAMPLE SYSTEM \([\d.]+\)/, ' TABLESAMPLE');
}
