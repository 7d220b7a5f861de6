/**
 * What a change of the catalog takes away from under a window. Its functions name tables and columns, and those of a row are
 * given by type: where one is called otherwise, is gone, or is of another type, the next write of the application fails. The
 * server itself refuses some of it while the plan runs (what a trigger's condition names), and lets the rest pass.
 */
import type { CatalogSnapshot, Relation } from '../catalog/catalog-snapshot.js';
import { uniqueKeysOf } from '../catalog/walkable-key.js';
import { sqlName } from '../mapping/mapping.js';
import { quoteIdentifier } from '../sql/identifier.js';

/** Sentences; empty: nothing. `used`: columns of the relation, quoted. */
export function whatChangesUnder(
  relation: Relation,
  used: ReadonlySet<string>,
  before: CatalogSnapshot,
  after: CatalogSnapshot,
): readonly string[] {
  const key = sqlName(relation);
  const [was, is] = [before.relations[key], after.relations[key]];
  if (was === undefined || was === is || is?.opaque === true) return [];
  if (is === undefined || is.oid !== was.oid) {
    const renamed = Object.values(after.relations).find(({ oid }) => oid === was.oid);
    return [renamed === undefined ? `\`${key}\` is dropped` : `\`${key}\` is renamed to \`${sqlName(renamed)}\``];
  }
  const columns = was.columns
    .filter((column) => used.has(quoteIdentifier(column.name)))
    .flatMap((column) => {
      const now = is.columns.find(({ name: own }) => own === column.name);
      if (now === undefined) return [`\`${key}.${column.name}\` is there no more under that name`];
      return now.type === column.type ? [] : [`\`${key}.${column.name}\` becomes \`${now.type}\``];
    });
  const lost = uniqueOver(was, used).filter((own) => !uniqueOver(is, used).includes(own));
  // A key whose column is gone was said already.
  return columns.length > 0 ? columns : lost.map((own) => `\`${key}\` loses its unique index on ${own}`);
}

function uniqueOver(relation: Relation, used: ReadonlySet<string>): readonly string[] {
  return uniqueKeysOf(relation)
    .filter(({ columns }) => columns.every((column) => used.has(quoteIdentifier(column))))
    .map(({ columns }) => [...columns].sort().join(', '));
}

/** Of a window of which nothing is known but that it is there: any column may be one of its own. */
export function whatMayBreak(relation: Relation, before: CatalogSnapshot, after: CatalogSnapshot): readonly string[] {
  return whatChangesUnder(relation, new Set(relation.columns.map(({ name }) => quoteIdentifier(name))), before, after);
}
