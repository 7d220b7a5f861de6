/**
 * Partitioned tables that refer to keys: cut by range or by hash, cut again, with partitions that were tables of their own, with a
 * default one, with indexes and foreign keys that are the whole table's or one partition's; and those that must be refused.
 */
import { quoteIdentifier as q, relationKey } from '../../../../src/sql/identifier.js';
import { randomName } from '../../ddl/random-name.js';
import { addRow, columnsOf, MOST_ROWS, newTable, pointing, someParent, type Build } from './graph-build.js';
import type { GraphTable } from './random-graph.js';
import { foreignKeyTo, someReference, type GraphReference } from './random-reference.js';

/** By the column `n`, which says where a row belongs. */
export function partitioned(build: Build): void {
  const { choice, shapes } = build;
  const table = newTable(build, 'partitioned', null);
  const taken = new Set(['n', 'label', 'Label', 'lbl"x', 'what', 'gone']);
  const references = Array.from({ length: choice.between(1, 2) }, () => {
    const column = randomName(choice, taken);
    taken.add(column).add(`${column}_uuid`).add(`${column}_legacy`);
    return onPartitions(build, someReference(build, table, someParent(build), column, {}));
  });
  table.references.push(...references);
  shapes.add('partitions');
  const by = choice.weighted([
    [3, 'RANGE'],
    [1, 'HASH'],
  ] as const);
  const what = references.some(({ where }) => where !== null) ? ', what text' : '';
  const columns = `${q(table.label)} text NOT NULL, n integer NOT NULL, ${columnsOf(build, references)}${what}`;
  build.create.push(
    `CREATE TABLE ${table.name} (${columns}, PRIMARY KEY (${choice.one([`n, ${q(table.label)}`, `${q(table.label)}, n`])})) PARTITION BY ${by} (n)`,
  );
  const parts = by === 'RANGE' ? byRange(build, table, what) : byHash(build, table);
  for (const reference of references) ownKeys(build, table, reference, parts);
  for (let index = 1; index <= choice.between(6, MOST_ROWS); index++)
    addRow(build, table, `${build.tables.length}-${index}`, {
      n: String(choice.between(0, 29)),
      ...(what !== '' && { what: choice.one(["'this'", "'that'", 'NULL']) }),
      ...pointing(build, references),
    });
  build.after.push(...ownIndexes(build, table, parts));
}

/** Before server 18 the foreign key of a partitioned table is never NOT VALID. */
function onPartitions({ major }: Build, reference: GraphReference): GraphReference {
  return major >= 18 ? reference : { ...reference, actions: reference.actions.replace(' NOT VALID', '') };
}

/** Names of its partitions that hold rows. */
function byRange(build: Build, table: GraphTable, what: string): readonly string[] {
  const { choice, create, shapes } = build;
  const bounds = (from: number, to: number): string => `FOR VALUES FROM (${from}) TO (${to})`;
  const [low, mid] = [partName(build), partName(build)];
  create.push(`CREATE TABLE ${low} PARTITION OF ${table.name} ${bounds(0, 10)}`);
  const parts = [low];
  if (choice.chance(0.35)) {
    shapes.add('partitions of partitions');
    create.push(
      `CREATE TABLE ${mid} PARTITION OF ${table.name} ${bounds(10, 20)} PARTITION BY HASH (${q(table.label)})`,
    );
    for (const rest of [0, 1]) {
      const part = partName(build);
      create.push(`CREATE TABLE ${part} PARTITION OF ${mid} FOR VALUES WITH (MODULUS 2, REMAINDER ${rest})`);
      parts.push(part);
    }
  } else if (choice.chance(0.6)) {
    shapes.add('partition with columns in another order');
    const others = `${what === '' ? '' : 'what text, '}${columnsOf(build, [...table.references].reverse())}`;
    create.push(
      `CREATE TABLE ${mid} (gone integer, ${others}, n integer NOT NULL, ${q(table.label)} text NOT NULL)`,
      `ALTER TABLE ${mid} DROP COLUMN gone`,
      `ALTER TABLE ${table.name} ATTACH PARTITION ${mid} ${bounds(10, 20)}`,
    );
    parts.push(mid);
  } else {
    create.push(`CREATE TABLE ${mid} PARTITION OF ${table.name} ${bounds(10, 20)}`);
    parts.push(mid);
  }
  const rest = partName(build);
  create.push(`CREATE TABLE ${rest} PARTITION OF ${table.name} DEFAULT`);
  return [...parts, rest];
}

function byHash(build: Build, table: GraphTable): readonly string[] {
  return [0, 1, 2].map((rest) => {
    const part = partName(build);
    build.create.push(`CREATE TABLE ${part} PARTITION OF ${table.name} FOR VALUES WITH (MODULUS 3, REMAINDER ${rest})`);
    return part;
  });
}

function partName({ choice, taken, schemas }: Build): string {
  const name = randomName(choice, taken);
  taken.add(name);
  return relationKey({ schema: choice.one(schemas), name });
}

/** One that the whole table's takes in, under another name; or, where that says nothing, one of a partition alone. */
function ownKeys(
  { choice, after, shapes }: Build,
  table: GraphTable,
  reference: GraphReference,
  parts: readonly string[],
): void {
  if (!choice.chance(0.3) || reference.where !== null) return;
  const part = choice.one(parts);
  shapes.add(reference.soft ? 'foreign key of one partition' : 'foreign key that was one of a partition');
  const actions = reference.soft ? '' : reference.actions.replace(' NOT VALID', '');
  after.push(
    `ALTER TABLE ${part} ADD CONSTRAINT "own of ${table.references.indexOf(reference)}" ${foreignKeyTo(reference)}${actions}`,
  );
}

/** Of the whole table, and of one partition. */
function ownIndexes({ choice, shapes }: Build, table: GraphTable, parts: readonly string[]): readonly string[] {
  const label = q(table.label);
  return table.references.flatMap(({ column }) => {
    const own = q(column);
    const on = choice.weighted([
      [4, table.name],
      [2, choice.one(parts)],
    ]);
    const text = choice.weighted([
      [2, ''],
      [3, `CREATE INDEX ON ${on} (${own})`],
      [2, `CREATE INDEX ON ${on} (${own} DESC NULLS LAST, ${label})`],
      [1, `CREATE INDEX ON ${on} (${label}, ${own}) WHERE ${own} IS NOT NULL`],
      [1, `CREATE INDEX ON ${on} USING hash (${own})`],
      [1, `CREATE UNIQUE INDEX ON ${on} (n, ${label}, ${own})`],
    ]);
    if (text === '') return [];
    shapes.add(on === table.name ? 'index of a partitioned table' : 'index of one partition');
    return [text];
  });
}

/** What has no form, or says too little. */
export function refusedPartitions(build: Build): readonly string[] {
  const { choice, type, shapes } = build;
  const parent = choice.one(build.tables.filter(({ kind }) => kind === 'root'));
  const { column, tenant } = parent.key!;
  shapes.add('partitions that are refused');
  const [whole, part] = [partName(build), partName(build)];
  const [own, theirs] = tenant === null ? ['ref', q(column)] : ['tenant, ref', `tenant, ${q(column)}`];
  const made = (key: string, by: string, keyed: string): readonly string[] => [
    `CREATE TABLE ${whole} (n integer NOT NULL, tenant integer, ref ${type}${key}) PARTITION BY ${by}`,
    `CREATE TABLE ${part} PARTITION OF ${whole} DEFAULT`,
    `ALTER TABLE ${keyed} ADD FOREIGN KEY (${own}) REFERENCES ${parent.name} (${theirs})`,
  ];
  return choice.one([
    made(', PRIMARY KEY (n)', 'RANGE (n)', part),
    made('', 'LIST (ref)', whole),
    made(', PRIMARY KEY (n, ref)', 'RANGE (n)', whole),
  ]);
}
