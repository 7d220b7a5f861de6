/** Tables of a graph: with a key of their own, with a key that is another one, between two keys, and plain ones that refer to them. */
import { quoteIdentifier, quoteLiteral } from '../../../../src/sql/identifier.js';
import { randomName } from '../../ddl/random-name.js';
import { addRow, columnsOf, MOST_ROWS, newTable, pointing, someParent, type Build } from './graph-build.js';
import { oldKey } from './old-keys.js';
import type { GraphTable } from './random-graph.js';
import { someReference } from './random-reference.js';

export function root(build: Build, alone: boolean): GraphTable {
  const { choice, type, shapes, value } = build;
  // Two keys of one step have one name where the step says it.
  const column = alone ? randomName(choice, new Set(['tenant', 'nr', 'label', 'Label', 'lbl"x'])) : 'id';
  const composite = alone && choice.chance(0.35);
  const code = alone && !composite && choice.chance(0.2);
  const number = type === 'integer' || type === 'bigint';
  const given = choice.chance(0.5) && !composite ? choice.one(number ? ['serial', 'identity'] : ['default']) : 'none';
  const identity = `GENERATED ${choice.one(['ALWAYS', 'BY DEFAULT'])} AS IDENTITY`;
  const always = given === 'identity' && identity.includes('ALWAYS');
  const table = newTable(build, 'root', {
    column,
    tenant: composite ? 'tenant' : null,
    given: given !== 'none',
    always,
  });
  const q = quoteIdentifier;
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

export function shared(build: Build, parent: GraphTable): void {
  if (parent.key!.tenant !== null) return;
  const { choice } = build;
  const column = randomName(choice, new Set(['label', 'Label', 'lbl"x']));
  const table = newTable(build, 'shared', { column, tenant: null, given: false, always: false });
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

export function link(build: Build): void {
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

export function child(build: Build): void {
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
export function refer(build: Build, table: GraphTable, parent: GraphTable): void {
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

function longName({ name }: GraphTable, what: string): string {
  return Array.from(`${what} of ${name.replaceAll('"', '')} that has a name as long as names may be in here`)
    .slice(0, 24)
    .join('');
}
