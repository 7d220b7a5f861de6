/** Along which schemas the texts of a plan are looked up, by the server: in its batches, its checks, and the functions of its windows. */
import type { CatalogSnapshot } from '../catalog/catalog-snapshot.js';
import type { PlanDefaults } from '../steps/step-definition.js';

/** Without `pg_catalog`, which comes first, and `pg_temp`, which comes last. */
export function searchPathOf(
  { schema, searchPath }: PlanDefaults,
  { schemas }: Pick<CatalogSnapshot, 'schemas'>,
): readonly string[] {
  if (searchPath !== undefined) return searchPath;
  return schema !== 'public' && schemas.includes('public') ? [schema, 'public'] : [schema];
}
