/**
 * What a change of a published table does to those who subscribe to it: rows are sent with the names of tables and columns, and a
 * name that a subscriber has not stops it (PostgreSQL documentation, Logical Replication, Restrictions: the schema is not replicated).
 */
import type { Relation } from '../catalog/catalog-snapshot.js';
import { relationKey } from '../sql/identifier.js';

export interface BreaksSubscribers {
  readonly name: 'breaks_subscribers';
  readonly detail: string;
  /** What would avoid it. */
  readonly help: string;
}

/** Empty where nobody publishes the table. `column`: only what names that one sends it, where there is a list of columns. */
export function breaksSubscribers(
  table: Relation,
  change: 'new column' | 'new name',
  column?: string,
): readonly BreaksSubscribers[] {
  const named = table.columns.find(({ name }) => name === column)?.published ?? [];
  const publications = [...new Set([...(table.publications ?? []), ...(change === 'new name' ? named : [])])];
  if (publications.length === 0) return [];
  const by = publications.map((name) => `\`${name}\``).join(', ');
  const detail = `${by} ${publications.length === 1 ? 'publishes' : 'publish'} ${relationKey(table)}: a subscriber that does not know the ${change} stops at the next row.`;
  const help =
    change === 'new column'
      ? 'add the column at every subscriber first'
      : 'change it at every subscriber in the same moment, with the subscriptions disabled';
  return [{ name: 'breaks_subscribers', detail, help }];
}
