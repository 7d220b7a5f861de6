/**
 * Indexes, keys and foreign keys over old columns, and the same over their twins: as definitions, which are run in the form that
 * does not block. What each is called before and after the cutover.
 */
import type { Constraint, Index, Relation } from '../../catalog/catalog-snapshot.js';
import { sqlName } from '../../mapping/mapping.js';
import { MAX_IDENTIFIER_BYTES, quoteIdentifier, relationKey } from '../../sql/identifier.js';
import { withColumnRenamed, withIndexName, withReferencedColumnRenamed } from '../../sql/renamed-text.js';
import { shortened, type Counterpart, type Twin, type TwinTable } from '../../windows/column-window.js';

export interface Counterparts {
  /** Those that change names at a cutover. */
  readonly swapping: readonly Counterpart[];
  /** In the order in which they can be made: keys, indexes, NOT NULL, foreign keys. */
  readonly definitions: readonly string[];
}

export function counterpartsOf(tables: readonly TwinTable[]): Counterparts {
  const all = tables.flatMap((table) => table.relation.indexes.flatMap((index) => ofIndex(table, index)));
  const keys = tables.flatMap((table) =>
    table.relation.constraints.flatMap((constraint) => ofForeignKey(table, constraint, tables)),
  );
  const unique = all.filter(({ kind, definition }) => kind !== 'index' || definition.startsWith('CREATE UNIQUE'));
  const plain = all.filter((one) => !unique.includes(one));
  return {
    swapping: [...all.filter(({ table, definition }) => swaps(tables, table, definition)), ...keys],
    definitions: [
      ...[...unique, ...plain].map(({ kind, table, twin, twinDefinition }) =>
        kind === 'unique'
          ? `ALTER TABLE ${table} ADD CONSTRAINT ${quoteIdentifier(twin)} ${twinDefinition}`
          : twinDefinition,
      ),
      ...tables.flatMap(({ name, twins }) =>
        twins
          .filter(
            (twin) =>
              twin.notNull &&
              twin.swaps &&
              (twin.value.kind === 'own' || twin.value.upheld || twin.value.orphans === 'fail'),
          )
          .map((twin) => `ALTER TABLE ${name} ALTER COLUMN ${quoteIdentifier(twin.new)} SET NOT NULL`),
      ),
      ...keys.map(
        ({ table, twin, twinDefinition }) =>
          `ALTER TABLE ${table} ADD CONSTRAINT ${quoteIdentifier(twin)} ${twinDefinition}`,
      ),
    ],
  };
}

/** Over a column that means something else in other rows both stay, each under its name. */
function swaps(tables: readonly TwinTable[], table: string, definition: string): boolean {
  const { twins } = tables.find(({ name }) => name === table)!;
  return twins.some((twin) => twin.swaps && withColumnRenamed(definition, twin.old, twin.new) !== definition);
}

function ofIndex(table: TwinTable, index: Index): readonly Counterpart[] {
  const twinText = renamed(index.definition, table.twins);
  if (twinText === index.definition || !index.valid) return [];
  const constraint = table.relation.constraints.find(({ kind, name }) => kind === 'unique' && name === index.name);
  const names = namesOf(table.relation, index.name);
  const place = { table: table.name, schema: table.relation.schema };
  if (constraint !== undefined) {
    const { definition } = constraint;
    return [{ kind: 'unique', ...place, ...names, definition, twinDefinition: renamed(definition, table.twins) }];
  }
  return [
    {
      kind: index.primary ? 'primary key' : 'index',
      ...place,
      ...names,
      definition: index.definition,
      twinDefinition: withIndexName(twinText, names.twin),
    },
  ];
}

function ofForeignKey(table: TwinTable, constraint: Constraint, tables: readonly TwinTable[]): readonly Counterpart[] {
  const { kind, references, definition } = constraint;
  if (kind !== 'foreign key' || references === undefined) return [];
  const parent = tables.find(({ name }) => name === relationKey(references.table));
  const own = renamed(definition, table.twins);
  if (own === definition || parent === undefined) return [];
  const twinDefinition = parent.twins
    .filter(({ old }) => references.columns.includes(old))
    .reduce((text, { old, new: twinName }) => withReferencedColumnRenamed(text, old, twinName), own);
  const names = namesOf(table.relation, constraint.name);
  return [
    { kind: 'foreign key', table: table.name, schema: table.relation.schema, ...names, definition, twinDefinition },
  ];
}

function renamed(definition: string, twins: readonly Twin[]): string {
  return twins.reduce((text, { old, new: twinName }) => withColumnRenamed(text, old, twinName), definition);
}

function namesOf(
  relation: Relation,
  name: string,
): { readonly name: string; readonly twin: string; readonly legacy: string } {
  return {
    name,
    twin: shortened(`${name}_uuid`, MAX_IDENTIFIER_BYTES),
    legacy: shortened(`${name}_legacy`, MAX_IDENTIFIER_BYTES),
  };
}

/** What is free must be so for each of these; `sqlName` of whatever has it. */
export function takenNames(
  relation: Relation,
  counterparts: readonly Counterpart[],
  relations: Readonly<Record<string, Relation>>,
): readonly string[] {
  const used = new Set([
    ...relation.constraints.map(({ name }) => name),
    ...Object.values(relations)
      .filter(({ schema }) => schema === relation.schema)
      .flatMap(({ name, indexes }) => [name, ...indexes.map((index) => index.name)]),
  ]);
  return counterparts
    .filter(({ table }) => table === sqlName(relation))
    .flatMap(({ twin, legacy }) => [twin, legacy].filter((name) => used.has(name)));
}
