/**
 * A database whose keys refer to each other: what it is made of, with its rows, as statements; and the `convert_uuid` of it. Every row
 * has a label that no conversion touches, so that what refers to what can be told whatever the keys are.
 */
import { quoteIdentifier, quoteLiteral, relationKey } from '../../../../src/sql/identifier.js';
import type { Choice } from '../../ddl/random-choice.js';
import { randomName } from '../../ddl/random-name.js';
import { oldKey, KEY_TYPES, type KeyType } from './old-keys.js';
import { referenceDefinition, someReference, type GraphReference } from './random-reference.js';
import { indexesOf, viewsOf } from './random-dressing.js';

export interface Graph {
  readonly statements: readonly string[];
  readonly tables: readonly GraphTable[];
  readonly type: KeyType;
  readonly convert: Readonly<Record<string, unknown>>;
  readonly shapes: ReadonlySet<string>;
  /** Whether a table is partitioned that the conversion would take along. */
  readonly partitioned: boolean;
}

export interface GraphTable {
  /** Qualified and quoted. */
  readonly name: string;
  readonly kind: 'root' | 'shared' | 'link' | 'child';
  /** Not quoted, as all columns here. */
  readonly label: string;
  /** What others refer to; null: nothing that is converted. */
  readonly key: GraphKey | null;
  readonly references: GraphReference[];
  readonly labels: string[];
}

export interface GraphKey {
  readonly column: string;
  readonly tenant: string | null;
  /** Something gives a row its key. */
  readonly given: boolean;
}

/** A row before it is written: by column, SQL. */
type Row = Record<string, string>;

interface Build {
  readonly choice: Choice;
  readonly value: string;
  readonly type: KeyType;
  readonly shapes: Set<string>;
  readonly tables: GraphTable[];
  readonly rows: Map<GraphTable, Row[]>;
  readonly create: string[];
  readonly after: string[];
  readonly taken: Set<string>;
  readonly schemas: readonly string[];
}

const MOST_ROWS = 14;

export function randomGraph(choice: Choice, major: number): Graph {
  const value = choice.one(['cast', 'random', 'derived', ...(major >= 18 ? ['v7'] : ['random'])]);
  const type = choice.one(value === 'cast' ? (['text', 'character varying(40)'] as const) : KEY_TYPES);
  const schemas = choice.chance(0.3) ? ['public', 'Other Place'] : ['public'];
  const build: Build = {
    ...{ choice, value, type, schemas, shapes: new Set([value, type]), tables: [], rows: new Map() },
    ...{ create: [], after: [], taken: new Set() },
  };
  const alone = choice.chance(0.7);
  const roots = Array.from({ length: alone ? 1 : 2 }, () => root(build, alone));
  if (choice.chance(0.3)) shared(build, choice.one(roots));
  const many = choice.between(1, 3);
  for (let index = 0; index < many; index++) (choice.chance(0.3) ? link : child)(build);
  if (choice.chance(0.4)) refer(build, roots[0]!, roots[0]!);
  if (roots.length === 2) {
    refer(build, roots[1]!, roots[0]!);
    if (choice.chance(0.8)) refer(build, roots[0]!, roots[1]!);
  }
  const [one] = build.tables.filter(({ kind }) => kind === 'shared');
  if (one !== undefined && choice.chance(0.5)) refer(build, one.references[0]!.parent, one);
  const partitioned = choice.chance(0.16);
  const parts = partitioned ? partitionedChild(build, choice.one(roots)) : [];
  tellCycles(build);
  const inserts = build.tables.flatMap((table) => insertRows(table, build.rows.get(table)!));
  const soft = build.tables.flatMap((table) =>
    table.references
      .filter((reference) => reference.soft)
      .map((reference) => ({
        column: `${table.name}.${quoteIdentifier(reference.column)}`,
        to: reference.parent.name,
        ...(reference.where !== null && { where: `${quoteIdentifier(reference.where)} = 'this'` }),
      })),
  );
  const composite = roots[0]!.key!.tenant !== null || roots.some(({ name }) => build.shapes.has(`by code ${name}`));
  return {
    statements: [
      ...schemas.slice(1).map((schema) => `CREATE SCHEMA ${quoteIdentifier(schema)}`),
      'CREATE SEQUENCE public.old_keys START 100000',
      ...build.create,
      ...inserts,
      ...build.after,
      ...build.tables.flatMap((table) =>
        table.references.flatMap((reference) => referenceDefinition(table, reference)),
      ),
      ...build.tables.flatMap((table) => indexesOf(table, build)),
      ...viewsOf(build.tables, build),
      ...parts,
    ],
    tables: build.tables,
    type,
    partitioned,
    shapes: build.shapes,
    convert: {
      ...(roots.length === 1 ? { table: roots[0]!.name } : { tables: roots.map(({ name }) => name) }),
      value,
      ...(composite && { column: quoteIdentifier(roots[0]!.key!.column) }),
      ...(value === 'derived' && { namespace: '6ba7b810-9dad-11d1-80b4-00c04fd430c8' }),
      ...(soft.length > 0 && { references: soft, ...(choice.chance(0.5) && { orphans: 'keep' }) }),
      ...(roots.some(({ key }) => !key!.given) && value !== 'cast' && { old_value: oldValue(type) }),
      ...(choice.chance(0.2) && roots.every(({ key }) => key!.tenant === null) && { map: 'public.pairs' }),
      batch: { rows: choice.between(3, 20), target: 'off' },
    },
  };
}

function oldValue(type: KeyType): string {
  return type === 'integer' || type === 'bigint'
    ? `nextval('public.old_keys')::${type}`
    : `'old ' || nextval('public.old_keys')`;
}

function newTable(build: Build, kind: GraphTable['kind'], key: GraphKey | null): GraphTable {
  const { choice, taken, schemas } = build;
  const name = randomName(choice, taken);
  taken.add(name);
  const table: GraphTable = {
    ...{ name: relationKey({ schema: choice.one(schemas), name }), kind, key, references: [], labels: [] },
    label: choice.one(['label', 'Label', 'lbl"x']),
  };
  build.tables.push(table);
  build.rows.set(table, []);
  return table;
}

function root(build: Build, alone: boolean): GraphTable {
  const { choice, type, shapes, value } = build;
  // Two keys of one step have one name where the step says it.
  const column = alone ? randomName(choice, new Set(['tenant', 'nr', 'label', 'Label', 'lbl"x'])) : 'id';
  const composite = alone && choice.chance(0.35);
  const code = alone && !composite && choice.chance(0.2);
  const number = type === 'integer' || type === 'bigint';
  const given = choice.chance(0.5) && !composite ? choice.one(number ? ['serial', 'identity'] : ['default']) : 'none';
  const table = newTable(build, 'root', { column, tenant: composite ? 'tenant' : null, given: given !== 'none' });
  const q = quoteIdentifier;
  const identity = `GENERATED ${choice.one(['ALWAYS', 'BY DEFAULT'])} AS IDENTITY`;
  const text = value === 'cast' ? 'gen_random_uuid()' : `'k ' || nextval('public.old_keys')`;
  const own =
    given === 'identity'
      ? `${type} ${identity}`
      : given === 'serial'
        ? type === 'integer'
          ? 'serial'
          : 'bigserial'
        : given === 'default'
          ? `${type} DEFAULT ${text}`
          : type;
  const include = !composite && !code && choice.chance(0.15) ? ` INCLUDE (${q(table.label)})` : '';
  const constraint = choice.chance(0.2) ? `CONSTRAINT ${q(longName(table, 'key'))} ` : '';
  const keyed = composite
    ? `tenant integer NOT NULL, ${constraint}PRIMARY KEY (${choice.one([`tenant, ${q(column)}`, `${q(column)}, tenant`])})`
    : code
      ? `nr serial PRIMARY KEY, ${constraint}UNIQUE (${q(column)})`
      : `${constraint}PRIMARY KEY (${q(column)})${include}`;
  build.create.push(
    `CREATE TABLE ${table.name} (${q(table.label)} text NOT NULL UNIQUE, ${q(column)} ${own} NOT NULL, ${keyed})`,
  );
  if (composite) shapes.add('composite');
  if (code) shapes.add('key that is not the primary one').add(`by code ${table.name}`);
  const count = choice.between(4, MOST_ROWS);
  for (let index = 1; index <= count; index++) {
    const label = `${build.tables.length}-${index}`;
    const keys = composite ? { tenant: String(1 + (index % 3)) } : {};
    // Within a tenant a number is unique; without it, it need not be.
    const nth = composite && value !== 'cast' ? Math.ceil(index / 3) : index;
    addRow(build, table, label, { ...keys, [column]: oldKey(type, value, nth, build.tables.length) });
  }
  if (given === 'serial' || given === 'identity')
    build.after.push(
      `SELECT setval(pg_get_serial_sequence(${quoteLiteral(table.name)}, ${quoteLiteral(column)}), 50000)`,
    );
  return table;
}

function shared(build: Build, parent: GraphTable): void {
  if (parent.key!.tenant !== null) return;
  const { choice } = build;
  const column = randomName(choice, new Set(['label', 'Label', 'lbl"x']));
  const table = newTable(build, 'shared', { column, tenant: null, given: false });
  const q = quoteIdentifier;
  build.create.push(
    `CREATE TABLE ${table.name} (${q(column)} ${build.type} PRIMARY KEY, ${q(table.label)} text NOT NULL UNIQUE)`,
  );
  build.shapes.add('shared key');
  const parents = choice.some(build.rows.get(parent)!, choice.between(3, 9));
  for (const [index, row] of parents.entries())
    addRow(build, table, `${build.tables.length}-${index + 1}`, { [column]: row[parent.key!.column]! });
  table.references.push(someReference(build, table, parent, column, { nullable: false, soft: false }));
}

function link(build: Build): void {
  const { choice } = build;
  const table = newTable(build, 'link', null);
  const parents = [someParent(build), choice.chance(0.6) ? someParent(build) : null];
  const references = parents.flatMap((parent, index) =>
    parent === null ? [] : [someReference(build, table, parent, `end ${index + 1}`, { nullable: false, soft: false })],
  );
  table.references.push(...references);
  const q = quoteIdentifier;
  const columns = references.flatMap(({ column, tenant }) => (tenant === null ? [column] : [tenant, column]));
  build.create.push(
    `CREATE TABLE ${table.name} (${q(table.label)} text NOT NULL UNIQUE, at integer NOT NULL, ${columnsOf(build, references)}, PRIMARY KEY (${[...columns.map(q), 'at'].join(', ')}))`,
  );
  build.shapes.add('composite').add('reference within a key');
  for (let index = 1; index <= choice.between(4, MOST_ROWS); index++)
    addRow(build, table, `${build.tables.length}-${index}`, { at: String(index), ...pointing(build, references) });
}

function child(build: Build): void {
  const { choice } = build;
  const table = newTable(build, 'child', null);
  const taken = new Set(['id', 'at', 'label', 'Label', 'lbl"x', 'what']);
  const references = Array.from({ length: choice.between(1, 2) }, () => {
    const column = randomName(choice, taken);
    taken.add(column).add(`${column}_uuid`).add(`${column}_legacy`);
    return someReference(build, table, someParent(build), column, {});
  });
  table.references.push(...references);
  const q = quoteIdentifier;
  const id = choice.one(['id serial PRIMARY KEY', 'id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY']);
  build.create.push(
    `CREATE TABLE ${table.name} (${id}, ${q(table.label)} text NOT NULL UNIQUE, at integer, ${columnsOf(build, references)}${references.some(({ where }) => where !== null) ? ', what text' : ''})`,
  );
  for (let index = 1; index <= choice.between(4, MOST_ROWS); index++) {
    const what = references.some(({ where }) => where !== null)
      ? { what: choice.one(["'this'", "'this'", 'NULL']) }
      : {};
    addRow(build, table, `${build.tables.length}-${index}`, {
      at: String(index),
      ...what,
      ...pointing(build, references),
    });
  }
}

/** A further reference of a table that is there. */
function refer(build: Build, table: GraphTable, parent: GraphTable): void {
  const column = `${parent === table ? 'above' : 'beside'} ${table.references.length + 1}`;
  const reference = someReference(build, table, parent, column, { nullable: true });
  if (reference.where !== null) return;
  table.references.push(reference);
  build.create.push(
    `ALTER TABLE ${table.name} ${columnsOf(build, [reference])
      .split(', ')
      .map((text) => `ADD COLUMN ${text}`)
      .join(', ')}`,
  );
  for (const row of build.rows.get(table)!) Object.assign(row, pointing(build, [reference]));
  if (parent === table) build.shapes.add('self reference');
}

function partitionedChild({ choice, type, shapes, taken }: Build, parent: GraphTable): readonly string[] {
  const name = randomName(choice, taken);
  shapes.add('partitions');
  const q = quoteIdentifier;
  const whole = relationKey({ schema: 'public', name });
  const { column, tenant } = parent.key!;
  const own = tenant === null ? 'ref' : 'tenant, ref';
  return [
    `CREATE TABLE ${whole} (n integer NOT NULL, tenant integer, ref ${type}) PARTITION BY RANGE (n)`,
    `CREATE TABLE public.part_one PARTITION OF ${whole} FOR VALUES FROM (0) TO (10)`,
    choice.chance(0.5)
      ? `ALTER TABLE ${whole} ADD FOREIGN KEY (${own}) REFERENCES ${parent.name} (${tenant === null ? '' : 'tenant, '}${q(column)})`
      : `ALTER TABLE public.part_one ADD FOREIGN KEY (${own}) REFERENCES ${parent.name} (${tenant === null ? '' : 'tenant, '}${q(column)})`,
  ];
}

function someParent({ choice, tables }: Build): GraphTable {
  return choice.one(tables.filter(({ key }) => key !== null));
}

function columnsOf({ type }: Build, references: readonly GraphReference[]): string {
  return references
    .flatMap(({ column, tenant, nullable }) => [
      ...(tenant === null ? [] : [`${quoteIdentifier(tenant)} integer${nullable ? '' : ' NOT NULL'}`]),
      `${quoteIdentifier(column)} ${type}${nullable ? '' : ' NOT NULL'}`,
    ])
    .join(', ');
}

/** To rows of the parents, or to nothing. */
function pointing({ choice, rows }: Build, references: readonly GraphReference[]): Row {
  return Object.fromEntries(
    references.flatMap(({ column, tenant, parent, nullable }) => {
      const target = nullable && choice.chance(0.25) ? undefined : choice.one(rows.get(parent)!);
      const key = [column, target?.[parent.key!.column] ?? 'NULL'] as const;
      return tenant === null ? [key] : [[tenant, target?.[parent.key!.tenant!] ?? 'NULL'] as const, key];
    }),
  );
}

function addRow({ rows }: Build, table: GraphTable, label: string, row: Row): void {
  table.labels.push(label);
  rows.get(table)!.push({ [table.label]: quoteLiteral(label), ...row });
}

function insertRows(table: GraphTable, rows: readonly Row[]): readonly string[] {
  return rows.map(
    (row) =>
      `INSERT INTO ${table.name} (${Object.keys(row).map(quoteIdentifier).join(', ')}) OVERRIDING SYSTEM VALUE VALUES (${Object.values(row).join(', ')})`,
  );
}

function longName({ name }: GraphTable, what: string): string {
  return Array.from(`${what} of ${name.replaceAll('"', '')} that has a name as long as names may be in here`)
    .slice(0, 24)
    .join('');
}

/** From one table to others and back to it. */
function tellCycles({ tables, shapes }: Build): void {
  const reaches = (from: GraphTable, to: GraphTable, seen: Set<GraphTable>): boolean =>
    from.references.some(({ parent }) => {
      if (parent === from || seen.has(parent)) return false;
      seen.add(parent);
      return parent === to || reaches(parent, to, seen);
    });
  if (tables.some((table) => reaches(table, table, new Set()))) shapes.add('cycle');
}
