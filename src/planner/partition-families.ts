/** Which relations share rows: who writes a partition writes its table, and who reads the table reads its partitions. */
import type { CatalogSnapshot } from '../catalog/catalog-snapshot.js';
import { relationKey } from '../sql/identifier.js';

/** A relation, and all partitions and children below it: two relations share rows where these meet. */
export type FamilyOf = (relation: string) => readonly string[];

/** By the catalogs at both ends of a plan: a partition may come or go on the way. */
export function partitionFamilies(...catalogs: readonly CatalogSnapshot[]): FamilyOf {
  const children = new Map<string, Set<string>>();
  for (const relation of catalogs.flatMap((catalog) => Object.values(catalog.relations))) {
    if (relation.parent === undefined) continue;
    const parent = relationKey(relation.parent);
    children.set(parent, (children.get(parent) ?? new Set()).add(relationKey(relation)));
  }
  const familyOf: FamilyOf = (key) => [key, ...[...(children.get(key) ?? [])].flatMap(familyOf)];
  return familyOf;
}
