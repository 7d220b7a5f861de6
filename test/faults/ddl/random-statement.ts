/** A random definition over a database as it is. Most can run; the server is asked which, before a plan is made of them. */
import { quoteIdentifier, relationKey } from '../../../src/sql/identifier.js';
import type { Model, ModelTable } from './catalog-model.js';
import type { Choice } from './random-choice.js';
import { randomName } from './random-name.js';
import { objectMakers } from './random-object.js';
import {
  addForeignKey,
  constraintOfIndex,
  indexBody,
  rowSecurity as rowSecurityOnly,
  tableCommand,
} from './random-table-command.js';
import { KEY_TYPES, randomType } from './random-value.js';

export interface RandomStatement {
  /** Of one kind: the first that the server takes is meant. Else what is seldom there to be dropped would seldom be. */
  readonly tries: readonly string[];
  /** Nothing can bring back what it takes away. */
  readonly final: boolean;
}

const TRIES = 5;

type Maker = (model: Model, choice: Choice) => string | undefined;

const q = quoteIdentifier;

export function randomStatement(model: Model, choice: Choice, finalShare: number): RandomStatement | undefined {
  const final = choice.chance(finalShare);
  const maker = choice.weighted(final ? FINAL : MAKERS);
  const tries = Array.from({ length: TRIES }, () => maker(model, choice)).filter((sql) => sql !== undefined);
  return tries.length === 0 ? undefined : { tries, final };
}

const alterTable: Maker = (model, choice) => {
  const table = choice.maybeOne(tablesOf(model));
  if (table === undefined) return undefined;
  const count = choice.weighted([
    [6, 1],
    [2, 2],
    [1, 3],
    [1, 4],
  ] as const);
  const commands = Array.from({ length: count }, () => tableCommand(table, model, choice)).filter(
    (command) => command !== undefined,
  );
  if (commands.length === 0) return undefined;
  const only = choice.chance(0.03) ? 'ONLY ' : '';
  return `ALTER TABLE ${choice.chance(0.05) ? 'IF EXISTS ' : ''}${only}${written(table, choice)} ${commands.join(', ')}`;
};

const createIndex: Maker = (model, choice) => {
  const table = choice.maybeOne(tablesOf(model));
  if (table === undefined || table.columns.length === 0) return undefined;
  const [name, missing] = [q(randomName(choice, takenIn(model))), choice.chance(0.1) ? 'IF NOT EXISTS ' : ''];
  const named = missing !== '' || choice.chance(0.6) ? `${missing}${name} ` : '';
  const only = table.kind === 'p' && choice.chance(0.2) ? 'ONLY ' : '';
  return `CREATE ${choice.chance(0.3) ? 'UNIQUE ' : ''}INDEX ${named}ON ${only}${written(table, choice)} ${indexBody(table, choice)}`;
};

const dropIndex: Maker = (model, choice) => {
  if (choice.chance(0.08)) return 'DROP INDEX IF EXISTS "not there"';
  const index = choice.maybeOne(indexesOf(model));
  return index && `DROP INDEX ${index}`;
};

const renameIndex: Maker = (model, choice) => {
  // Server 15 names the key of a partition anew whenever the type of a column of it changes.
  const tables = tablesOf(model).filter(({ partition }) => model.major >= 18 || !partition);
  const index = choice.maybeOne(
    tables.flatMap((table) => table.indexes.map(({ name }) => relationKey({ schema: table.schema, name }))),
  );
  return index && `ALTER INDEX ${index} RENAME TO ${q(randomName(choice, takenIn(model)))}`;
};

const renameColumn: Maker = (model, choice) => {
  const table = choice.maybeOne(model.relations.filter(({ kind }) => kind !== 'S'));
  const column = table && choice.maybeOne(table.columns);
  if (table === undefined || column === undefined) return undefined;
  const taken = new Set(table.columns.map(({ name }) => name));
  return `ALTER ${objectOf(table)} ${written(table, choice)} RENAME COLUMN ${q(column.name)} TO ${q(randomName(choice, taken))}`;
};

const renameConstraint: Maker = (model, choice) => {
  const table = choice.maybeOne(tablesOf(model).filter(({ constraints }) => constraints.length > 0));
  if (table === undefined) return undefined;
  const taken = new Set([...table.constraints.map(({ name }) => name), ...takenIn(model)]);
  return `ALTER TABLE ${written(table, choice)} RENAME CONSTRAINT ${q(choice.one(table.constraints).name)} TO ${q(randomName(choice, taken))}`;
};

const renameRelation: Maker = (model, choice) => {
  const relation = choice.maybeOne(model.relations);
  if (relation === undefined) return undefined;
  return `ALTER ${objectOf(relation)} ${written(relation, choice)} RENAME TO ${q(randomName(choice, takenIn(model)))}`;
};

const setSchema: Maker = (model, choice) => {
  const relation = choice.maybeOne(model.relations);
  const schema = relation && choice.maybeOne(model.schemas.filter((each) => each !== relation.schema));
  return schema && `ALTER ${objectOf(relation)} ${relationKey(relation)} SET SCHEMA ${q(schema)}`;
};

const createTable: Maker = (model, choice) => {
  const name = q(randomName(choice, takenIn(model)));
  const taken = new Set<string>();
  const columns = Array.from({ length: choice.between(1, 4) }, (_, index) => {
    const [own, of] = [randomName(choice, taken), index === 0 ? choice.one(KEY_TYPES) : randomType(choice)];
    taken.add(own);
    const extra = choice.weighted([
      [5, ''],
      [2, ' NOT NULL'],
      [2, ` DEFAULT ${choice.one(of.defaults)}`],
      [1, ' UNIQUE'],
    ] as const);
    return `${q(own)} ${of.type}${index === 0 && choice.chance(0.6) ? ' PRIMARY KEY' : extra}`;
  });
  const target = choice.maybeOne(
    tablesOf(model).filter(({ constraints }) => constraints.some(({ kind }) => kind === 'p')),
  );
  const key = target?.constraints.find(({ kind }) => kind === 'p')?.columns ?? [];
  if (target !== undefined && key.length === 1 && choice.chance(0.5)) {
    const type = target.columns.find((column) => column.name === key[0])!.type;
    columns.push(`"to it" ${type} REFERENCES ${relationKey(target)}`);
  }
  if (choice.chance(0.15)) columns.push('nr bigserial');
  const missing = choice.chance(0.1) ? 'IF NOT EXISTS ' : '';
  return `CREATE TABLE ${missing}${name} (${columns.join(', ')})`;
};

const createPartition: Maker = (model, choice) => {
  const table = choice.maybeOne(tablesOf(model).filter(({ kind, partition }) => kind === 'p' && !partition));
  if (table === undefined) return undefined;
  const from = 1000 * choice.between(1, 50);
  const name = q(randomName(choice, takenIn(model)));
  return `CREATE TABLE ${name} PARTITION OF ${written(table, choice)} FOR VALUES FROM (${from}) TO (${from + 1000})`;
};

const createTableAs: Maker = (model, choice) => {
  const table = choice.maybeOne(model.relations.filter(({ kind }) => kind !== 'S'));
  return table && `CREATE TABLE ${q(randomName(choice, takenIn(model)))} AS SELECT * FROM ${written(table, choice)}`;
};

const createSequence: Maker = (model, choice) => `CREATE SEQUENCE ${q(randomName(choice, takenIn(model)))}`;

const dropTable: Maker = (model, choice) => {
  const table = choice.maybeOne(tablesOf(model));
  return table && `DROP TABLE ${choice.chance(0.2) ? 'IF EXISTS ' : ''}${relationKey(table)}`;
};

const dropSequence: Maker = (model, choice) => {
  const sequence = choice.maybeOne(model.relations.filter(({ kind }) => kind === 'S'));
  return sequence === undefined ? dropTable(model, choice) : `DROP SEQUENCE ${relationKey(sequence)}`;
};

const dropColumn: Maker = (model, choice) => {
  const table = choice.maybeOne(tablesOf(model).filter(({ columns }) => columns.length > 1));
  return table && `ALTER TABLE ${relationKey(table)} DROP COLUMN ${q(choice.one(table.columns).name)}`;
};

const changeTypeAnew: Maker = (model, choice) => {
  const table = choice.maybeOne(tablesOf(model));
  const column = table?.columns.find(({ type }) => type.startsWith('numeric') || type === 'bigint');
  return (
    column &&
    `ALTER TABLE ${relationKey(table!)} ALTER COLUMN ${q(column.name)} TYPE integer USING ${q(column.name)}::integer`
  );
};

const dropForGood: Maker = (_, choice) =>
  choice.one(['DROP EXTENSION citext', "ALTER TYPE mood ADD VALUE 'middle' BEFORE 'high'"]);

const partitionedOnly: Maker = (model, choice) => {
  const table = choice.maybeOne(tablesOf(model).filter(({ kind }) => kind === 'p'));
  const command =
    table && choice.one([tableCommand, tableCommand, rowSecurityOnly, addForeignKey])(table, model, choice);
  return command && `ALTER TABLE ${relationKey(table)} ${command}`;
};

const takeIndex: Maker = (model, choice) => {
  const table = choice.maybeOne(
    tablesOf(model).filter(({ indexes }) => indexes.some(({ unique, bound }) => unique && !bound)),
  );
  const command = table && constraintOfIndex(table, model, choice);
  return command && `ALTER TABLE ${relationKey(table)} ${command}`;
};

const MAKERS: readonly (readonly [number, Maker])[] = [
  [40, alterTable],
  [9, createIndex],
  [5, dropIndex],
  [4, renameIndex],
  [6, renameColumn],
  [4, renameConstraint],
  [4, renameRelation],
  [3, setSchema],
  [6, createTable],
  [3, createPartition],
  [2, createTableAs],
  [3, createSequence],
  [10, partitionedOnly],
  [6, takeIndex],
  ...objectMakers(),
];

const FINAL: readonly (readonly [number, Maker])[] = [
  [1, dropTable],
  [1, dropSequence],
  [2, dropColumn],
  [1, changeTypeAnew],
  [3, dropForGood],
];

export function tablesOf({ relations }: Model): readonly ModelTable[] {
  return relations.filter(({ kind }) => kind === 'r' || kind === 'p');
}

function indexesOf(model: Model): readonly string[] {
  return tablesOf(model).flatMap((table) =>
    table.indexes.filter(({ bound }) => !bound).map(({ name }) => relationKey({ schema: table.schema, name })),
  );
}

function takenIn({ relations }: Model): ReadonlySet<string> {
  return new Set(relations.flatMap(({ name, indexes }) => [name, ...indexes.map((index) => index.name)]));
}

/** With its schema, or found along the search path. */
function written(table: ModelTable, choice: Choice): string {
  return table.schema === 'public' && choice.chance(0.6) ? q(table.name) : relationKey(table);
}

function objectOf({ kind }: ModelTable): string {
  return kind === 'v' ? 'VIEW' : kind === 'm' ? 'MATERIALIZED VIEW' : kind === 'S' ? 'SEQUENCE' : 'TABLE';
}
