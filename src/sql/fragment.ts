/**
 * Pieces of SQL that a plan holds: an expression, a query, statements. Owns the proof that a piece is one thing of its kind
 * and cannot leave the place where it is put. Whether its names exist and its functions may be used there is for the
 * floors above, with the facts that are reported here.
 */
import { factsOf, type ExpressionFacts } from './expression-facts.js';
import { isSyntaxError, type Grammar, type ParsedStatement } from './grammar.js';
import { fieldsOf, kindOf, nodeAs, walkTree, type AnyFields, type FieldsOf } from './tree-walk.js';

export interface FragmentProblem {
  /** In UTF-16 code units of the fragment. */
  readonly offset: number;
  readonly message: string;
  readonly help: string;
}

export type Fragment<T> = { readonly ok: true; readonly value: T } | Refused;

type Refused = { readonly ok: false } & FragmentProblem;

export interface Expression extends ExpressionFacts {
  /** Without the comments behind it, so that more text may follow. Not in parentheses: whoever embeds it adds them. */
  readonly text: string;
}

const EXPRESSION_HELP = 'write one SQL expression over one row, for example lower(email)';
const CONDITION_HELP = 'write one SQL condition over one row, for example email IS NOT NULL';
const QUERY_HELP = 'write one SELECT that changes nothing';
const STATEMENT_HELP = 'write one SQL statement';
const STATEMENTS_HELP = 'write one or more SQL statements, with a semicolon between them';

/** One value expression over one row. */
export function readExpression(grammar: Grammar, sql: string): Fragment<Expression> {
  return readScalar(grammar, sql, EXPRESSION_HELP);
}

/** As an expression; that it is boolean only the server can say. */
export function readCondition(grammar: Grammar, sql: string): Fragment<Expression> {
  return readScalar(grammar, sql, CONDITION_HELP);
}

/** One SELECT, VALUES or TABLE, WITH included, that neither writes nor locks rows. */
export function readQuery(grammar: Grammar, sql: string): Fragment<ParsedStatement> {
  const single = readStatement(grammar, sql, QUERY_HELP);
  if (!single.ok) return single;
  const reason = kindOf(single.value.node) === 'SelectStmt' ? whyNotReadOnly(single.value) : 'this is not a query';
  return reason === undefined ? single : problem(single.value.start, reason, QUERY_HELP);
}

export function readStatement(grammar: Grammar, sql: string, help = STATEMENT_HELP): Fragment<ParsedStatement> {
  const several = readStatements(grammar, sql, help);
  if (!several.ok) return several;
  const [first, second] = several.value;
  return second === undefined
    ? { ok: true, value: first! }
    : problem(second.start, 'a second statement begins here', help);
}

/** At least one. */
export function readStatements(
  grammar: Grammar,
  sql: string,
  help = STATEMENTS_HELP,
): Fragment<readonly ParsedStatement[]> {
  const parsed = grammar.statements(sql);
  if (isSyntaxError(parsed)) return problem(parsed.offset, parsed.message, help);
  if (parsed.length === 0) return problem(0, 'there is no SQL here', help);
  for (const statement of parsed) {
    const refused = refusedStatement(statement);
    if (refused !== undefined) return refused;
  }
  return { ok: true, value: parsed };
}

function readScalar(grammar: Grammar, sql: string, help: string): Fragment<Expression> {
  // Bare, nothing can close a parenthesis that it did not open; whatever else gets in shows as a further clause.
  const prefix = 'SELECT\n';
  const bare = grammar.statements(prefix + sql);
  if (isSyntaxError(bare)) return problem(bare.offset - prefix.length, bare.message, help);
  const [statement, second] = bare;
  if (second !== undefined) return problem(second.start - prefix.length, 'a second statement begins here', help);
  const select = nodeAs(statement?.node, 'SelectStmt');
  if (statement === undefined || select === undefined) return problem(0, 'there is no expression here', help);

  const target = nodeAs(select.targetList?.[0], 'ResTarget');
  if (target?.val === undefined) {
    const onlyWhere = select.whereClause !== undefined;
    return problem(
      0,
      onlyWhere ? 'the condition stands alone, without the word WHERE' : 'there is no expression here',
      help,
    );
  }
  const offsetOf = (location: number): number =>
    Math.min(Math.max(statement.utf16Offset(Math.max(location, 0)) - prefix.length, 0), sql.length);
  const reason = whyNotOneTarget(select, target);
  if (reason !== undefined) return problem(offsetOf(target.location ?? 0), reason, help);
  const parameter = parameterIn(statement);
  if (parameter !== undefined) return problem(offsetOf(parameter), ...NO_PARAMETERS);

  // In parentheses, nothing that belongs to SELECT rather than to the expression is read: ALL, a star, a semicolon.
  const enclosed = grammar.statements(`SELECT (\n${sql}\n)`);
  if (isSyntaxError(enclosed)) return problem(0, 'this is more than an expression', help);

  const text = statement.text.slice('SELECT'.length).trimStart();
  return { ok: true, value: { text, ...factsOf(target.val, offsetOf) } };
}

/** Members that a bare `SELECT expression` has; any other is a clause that came with the text. */
const PLAIN_SELECT: ReadonlySet<string> = new Set(['targetList', 'limitOption', 'op']);

function whyNotOneTarget(select: FieldsOf<'SelectStmt'>, target: FieldsOf<'ResTarget'>): string | undefined {
  const clause = Object.keys(select).find((member) => !PLAIN_SELECT.has(member));
  if (clause !== undefined || select.op !== 'SETOP_NONE' || select.limitOption !== 'LIMIT_OPTION_DEFAULT')
    return 'this is part of a query, not an expression';
  if (select.targetList?.length !== 1) return 'this is more than one expression';
  if (target.name !== undefined) return `an expression has no name of its own: ${target.name}`;
  if (kindOf(target.val!) === 'SetToDefault') return 'DEFAULT is not an expression';
  return undefined;
}

const LEAVE_OUT = 'leave it out: the engine begins and ends transactions itself';
const NO_PARAMETERS = ['a numbered parameter stands for nothing here', 'write the value, or {{ name }}'] as const;

function refusedStatement(statement: ParsedStatement): Refused | undefined {
  const { node, start } = statement;
  if (kindOf(node) === 'TransactionStmt') return problem(start, 'a plan does not control transactions', LEAVE_OUT);
  const copy = nodeAs(node, 'CopyStmt');
  if (copy !== undefined && copy.filename === undefined)
    return problem(start, 'COPY from or to the client has no client here', 'write INSERT or SELECT');
  const parameter = parameterIn(statement);
  return parameter === undefined ? undefined : problem(statement.utf16Offset(parameter), ...NO_PARAMETERS);
}

/** The location of the first `$1`. The body of an SQL function has parameters by right. */
function parameterIn({ node }: Pick<ParsedStatement, 'node'>): number | undefined {
  if (kindOf(node) === 'CreateFunctionStmt') return undefined;
  let location: number | undefined;
  walkTree(node, (kind, fields) => {
    if (kind === 'ParamRef') location ??= (fields as FieldsOf<'ParamRef'>).location ?? 0;
  });
  return location;
}

const WRITES: Readonly<Record<string, string>> = {
  InsertStmt: 'a query cannot hold an INSERT',
  UpdateStmt: 'a query cannot hold an UPDATE',
  DeleteStmt: 'a query cannot hold a DELETE',
  MergeStmt: 'a query cannot hold a MERGE',
  LockingClause: 'a query cannot lock rows',
};

function whyNotReadOnly({ node }: ParsedStatement): string | undefined {
  let reason: string | undefined;
  const look = (kind: string, fields: AnyFields): void => {
    reason ??= WRITES[kind];
    if (kind === 'SelectStmt' && fields.intoClause !== undefined) reason ??= 'a query cannot create a table with INTO';
  };
  look(kindOf(node), fieldsOf(node));
  walkTree(node, look);
  return reason;
}

function problem(offset: number, message: string, help: string): Refused {
  return { ok: false, offset: Math.max(offset, 0), message, help };
}
