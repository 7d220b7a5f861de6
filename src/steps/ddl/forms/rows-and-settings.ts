/**
 * What a file of definitions holds beside definitions, as dumps write it: rows for tables that it has just made, which go
 * with them on the way back, and settings of the session that loads it. A setting that decides what the statements mean
 * is put before each of them; one that is about the loading only is passed over, since a run has settings of its own.
 */
import { relationKey } from '../../../sql/identifier.js';
import { nodeAs, stringsOf, type FieldsOf } from '../../../sql/tree-walk.js';
import { quick, type Form } from '../piece.js';

export const insert: Form<'InsertStmt'> = (statement, at) => {
  const table = at.relation(statement.relation!);
  if (table === undefined) return [];
  if (!at.isNew(table)) {
    const detail = `Rows for ${relationKey(table)}, which the step does not make.`;
    at.refuse('LS6203', detail, 'use a `backfill`, or a `sql` step with `down`');
    return [];
  }
  return [quick('rows', `insert into ${relationKey(table)}`, [at.statement.text], { goesWith: 'its table' })];
};

/** A run has its own, pinned. */
const PASSED_OVER: ReadonlySet<string> = new Set([
  ...['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout'],
  ...['client_encoding', 'standard_conforming_strings', 'client_min_messages', 'row_security', 'xmloption'],
  ...['default_tablespace', 'search_path'],
]);

const CARRIED: ReadonlySet<string> = new Set(['check_function_bodies', 'default_table_access_method']);

/** A `SET` that later statements need in front of them; undefined where it is passed over or refused. */
export function settingOf(statement: FieldsOf<'VariableSetStmt'>): 'passed over' | 'carried' | 'refused' {
  const name = statement.name ?? '';
  if (PASSED_OVER.has(name)) return 'passed over';
  return CARRIED.has(name) && statement.kind === 'VAR_SET_VALUE' ? 'carried' : 'refused';
}

/** `SELECT pg_catalog.set_config('search_path', '', false)`: the line with which a dump empties the path. */
export function isPathReset(select: FieldsOf<'SelectStmt'>): boolean {
  const call = nodeAs(nodeAs(select.targetList?.[0], 'ResTarget')?.val, 'FuncCall');
  if (call === undefined || select.fromClause !== undefined) return false;
  const [setting] = (call.args ?? []).map((node) => nodeAs(node, 'A_Const')?.sval?.sval);
  return stringsOf(call.funcname).at(-1) === 'set_config' && setting !== undefined && PASSED_OVER.has(setting);
}
