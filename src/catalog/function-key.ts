import { formatName } from '../sql/identifier.js';
import type { FunctionFacts } from './catalog-snapshot.js';

/** The key of `CatalogSnapshot.functions`. */
export function functionKey(name: Pick<FunctionFacts, 'schema' | 'name' | 'arguments'>): string {
  return `${formatName(name)}(${name.arguments})`;
}
