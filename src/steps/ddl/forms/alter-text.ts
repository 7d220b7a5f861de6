/** The beginnings of the statements that most forms write. */
import type { Relation } from '../../../catalog/catalog-snapshot.js';
import { quoteIdentifier, relationKey } from '../../../sql/identifier.js';

/** `ALTER TABLE name`. */
export function alter(table: Relation): string {
  return `ALTER TABLE ${relationKey(table)}`;
}

export function dropText(table: Relation, name: string): string {
  return `${alter(table)} DROP CONSTRAINT ${quoteIdentifier(name)}`;
}
