/** NOT NULL: proved by a constraint that is validated beside traffic, there and back. */
import type { Constraint, Relation } from '../../../catalog/catalog-snapshot.js';
import { freeName } from '../../../catalog/free-name.js';
import { quoteIdentifier, relationKey } from '../../../sql/identifier.js';
import { asWayBack, quick, quickBack, type FormContext, type Piece } from '../piece.js';
import { alter } from './alter-text.js';
import { requiredBelow } from './partitions.js';
import { validate, validateConstraint } from './validate.js';

/**
 * SET NOT NULL looks at every row under ACCESS EXCLUSIVE, unless a valid constraint has proved it before. Since 18 NOT NULL
 * is itself a constraint that can be NOT VALID; below, a CHECK proves it and goes again.
 */
export function requireNotNull(table: Relation, column: string, at: FormContext, given?: string): readonly Piece[] {
  const unproved = table.constraints.find(({ kind, columns }) => kind === 'not null' && columns[0] === column);
  if (unproved !== undefined && given === undefined) return validateConstraint(table, unproved.name, at);
  const free = (label: 'not_null' | 'check'): string =>
    freeName(at.catalog, table.schema, { table: table.name, columns: [column], label }, 'constraint');
  const name = given ?? free('not_null');
  const set = `${alter(table)} ALTER COLUMN ${quoteIdentifier(column)} SET NOT NULL`;
  const label = `require ${column} of ${relationKey(table)} to be not null`;
  const unset = quickBack(
    `let ${column} of ${relationKey(table)} be null`,
    `${alter(table)} ALTER COLUMN ${quoteIdentifier(column)} DROP NOT NULL`,
  );
  const native = at.catalog.server.versionNum >= 180_000;
  if (at.isNew(table)) {
    const named = `${alter(table)} ADD CONSTRAINT ${quoteIdentifier(name)} NOT NULL ${quoteIdentifier(column)}`;
    return [quick('set', label, [given !== undefined && native ? named : set], [unset])];
  }
  const proving = native ? name : free('check');
  const check = quoteIdentifier(proving);
  const condition = native ? `NOT NULL ${quoteIdentifier(column)}` : `CHECK (${quoteIdentifier(column)} IS NOT NULL)`;
  const drop = quickBack(`drop constraint ${check}`, `${alter(table)} DROP CONSTRAINT IF EXISTS ${check}`);
  const add = quick(
    'require',
    `${label}, for new rows`,
    [`${alter(table)} ADD CONSTRAINT ${check} ${condition} NOT VALID`],
    [drop],
  );
  const proof = { ...validate(table, proving), name: 'prove' };
  if (native) return [add, proof];
  const strict = requiredBelow(table, column, at.catalog);
  const back = strict === undefined ? [unset] : { none: strict };
  return [add, proof, quick('set', label, [set, `${alter(table)} DROP CONSTRAINT ${check}`], back)];
}

/** NULLs may have come since: the way back asks for it again in the same careful way, under its old name. */
export function dropNotNull(table: Relation, column: string, at: FormContext): readonly Piece[] {
  const sql = `${alter(table)} ALTER COLUMN ${quoteIdentifier(column)} DROP NOT NULL`;
  const named = table.constraints.find(({ kind, columns }) => kind === 'not null' && columns[0] === column);
  const again =
    named === undefined
      ? `${alter(table)} ALTER COLUMN ${quoteIdentifier(column)} SET NOT NULL`
      : `${alter(table)} ADD CONSTRAINT ${quoteIdentifier(named.name)} ${named.definition}`;
  const back = asWayBack(at.expand([again], at.after([sql])));
  return [quick('unset', `let ${column} of ${relationKey(table)} be null`, [sql], back)];
}

export function isNotNull(table: Relation, { columns: [only], validated }: Constraint): boolean {
  const constrained = table.constraints.some(({ kind, columns }) => kind === 'not null' && columns[0] === only);
  if (constrained && !validated) return true;
  return table.columns.some(({ name, notNull }) => name === only && notNull);
}
