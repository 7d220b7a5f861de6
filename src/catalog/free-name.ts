/** The name that the server chooses where none was given and the first choice is taken: with the first number that is free. */
import { impliedName, type ImpliedFrom } from '../sql/implied-name.js';
import type { CatalogSnapshot, RelationName } from './catalog-snapshot.js';

/** An index is a relation, a check or foreign key a constraint, and a key both: no two of a kind in one schema. */
export type NamedAs = 'relation' | 'constraint' | 'both';

export function freeName(catalog: CatalogSnapshot, schema: string, from: ImpliedFrom, as: NamedAs): string {
  const taken = new Set<string>();
  for (const relation of Object.values(catalog.relations).filter((candidate) => candidate.schema === schema)) {
    if (as !== 'constraint') for (const { name } of [relation, ...relation.indexes]) taken.add(name);
    if (as !== 'relation') for (const { name } of relation.constraints) taken.add(name);
  }
  if (as !== 'relation') for (const part of partNames(catalog, schema, taken)) taken.add(part);
  return firstFree(from, taken);
}

function firstFree({ table, columns, label }: ImpliedFrom, taken: ReadonlySet<string>): string {
  for (let number = 0; ; number++) {
    const name = impliedName(table, columns, label, number);
    if (!taken.has(name)) return name;
  }
}

/** A foreign key to a partitioned table has a part for each of its partitions, which nobody sees and which bears a name. */
function partNames({ relations }: CatalogSnapshot, schema: string, named: ReadonlySet<string>): ReadonlySet<string> {
  const taken = new Set(named);
  const below = (name: RelationName): number =>
    Object.values(relations)
      .filter(({ partition, parent }) => partition && parent?.schema === name.schema && parent.name === name.name)
      .reduce((sum, part) => sum + 1 + below(part), 0);
  for (const relation of Object.values(relations).filter((candidate) => candidate.schema === schema)) {
    for (const { kind, columns, references } of relation.constraints) {
      if (kind !== 'foreign key' || references === undefined) continue;
      const from = { table: relation.name, columns, label: 'fkey' } as const;
      for (let parts = below(references.table); parts > 0; parts--) taken.add(firstFree(from, taken));
    }
  }
  return taken;
}
