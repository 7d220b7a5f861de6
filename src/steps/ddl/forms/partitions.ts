/** Partitions of a table, and what of theirs a statement on the table takes over. */
import type { CatalogSnapshot, Relation } from '../../../catalog/catalog-snapshot.js';
import { sameName } from '../../../catalog/change-relation.js';
import { relationKey } from '../../../sql/identifier.js';

/** Directly below it. */
export function partitionsOf(table: Relation, { relations }: CatalogSnapshot): readonly Relation[] {
  return Object.values(relations).filter(({ partition, parent }) => partition && sameName(parent, table));
}

/**
 * Why there is no way back where a partition has such an index already: the server makes it a part of the new one, with
 * which it goes when that is dropped, and nothing detaches it.
 */
export function takenOver(
  table: Relation,
  keys: readonly (string | null)[],
  catalog: CatalogSnapshot,
): string | undefined {
  for (const partition of partitionsOf(table, catalog)) {
    const own = partition.indexes.find((index) => index.partOf === undefined && index.keys.join() === keys.join());
    if (own !== undefined)
      return `the index ${own.name} of ${relationKey(partition)} becomes a part of the new one and would go with it`;
    const below = takenOver(partition, keys, catalog);
    if (below !== undefined) return below;
  }
  return undefined;
}

/** Why there is no way back before server 18: to let the column be NULL again reaches each partition, whoever wanted it there. */
export function requiredBelow(table: Relation, column: string, catalog: CatalogSnapshot): string | undefined {
  for (const partition of partitionsOf(table, catalog)) {
    if (partition.columns.some(({ name, notNull }) => name === column && notNull))
      return `${relationKey(partition)} requires ${column} by itself, and would let it be NULL as well`;
    const below = requiredBelow(partition, column, catalog);
    if (below !== undefined) return below;
  }
  return undefined;
}
