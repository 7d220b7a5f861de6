/**
 * ADD COLUMN changes only the catalog, unless the default differs from row to row: then the whole table is written anew. A
 * constraint that comes with the column would look at every row under the same lock, so it gets a statement of its own.
 */
import type { Relation } from '../../../catalog/catalog-snapshot.js';
import { factsOf } from '../../../sql/expression-facts.js';
import type { ParsedStatement } from '../../../sql/grammar.js';
import { quoteIdentifier, relationKey } from '../../../sql/identifier.js';
import { sourceText } from '../../../sql/source-text.js';
import { withoutWords } from '../../../sql/statement-text.js';
import { nodeAs, type FieldsOf } from '../../../sql/tree-walk.js';
import { isAttribute } from '../../../sql/constraint-text.js';
import { serialType } from '../../../sql/type-name.js';
import { quick, quickBack, type FormContext, type Piece, type PieceHazard } from '../piece.js';
import { breaksSubscribers } from '../../breaks-subscribers.js';
import { alter } from './alter-text.js';

type ColumnDef = FieldsOf<'ColumnDef'>;
type Constraint = FieldsOf<'Constraint'>;

export function addColumn(table: Relation, command: FieldsOf<'AlterTableCmd'>, at: FormContext): readonly Piece[] {
  const column = nodeAs(command.def, 'ColumnDef')!;
  const name = column.colname!;
  if (table.columns.some((existing) => existing.name === name)) {
    const detail = `${relationKey(table)} has a column \`${name}\` already.`;
    if (command.missing_ok === true) at.note(detail);
    else at.refuse('LS6204', detail, 'name it otherwise, or write IF NOT EXISTS');
    return [];
  }
  const constraints = at.effects.flatMap((effect) =>
    effect.kind === 'constraint added' && effect.constraint.kind !== 'not null' ? [effect.constraint] : [],
  );
  const sql = at.isNew(table)
    ? withoutWords(at.statement, ['IF', 'NOT', 'EXISTS'])
    : `${alter(table)} ADD COLUMN ${bareColumn(at.statement, column)}`;
  if (constraints.length > 0 && !at.isNew(table)) {
    const added = constraints.map(
      (each) => `${alter(table)} ADD CONSTRAINT ${quoteIdentifier(each.name)} ${each.definition}`,
    );
    return at
      .expand([sql, ...added])
      .map((piece, index) => (index === 0 ? piece : { ...piece, name: `${index}-${piece.name}` }));
  }
  const label = `add column ${name} to ${relationKey(table)}`;
  const back = quickBack(
    `drop column ${name} of ${relationKey(table)}`,
    `${alter(table)} DROP COLUMN ${quoteIdentifier(name)}`,
  );
  const reason = at.isNew(table) ? undefined : whyRewritten(column, at);
  const hazards = [
    ...(reason === undefined ? [] : rewrites(table, reason)),
    ...(at.isNew(table) ? [] : breaksSubscribers(table, 'new column')),
  ];
  return [{ ...quick('add', label, [sql], [back]), hazards }];
}

function rewrites(table: Relation, reason: string): readonly PieceHazard[] {
  const detail = `${relationKey(table)} is written anew while readers and writers wait: ${reason}.`;
  const help = 'add the column without it, set the default in a second statement, and fill the column with a backfill';
  return [
    { name: 'rewrites_table', detail, help },
    { name: 'blocks_reads', detail, help },
  ];
}

/** Facts: PostgreSQL documentation, ALTER TABLE, Notes. */
function whyRewritten(column: ColumnDef, at: FormContext): string | undefined {
  const constraints = (column.constraints ?? []).map((node) => nodeAs(node, 'Constraint')!);
  const of = (type: Constraint['contype']): Constraint | undefined =>
    constraints.find((constraint) => constraint.contype === type);
  if (serialType(column.typeName!) !== undefined || of('CONSTR_IDENTITY') !== undefined)
    return 'each row takes a number of its own';
  const generated = of('CONSTR_GENERATED');
  if (generated !== undefined)
    return generated.generated_kind === 'v' ? undefined : 'its expression is computed for each row';
  const value = of('CONSTR_DEFAULT')?.raw_expr;
  if (value === undefined) return undefined;
  const volatile = factsOf(value, (location) => location).functions.find(({ parts }) => isVolatile(parts, at));
  return volatile && `\`${volatile.parts.at(-1)!}\` gives each row another value`;
}

/** pg_proc.provolatile of the functions that defaults are made of. */
const VOLATILE: ReadonlySet<string> = new Set(
  'clock_timestamp gen_random_uuid nextval random random_normal timeofday uuidv4 uuidv7 uuid_generate_v1 uuid_generate_v1mc uuid_generate_v4 gen_random_bytes'.split(
    ' ',
  ),
);

function isVolatile(parts: readonly string[], { catalog }: FormContext): boolean {
  const name = parts.at(-1)!;
  if (VOLATILE.has(name)) return true;
  return Object.values(catalog.functions).some((known) => known.name === name && known.volatility === 'volatile');
}

const SEPARATE: ReadonlySet<Constraint['contype']> = new Set<Constraint['contype']>([
  'CONSTR_FOREIGN',
  'CONSTR_UNIQUE',
  'CONSTR_PRIMARY',
  'CONSTR_CHECK',
]);

/** The words of the column without those of the constraints that get a statement of their own. */
function bareColumn(statement: ParsedStatement, column: ColumnDef): string {
  const source = sourceText(statement);
  const nodes = (column.constraints ?? []).map((node) => nodeAs(node, 'Constraint')!);
  const stops = [...nodes.filter(({ contype }) => !isAttribute(contype)), column.collClause].map((part) =>
    statement.utf16Offset(part?.location ?? 0),
  );
  const separate = nodes.filter(({ contype }) => SEPARATE.has(contype));
  const clauses = separate.map((node) => source.clause(statement.utf16Offset(node.location ?? 0), stops));
  const cut = new Set(clauses.flat().map(({ start }) => start));
  return joined(statement, source.clause(statement.utf16Offset(column.location ?? 0)), cut);
}

/** With the blanks that stand between the words that stay. */
function joined(
  statement: ParsedStatement,
  tokens: ReturnType<ParsedStatement['tokens']>,
  cut: ReadonlySet<number>,
): string {
  let text = '';
  for (const [index, token] of tokens.entries()) {
    if (cut.has(token.start)) continue;
    const before = tokens[index - 1];
    const blank = before !== undefined && (cut.has(before.start) || before.end < token.start) ? ' ' : '';
    text +=
      (text === '' ? '' : blank) + statement.text.slice(token.start - statement.start, token.end - statement.start);
  }
  return text;
}
