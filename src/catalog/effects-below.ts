/** What an effect on a partitioned table does to its partitions: their columns are its own, and so are checks. */
import type { CatalogSnapshot } from './catalog-snapshot.js';
import { sameName } from './change-relation.js';
import type { CatalogEffect } from './effects.js';

export function effectsBelow(snapshot: CatalogSnapshot, effect: CatalogEffect): readonly CatalogEffect[] {
  if (!goesDown(effect)) return [];
  return Object.values(snapshot.relations)
    .filter(({ partition, parent }) => partition && sameName(parent, effect.relation))
    .map(({ schema, name }) => ({ ...effect, relation: { schema, name } }));
}

type OnRelation = Extract<
  CatalogEffect,
  { readonly kind: `column ${string}` | `constraint ${'added' | 'dropped' | 'renamed' | 'validated'}` }
>;

function goesDown(effect: CatalogEffect): effect is OnRelation {
  switch (effect.kind) {
    case 'column added':
    case 'column dropped':
    case 'column renamed':
    case 'column changed':
    case 'constraint dropped':
    case 'constraint renamed':
    case 'constraint validated':
      return true;
    case 'constraint added':
      return effect.constraint.kind === 'check' || effect.constraint.kind === 'not null';
    default:
      return false;
  }
}
