/** The index of a partitioned table and its parts on the partitions: they go together, and each has a name of its own. */
import { relationKey } from '../sql/identifier.js';
import type { CatalogSnapshot, Index, Relation, RelationName } from './catalog-snapshot.js';
import { keepConstraints, renameKey, sameName } from './change-relation.js';

/** Without the parts of an index that went, and the constraints that they are the indexes of. */
export function withoutParts(snapshot: CatalogSnapshot, whole: RelationName): CatalogSnapshot {
  let rest = snapshot;
  const gone: RelationName[] = [];
  for (const relation of Object.values(snapshot.relations)) {
    const names = relation.indexes.filter(({ partOf }) => sameName(partOf, whole)).map(({ name }) => name);
    if (names.length === 0) continue;
    gone.push(...names.map((name) => ({ schema: relation.schema, name })));
    const indexes = relation.indexes.filter(({ name }) => !names.includes(name));
    rest = replaced(
      rest,
      keepConstraints({ ...relation, indexes }, ({ name }) => !names.includes(name)),
    );
  }
  return gone.reduce(withoutParts, rest);
}

/** Also of a constraint: the server renames the two together. */
export function renameIndex(snapshot: CatalogSnapshot, of: RelationName, from: string, to: string): CatalogSnapshot {
  const relation = snapshot.relations[relationKey(of)];
  if (relation === undefined) return snapshot;
  const renamed = partsOfKeyRenamed(replaced(snapshot, renameKey(relation, from, to)), of, from, to);
  return movedParts(renamed, [{ from: { schema: of.schema, name: from }, to: { schema: of.schema, name: to } }]);
}

/** Foreign keys of partitions that name the one of the table above. */
function partsOfKeyRenamed(snapshot: CatalogSnapshot, whole: RelationName, from: string, to: string): CatalogSnapshot {
  return Object.values(snapshot.relations)
    .filter(({ partition, parent, constraints }) => {
      return partition && sameName(parent, whole) && constraints.some(({ partOf }) => partOf === from);
    })
    .reduce((current, relation) => {
      const constraints = relation.constraints.map((each) => (each.partOf === from ? { ...each, partOf: to } : each));
      return replaced(current, { ...relation, constraints });
    }, snapshot);
}

/** The parts of indexes that have another name now, or stand in another schema. */
export function movedParts(
  snapshot: CatalogSnapshot,
  moves: readonly { readonly from: RelationName; readonly to: RelationName }[],
): CatalogSnapshot {
  const moveOf = ({ partOf }: Index): RelationName | undefined => moves.find(({ from }) => sameName(partOf, from))?.to;
  // Names change by the hundred in one cutover, and few of them have parts.
  return Object.values(snapshot.relations)
    .filter(({ indexes }) => indexes.some((index) => moveOf(index) !== undefined))
    .reduce((current, relation) => {
      const indexes = relation.indexes.map((index) => ({ ...index, ...(moveOf(index) && { partOf: moveOf(index)! }) }));
      return replaced(current, { ...relation, indexes });
    }, snapshot);
}

function replaced(snapshot: CatalogSnapshot, relation: Relation): CatalogSnapshot {
  return { ...snapshot, relations: { ...snapshot.relations, [relationKey(relation)]: relation } };
}
