/**
 * Indexes, keys and foreign keys over old columns, and the same over their twins: as definitions, which are run in the form that
 * does not block. What each is called before and after the cutover.
 */
import type { Column, Constraint, Index, Relation } from '../../catalog/catalog-snapshot.js';
import { sameName } from '../../catalog/change-relation.js';
import { sqlName } from '../../mapping/mapping.js';
import { MAX_IDENTIFIER_BYTES, quoteIdentifier, relationKey } from '../../sql/identifier.js';
import { withColumnRenamed, withIndexName, withReferencedColumnRenamed } from '../../sql/renamed-text.js';
import {
  namesOfParts,
  relationsOf,
  shortened,
  type Counterpart,
  type Twin,
  type TwinTable,
} from '../../windows/inside-tables/columns-window.js';

export interface Counterparts {
  /** Those that change names at a cutover. */
  readonly swapping: readonly Counterpart[];
  /** In the order in which they can be made: keys, indexes, NOT NULL, foreign keys. */
  readonly definitions: readonly string[];
}

export function counterpartsOf(tables: readonly TwinTable[]): Counterparts {
  const all = tables.flatMap((table) => deepestFirst(table).flatMap((relation) => indexesOf(table, relation)));
  const keys = tables.flatMap((table) =>
    deepestFirst(table).flatMap((relation) =>
      relation.constraints.flatMap((constraint) => ofForeignKey(table, relation, constraint, tables)),
    ),
  );
  const required = tables.flatMap((table) => requiredOf(table));
  const unique = all.filter(({ kind, definition }) => kind !== 'index' || definition.startsWith('CREATE UNIQUE'));
  const plain = all.filter((one) => !unique.includes(one));
  return {
    swapping: [
      ...all.filter(({ table, definition }) => swaps(tables, table, definition)),
      ...required.flatMap(({ named }) => named),
      ...keys,
    ],
    definitions: [
      ...[...unique, ...plain].flatMap(indexDefinitions),
      ...required.map(({ definition }) => definition),
      ...keys.map(
        ({ table, twin, twinDefinition }) =>
          `ALTER TABLE ${table} ADD CONSTRAINT ${quoteIdentifier(twin)} ${twinDefinition}`,
      ),
    ],
  };
}

/** What is built on partitions is taken in by what stands above them. */
function deepestFirst(table: TwinTable): readonly Relation[] {
  return relationsOf(table).toReversed();
}

function indexDefinitions({ kind, table, twin, twinDefinition, takesIn }: IndexCounterpart): readonly string[] {
  if (kind === 'unique') return [`ALTER TABLE ${table} ADD CONSTRAINT ${quoteIdentifier(twin)} ${twinDefinition}`];
  const own = relationKey({ schema: takesIn.schema, name: twin });
  return [twinDefinition, ...takesIn.parts.map((part) => `ALTER INDEX ${own} ATTACH PARTITION ${part}`)];
}

/** Over a column that means something else in other rows both stay, each under its name. */
function swaps(tables: readonly TwinTable[], table: string, definition: string): boolean {
  const { twins } = tables.find((one) => [one.name, ...namesOfParts(one)].includes(table))!;
  return twins.some((twin) => twin.swaps && withColumnRenamed(definition, twin.old, twin.new) !== definition);
}

interface Required {
  readonly named: readonly Counterpart[];
  readonly definition: string;
}

/** Of the table; and of a partition that says it by itself. */
function requiredOf(table: TwinTable): readonly Required[] {
  const { relation, parts, twins } = table;
  return twins.filter(mayBeRequired).flatMap((twin): readonly Required[] => {
    const column = (part: Relation): Column => part.columns.find(({ name }) => name === twin.old)!;
    if (twin.notNull) return [ofNotNull(table, relation, twin)];
    return parts
      .filter((part) => column(part).notNull)
      .filter(({ parent }) => !parts.some((above) => sameName(parent, above) && column(above).notNull))
      .map((part) => ofNotNull(table, part, twin));
  });
}

/** Before the cutover nobody else's rows prove it: what may go on referring to nothing has no new value. */
function mayBeRequired({ swaps: swapping, value }: Twin): boolean {
  return swapping && (value.kind === 'own' || value.upheld || value.orphans === 'fail');
}

/** Since server 18 NOT NULL is a constraint with a name, which stays with the column that it was said of. */
function ofNotNull(table: TwinTable, relation: Relation, twin: Twin): Required {
  const name = sqlName(relation);
  const said = ({ constraints }: Relation): Constraint | undefined =>
    constraints.find(({ kind, columns }) => kind === 'not null' && columns[0] === twin.old);
  const constraint = said(relation);
  const column = quoteIdentifier(twin.new);
  if (constraint === undefined)
    return { named: [], definition: `ALTER TABLE ${name} ALTER COLUMN ${column} SET NOT NULL` };
  const names = namesOf(relation, constraint.name);
  const twinDefinition = `NOT NULL ${column}`;
  const { definition } = constraint;
  // The server renames it in all partitions at once, or not at all: one that was attached may call it otherwise.
  const below =
    relation === table.relation ? table.parts : table.parts.filter(({ parent }) => sameName(parent, relation));
  const together = below.every((part) => said(part)?.name === constraint.name);
  const place = placeOf(relation);
  return {
    named: together ? [{ kind: 'not null', ...place, part: false, ...names, definition, twinDefinition }] : [],
    definition: `ALTER TABLE ${name} ADD CONSTRAINT ${quoteIdentifier(names.twin)} ${twinDefinition}`,
  };
}

interface IndexCounterpart extends Counterpart {
  /** Names of the counterparts of its parts, qualified and quoted. */
  readonly takesIn: { readonly schema: string; readonly parts: readonly string[] };
}

function indexesOf(table: TwinTable, relation: Relation): readonly IndexCounterpart[] {
  return relation.indexes.flatMap((index) => ofIndex(table, relation, index));
}

function ofIndex(table: TwinTable, relation: Relation, index: Index): readonly IndexCounterpart[] {
  const twinText = renamed(index.definition, table.twins);
  if (twinText === index.definition || !index.valid) return [];
  const constraint = relation.constraints.find(({ kind, name }) => kind === 'unique' && name === index.name);
  const names = namesOf(relation, index.name);
  const whole = { schema: relation.schema, name: index.name };
  const parts = table.parts.flatMap((part) =>
    part.indexes
      .filter(({ partOf }) => sameName(partOf, whole))
      .map(({ name }) => relationKey({ schema: part.schema, name: namesOf(part, name).twin })),
  );
  const place = { ...placeOf(relation), part: index.partOf !== undefined, takesIn: { schema: relation.schema, parts } };
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

function ofForeignKey(
  table: TwinTable,
  relation: Relation,
  constraint: Constraint,
  tables: readonly TwinTable[],
): readonly Counterpart[] {
  const { kind, references, definition, partOf } = constraint;
  if (kind !== 'foreign key' || references === undefined) return [];
  const parent = tables.find(({ name }) => name === relationKey(references.table));
  const own = renamed(definition, table.twins);
  if (own === definition || parent === undefined) return [];
  const twinDefinition = parent.twins
    .filter(({ old }) => references.columns.includes(old))
    .reduce((text, { old, new: twinName }) => withReferencedColumnRenamed(text, old, twinName), own);
  const names = namesOf(relation, constraint.name);
  const part = partOf !== undefined;
  return [{ kind: 'foreign key', ...placeOf(relation), part, ...names, definition, twinDefinition }];
}

function placeOf(relation: Relation): Pick<Counterpart, 'table' | 'schema' | 'partitioned' | 'onPartition'> {
  const partitioned = relation.kind === 'partitioned table';
  return { table: sqlName(relation), schema: relation.schema, partitioned, onPartition: relation.partition };
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
