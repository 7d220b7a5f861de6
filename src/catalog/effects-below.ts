/**
 * What an effect on a partitioned table does to its partitions: their columns are its own, and so are checks. A foreign key of
 * theirs that is a part of its own goes and is proved with it, under a name of its own.
 */
import type { CatalogSnapshot, Constraint, Relation } from './catalog-snapshot.js';
import { relationKey } from '../sql/identifier.js';
import { sameName } from './change-relation.js';
import type { CatalogEffect } from './effects.js';

/** `before` and `after`: the catalog without the effect and with it. */
export function effectsBelow(
  before: CatalogSnapshot,
  after: CatalogSnapshot,
  effect: CatalogEffect,
): readonly CatalogEffect[] {
  if (!goesDown(effect)) return [];
  const partitions = Object.values(after.relations).filter(
    ({ partition, parent }) => partition && sameName(parent, effect.relation),
  );
  const own = partitions.length === 0 ? undefined : constraintOf(effect, before);
  return partitions.flatMap((partition): readonly CatalogEffect[] => {
    const { schema, name } = partition;
    const relation = { schema, name };
    // Only what is inherited bears the name of the whole.
    if (effect.kind === 'constraint renamed' && own !== undefined && !isInherited(own)) return [];
    if (own?.kind !== 'foreign key') return [{ ...effect, relation }];
    const part = partOf(own, partition);
    if (part === undefined || (effect.kind !== 'constraint dropped' && effect.kind !== 'constraint validated'))
      return [];
    return [{ ...effect, relation, constraint: part.name }];
  });
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
      return isInherited(effect.constraint);
    default:
      return false;
  }
}

function isInherited({ kind }: Constraint): boolean {
  return kind === 'check' || kind === 'not null';
}

/** The constraint that is there before the effect, which names it. */
function constraintOf(effect: OnRelation, { relations }: CatalogSnapshot): Constraint | undefined {
  if (!('constraint' in effect) || typeof effect.constraint !== 'string') return undefined;
  const { constraint: name } = effect;
  return relations[relationKey(effect.relation)]?.constraints.find((constraint) => constraint.name === name);
}

/** What the server says, or, where a step made it, the one that it will have taken: of the same text. */
export function partOf(whole: Constraint, { constraints }: Relation): Constraint | undefined {
  const text = ({ definition }: Constraint): string => definition.replace(/ NOT VALID$/, '');
  return (
    constraints.find(({ kind, partOf: of }) => kind === 'foreign key' && of === whole.name) ??
    constraints.find((each) => each.kind === 'foreign key' && each.partOf === undefined && text(each) === text(whole))
  );
}
