/** The text of a constraint, as it is written behind a column, to what it would be as a constraint of the table. */
import type { Token } from './grammar.js';
import { quoteIdentifier } from './identifier.js';
import type { SourceText } from './source-text.js';
import type { FieldsOf } from './tree-walk.js';

type Constraint = FieldsOf<'Constraint'>;

/** `REFERENCES t (id)` behind column c is `FOREIGN KEY (c) REFERENCES t (id)`. */
export function constraintOfTable({ contype }: Constraint, ofColumn: readonly string[], text: string): string {
  const [column] = ofColumn;
  if (column === undefined || contype === 'CONSTR_CHECK') return text;
  const columns = `(${quoteIdentifier(column)})`;
  if (contype === 'CONSTR_FOREIGN') return `FOREIGN KEY ${columns} ${text}`;
  return text.replace(/^(PRIMARY\s+KEY|UNIQUE(?:\s+NULLS\s+(?:NOT\s+)?DISTINCT)?)/i, `$1 ${columns}`);
}

export function withoutName(tokens: readonly Token[], source: SourceText): string {
  return source.text(tokens[0]?.text.toLowerCase() === 'constraint' ? tokens.slice(2) : tokens);
}

export function isAttribute(type: Constraint['contype']): boolean {
  return type?.startsWith('CONSTR_ATTR_') === true;
}
