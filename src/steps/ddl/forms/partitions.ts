/** Partitions of a table, and what of theirs a statement on the table takes over. */
import type { CatalogSnapshot, Constraint, Relation } from '../../../catalog/catalog-snapshot.js';
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

/**
 * Why there is no way back since server 18: a primary key of a partition makes the NOT NULL that comes from the table above
 * the partition's own, and then it stays where the table's is taken back.
 */
export function requiredAbove(
  table: Relation,
  { kind, columns }: Constraint,
  { server, relations }: CatalogSnapshot,
): string | undefined {
  if (!table.partition || kind !== 'primary key' || server.versionNum < 180_000) return undefined;
  const above = relations[relationKey(table.parent!)]?.columns.filter(({ notNull }) => notNull) ?? [];
  const column = above.find(({ name }) => columns.includes(name));
  if (column === undefined) return undefined;
  return `${relationKey(table)} would go on to require ${column.name} by itself, and not because ${relationKey(table.parent!)} does`;
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
