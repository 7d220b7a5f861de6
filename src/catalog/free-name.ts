/** The name that the server chooses where none was given and the first choice is taken: with the first number that is free. */
import { impliedName, type ImpliedFrom } from '../sql/implied-name.js';
import type { CatalogSnapshot } from './catalog-snapshot.js';

/** An index is a relation, a check or foreign key a constraint, and a key both: no two of a kind in one schema. */
export type NamedAs = 'relation' | 'constraint' | 'both';

export function freeName(catalog: CatalogSnapshot, schema: string, from: ImpliedFrom, as: NamedAs): string {
  const taken = new Set<string>();
  for (const relation of Object.values(catalog.relations).filter((candidate) => candidate.schema === schema)) {
    if (as !== 'constraint') for (const { name } of [relation, ...relation.indexes]) taken.add(name);
    if (as !== 'relation') for (const { name } of relation.constraints) taken.add(name);
  }
  for (let number = 0; ; number++) {
    const name = impliedName(from.table, from.columns, from.label, number);
    if (!taken.has(name)) return name;
  }
}
