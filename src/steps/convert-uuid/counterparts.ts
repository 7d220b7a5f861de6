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
  const required = tables.flatMap((table) => table.twins.filter(isRequired).map((twin) => ofNotNull(table, twin)));
  const unique = all.filter(({ kind, definition }) => kind !== 'index' || definition.startsWith('CREATE UNIQUE'));
  const plain = all.filter((one) => !unique.includes(one));
  return {
    swapping: [
      ...all.filter(({ table, definition }) => swaps(tables, table, definition)),
      ...required.flatMap(({ named }) => named),
      ...keys,
    ],
    definitions: [
      ...[...unique, ...plain].map(({ kind, table, twin, twinDefinition }) =>
        kind === 'unique'
          ? `ALTER TABLE ${table} ADD CONSTRAINT ${quoteIdentifier(twin)} ${twinDefinition}`
          : twinDefinition,
      ),
      ...required.map(({ definition }) => definition),
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

/** Before the cutover nobody else's rows prove it: what may go on referring to nothing has no new value. */
function isRequired({ notNull, swaps: swapping, value }: Twin): boolean {
  return notNull && swapping && (value.kind === 'own' || value.upheld || value.orphans === 'fail');
}

/** Since server 18 NOT NULL is a constraint with a name, which stays with the column that it was said of. */
function ofNotNull(
  { name: table, relation }: TwinTable,
  twin: Twin,
): { readonly named: readonly Counterpart[]; readonly definition: string } {
  const constraint = relation.constraints.find(({ kind, columns }) => kind === 'not null' && columns[0] === twin.old);
  const column = quoteIdentifier(twin.new);
  if (constraint === undefined)
    return { named: [], definition: `ALTER TABLE ${table} ALTER COLUMN ${column} SET NOT NULL` };
  const names = namesOf(relation, constraint.name);
  const twinDefinition = `NOT NULL ${column}`;
  const { definition } = constraint;
  return {
    named: [{ kind: 'not null', table, schema: relation.schema, ...names, definition, twinDefinition }],
    definition: `ALTER TABLE ${table} ADD CONSTRAINT ${quoteIdentifier(names.twin)} ${twinDefinition}`,
  };
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

/** What keeps its name at the cutover keeps its place in what changes there. */
function renamed(definition: string, twins: readonly Twin[]): string {
  const over = (some: readonly Twin[]): string =>
    some.reduce((text, { old, new: twinName }) => withColumnRenamed(text, old, twinName), definition);
  const swapped = over(twins.filter((twin) => twin.swaps));
  return swapped === definition ? over(twins) : swapped;
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
