/** What definitions change in the catalog, one after the other. */
import type { CatalogSnapshot } from '../catalog/catalog-snapshot.js';
import { applyEffects, type CatalogEffect } from '../catalog/effects.js';
import { resolveEffects } from '../catalog/resolve-effects.js';
import { ddlEffectsOf } from '../sql/ddl-effects.js';
import type { LowerContext } from './step-definition.js';

export function definitionEffects(
  texts: readonly string[],
  catalog: CatalogSnapshot,
  { statementsOf, schema }: Pick<LowerContext, 'statementsOf' | 'schema'>,
): readonly CatalogEffect[] {
  let before = catalog;
  return texts.flatMap(statementsOf).flatMap((statement) => {
    const { effects } = resolveEffects(before, ddlEffectsOf(statement), schema);
    before = applyEffects(before, effects);
    return effects;
  });
}
