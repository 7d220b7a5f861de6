/**
 * What statements over rows touch, and those that hide what they touch. Lock modes after the PostgreSQL documentation,
 * "Explicit Locking" and the page of each command.
 */
import type { Node } from './grammar.js';
import { LOCK_MODES } from './lock-mode.js';
import type { Handlers, TouchSink } from './touch-sink.js';
import { nodeAs, relationParts, stringsOf, type FieldsOf } from './tree-walk.js';

export const DATA_STATEMENTS: Handlers = {
  SelectStmt: (select, sink) => {
    // SELECT INTO names the new table where other queries name nothing.
    const into = select.intoClause?.rel;
    if (into !== undefined) {
      sink.write(into, null);
      sink.create('table', relationParts(into));
    }
    for (const clause of select.lockingClause ?? []) markLockedRows(clause, select.fromClause ?? [], sink);
  },
  InsertStmt: (insert, sink) => sink.write(insert.relation, 'ROW EXCLUSIVE'),
  UpdateStmt: (update, sink) => sink.write(update.relation, 'ROW EXCLUSIVE'),
  DeleteStmt: (del, sink) => sink.write(del.relation, 'ROW EXCLUSIVE'),
  MergeStmt: (merge, sink) => sink.write(merge.relation, 'ROW EXCLUSIVE'),
  TruncateStmt: (truncate, sink) => {
    for (const node of truncate.relations ?? []) sink.write(nodeAs(node, 'RangeVar'), 'ACCESS EXCLUSIVE');
    if (truncate.behavior === 'DROP_CASCADE') sink.cascades();
  },
  CopyStmt: (copy, sink) => {
    if (copy.is_from === true) sink.write(copy.relation, 'ROW EXCLUSIVE');
    if (copy.is_program === true) sink.opaque('it runs a program on the server');
  },
  LockStmt: (lock, sink) => {
    // Without a mode the grammar fills in ACCESS EXCLUSIVE; modes count from 1, weakest first.
    for (const node of lock.relations ?? []) sink.read(nodeAs(node, 'RangeVar'), LOCK_MODES[(lock.mode ?? 8) - 1]!);
  },
  FuncCall: (call, sink) => sink.call(call.funcname),
  TypeName: (type, sink) => {
    // `accounts.id%TYPE` opens the table for its column.
    if (type.pct_type === true) sink.read(stringsOf(type.names).slice(0, -1), 'ACCESS SHARE');
  },

  // They hold a query, which the walk reaches: nothing of their own.
  ExplainStmt: () => undefined,
  DeclareCursorStmt: () => undefined,
  VariableShowStmt: () => undefined,
  NotifyStmt: () => undefined,
  ConstraintsSetStmt: () => undefined,

  VariableSetStmt: (set, sink) => {
    if (set.name !== undefined && /^(search_path|role|session_authorization)$/.test(set.name.toLowerCase()))
      sink.opaque(`it changes ${set.name}, and with it what later names mean`);
    if (set.kind === 'VAR_RESET_ALL') sink.opaque('it resets every setting, and with it what later names mean');
  },
  TransactionStmt: (_, sink) => sink.opaque('it controls the transaction'),
  DoStmt: (_, sink) => sink.opaque('it runs the code of a DO block'),
  CallStmt: (_, sink) => sink.opaque('it runs the code of a procedure'),
  ExecuteStmt: (_, sink) => sink.opaque('it runs a prepared statement'),
  PrepareStmt: (_, sink) => sink.opaque('it prepares a statement to be run later'),
  LoadStmt: (_, sink) => sink.opaque('it loads a library into the server'),
};

/** FOR UPDATE without OF locks the rows of all that stands in FROM, also inside a subquery there; with OF, of those named. */
function markLockedRows(clause: Node, from: readonly Node[], sink: TouchSink): void {
  const locking = nodeAs(clause, 'LockingClause');
  const of = (locking?.lockedRels ?? []).map((node) => nodeAs(node, 'RangeVar'));
  of.forEach((alias) => sink.claim(alias));
  const names = of.length === 0 ? undefined : new Set(of.map((alias) => alias?.relname));
  for (const item of from) markLockedItem(item, names, sink);
}

function markLockedItem(item: Node, names: ReadonlySet<string | undefined> | undefined, sink: TouchSink): void {
  const relation = nodeAs(item, 'RangeVar');
  if (relation !== undefined && isNamed(relation.alias?.aliasname ?? relation.relname, names)) sink.rowLock(relation);
  const join = nodeAs(item, 'JoinExpr');
  for (const side of [join?.larg, join?.rarg]) if (side !== undefined) markLockedItem(side, names, sink);
  const derived = nodeAs(item, 'RangeSubselect');
  if (derived !== undefined && isNamed(derived.alias?.aliasname, names))
    markLockedQuery(nodeAs(derived.subquery, 'SelectStmt'), sink);
}

function markLockedQuery(query: FieldsOf<'SelectStmt'> | undefined, sink: TouchSink): void {
  for (const item of query?.fromClause ?? []) markLockedItem(item, undefined, sink);
}

function isNamed(name: string | undefined, names: ReadonlySet<string | undefined> | undefined): boolean {
  return names === undefined || names.has(name);
}
