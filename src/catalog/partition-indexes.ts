/**
 * What an index or key of a partitioned table brings to its partitions: an index each, by a name that the server makes of
 * the partition's. One that a partition has already over the same columns becomes a part instead.
 */
import type { ImpliedFrom } from '../sql/implied-name.js';
import { withIndexName, withIndexTable } from '../sql/renamed-text.js';
import type { CatalogSnapshot, Constraint, Index, RelationName } from './catalog-snapshot.js';
import { sameName } from './change-relation.js';
import { applyEffects, type CatalogEffect } from './effects.js';
import { freeName } from './free-name.js';

export function partitionIndexes(
  snapshot: CatalogSnapshot,
  whole: RelationName,
  brought: Index | Constraint,
  from: ImpliedFrom,
): readonly CatalogEffect[] {
  const effects: CatalogEffect[] = [];
  let catalog = snapshot;
  const partitions = Object.values(snapshot.relations).filter(
    ({ partition, parent }) => partition && sameName(parent, whole),
  );
  const partOf = { schema: whole.schema, name: brought.name };
  const columns = 'keys' in brought ? brought.keys : brought.columns;
  for (const { schema, name, indexes } of partitions) {
    const relation = { schema, name };
    const own = indexes.find((index) => index.partOf === undefined && index.keys.join() === columns.join());
    if (own !== undefined) continue;
    const named = { ...from, table: name };
    const part = freeName(catalog, schema, named, 'keys' in brought ? 'relation' : 'both');
    const definition = withIndexName(withIndexTable(brought.definition, relation), part);
    const added: readonly CatalogEffect[] =
      'keys' in brought
        ? [{ kind: 'index added', relation, index: { ...brought, name: part, partOf, definition } }]
        : [{ kind: 'constraint added', relation, constraint: { ...brought, name: part }, partOf }];
    catalog = applyEffects(catalog, added);
    const below = partitionIndexes(catalog, relation, { ...brought, name: part }, named);
    catalog = applyEffects(catalog, below);
    effects.push(...added, ...below);
  }
  return effects;
}
