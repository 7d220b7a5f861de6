/**
 * Columns of a target that a mapping does not fill: whether somebody wrote them. What an INSERT that does not name a column leaves
 * in it is known only where the column has no default, or one that is a literal. Others (`now()`, a sequence, an identity, a
 * domain, which may have a default of its own) give each row a value that nobody can say afterwards: they are not compared.
 */
import type { Column } from '../catalog/catalog-snapshot.js';
import { quoteIdentifier } from '../sql/identifier.js';
import { anyDiffers, comparableType, type Mapping } from './mapping.js';

/** SQL: a row of the target holds in them what no INSERT of ours would have left there. */
export function unfilledDiffer(row: string, { target, columns }: Pick<Mapping, 'target' | 'columns'>): string {
  return anyDiffers(
    target.columns.flatMap((column) => {
      const name = quoteIdentifier(column.name);
      const value = columns.some((mapped) => mapped.name === name) ? null : valueOfDefault(column);
      return value === null ? [] : [{ left: `${row}.${name}`, right: value, type: column.type }];
    }),
  );
}

/** SQL of what the column holds where nothing is said; null: nobody can say it. */
function valueOfDefault({ type, baseType, generated, identity, default: text }: Column): string | null {
  if (generated !== 'no' || identity !== 'no') return null;
  if (text === undefined) return baseType === undefined ? 'NULL' : null;
  const [, literal, cast] = LITERAL.exec(text.trim()) ?? [];
  if (literal === undefined) return null;
  // `'now'::text` on its way to a time is another value for each row.
  if (cast !== undefined && !isSameType(cast, type)) return null;
  // As the server prints it such a default is a moment; as a plan writes it, it is still the word.
  if (/^(date|time)/.test(baseType ?? type) && /now|today|tomorrow|yesterday/i.test(literal)) return null;
  // In its own type and to its own length, as the column has it.
  return /^NULL$/i.test(literal) ? 'NULL' : `${literal}::${type}`;
}

/** One literal, and at most one cast, as `pg_get_expr` prints a constant. */
const LITERAL = /^(NULL|true|false|\d+(?:\.\d+)?|\(?-\d+(?:\.\d+)?\)?|'(?:[^'\\]|'')*')(?:::([^:']+))?$/i;

const TEXTS: ReadonlySet<string> = new Set(['text', 'character varying', 'varchar', 'bpchar', 'character']);

/** A cast to a length cuts, and a constant of another type is converted once more: neither is the literal itself any more. */
function isSameType(cast: string, type: string): boolean {
  const own = comparableType(type);
  return cast === own || cast === type || (TEXTS.has(cast) && TEXTS.has(own));
}
