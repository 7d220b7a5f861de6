/** What definitions change in the catalog, one after the other. */
import type { CatalogSnapshot } from '../catalog/catalog-snapshot.js';
import { applyEffects, type CatalogEffect } from '../catalog/effects.js';
import { resolveEffects } from '../catalog/resolve-effects.js';
import { ddlEffectsOf } from '../sql/ddl-effects.js';
import type { LowerContext } from './step-definition.js';

export interface DefinitionEffects {
  readonly effects: readonly CatalogEffect[];
  /** The catalog behind them. */
  readonly catalog: CatalogSnapshot;
}

export function definitionEffects(
  texts: readonly string[],
  before: CatalogSnapshot,
  { statementsOf, schema }: Pick<LowerContext, 'statementsOf' | 'schema'>,
): DefinitionEffects {
  let catalog = before;
  const effects = texts.flatMap(statementsOf).flatMap((statement) => {
    const resolved = resolveEffects(catalog, ddlEffectsOf(statement), schema);
    catalog = applyEffects(catalog, resolved.effects);
    return resolved.effects;
  });
  return { effects, catalog };
}
