/** Writes as an application sends them, by the names of either side; rows are chosen by label, so that one text fits any keys. */
import { quoteIdentifier as q, quoteLiteral } from '../../../../src/sql/identifier.js';
import { shortened } from '../../../../src/windows/inside-tables/columns-window.js';
import type { Choice } from '../../ddl/random-choice.js';
import { oldKey } from './old-keys.js';
import type { Graph, GraphTable } from './random-graph.js';
import type { GraphReference } from './random-reference.js';

type Side = 'old' | 'new';

/** Which names a write uses: the side, and which one leads. */
export interface Names {
  readonly side: Side;
  readonly leads: Side;
}

export interface GraphWrite {
  readonly sql: string;
  readonly what: string;
}

let fresh = 0;

/** What the column is called for somebody who writes that side. */
export function called(column: string, { side, leads }: Names, where: string | null = null): string {
  if (leads === 'old' || where !== null) return q(side === 'old' ? column : shortened(`${column}_uuid`, 63));
  return q(side === 'old' ? shortened(`${column}_legacy`, 63) : column);
}

export function randomWrite(graph: Graph, choice: Choice, names: Names): GraphWrite {
  const table = choice.one(graph.tables);
  const what = choice.weighted([
    [4, 'insert'],
    [3, 'move'],
    [1, 'delete'],
    [2, 'upsert'],
    [1, 'key'],
    [1, 'family'],
    [2, 'across'],
  ] as const);
  const sql = WRITES[what](graph, table, choice, names) ?? insert(graph, table, choice, names);
  return { sql, what: `${what} on the ${names.side} side` };
}

/** Without a foreign key what refers to it would refer to nothing, which the plan says nobody does. */
function stays(graph: Graph, table: GraphTable): boolean {
  return graph.convert['orphans'] !== 'keep' && isMeantSoftly(graph, table);
}

function isMeantSoftly({ tables }: Graph, table: GraphTable): boolean {
  return tables.some(({ references }) => references.some(({ parent, soft }) => soft && parent === table));
}

type MakeWrite = (graph: Graph, table: GraphTable, choice: Choice, names: Names) => string | undefined;

const WRITES: Readonly<Record<'insert' | 'move' | 'delete' | 'upsert' | 'key' | 'family' | 'across', MakeWrite>> = {
  insert,
  move: (_, table, choice, names) => {
    const reference = choice.maybeOne(table.references);
    if (reference === undefined) return undefined;
    const pairs = pointsTo(reference, names);
    const to =
      reference.nullable && choice.chance(0.3)
        ? pairs.map(([own]) => `${own} = NULL`).join(', ')
        : `(${pairs.map(([own]) => own).join(', ')}) = (SELECT ${pairs.map(([, theirs]) => `p.${theirs}`).join(', ')} FROM ${reference.parent.name} AS p WHERE p.${q(reference.parent.label)} = ${label(reference.parent, choice)})`;
    return `UPDATE ${table.name} SET ${to} WHERE ${q(table.label)} = ${label(table, choice)}`;
  },
  delete: (graph, table, choice) =>
    stays(graph, table) ? undefined : `DELETE FROM ${table.name} WHERE ${q(table.label)} = ${label(table, choice)}`,
  upsert: (graph, table, choice, names) => {
    if (table.kind !== 'child') return undefined;
    const set = table.references.flatMap((reference) => pointsTo(reference, names).map(([own]) => own));
    const made = insert(graph, table, choice, names, label(table, choice));
    return `${made} ON CONFLICT (${q(table.label)}) DO UPDATE SET ${[...new Set(set)].map((own) => `${own} = EXCLUDED.${own}`).join(', ')}`;
  },
  key: (graph, table, choice, names) => {
    if (table.kind !== 'root' || isMeantSoftly(graph, table)) return undefined;
    // Where the keys do not say each other, the one that does not lead does not change alone.
    if (names.side !== names.leads && graph.convert['value'] !== 'cast') return undefined;
    if (table.key!.always && names.side === 'old') return undefined;
    const own = called(table.key!.column, names);
    const value = names.side === 'new' ? 'gen_random_uuid()' : anyOldKey(graph, choice);
    return `UPDATE ${table.name} SET ${own} = ${value} WHERE ${q(table.label)} = ${label(table, choice)}`;
  },
  /** To another partition, now and then to another parent as well. */
  across: (graph, table, choice, names) => {
    const moved = graph.tables.find(({ kind }) => kind === 'partitioned') ?? table;
    if (moved.kind !== 'partitioned') return undefined;
    const [own, theirs] = [`n = ${choice.between(0, 29)}`, ` WHERE ${q(moved.label)} = ${label(moved, choice)}`];
    const too = choice.chance(0.3) ? WRITES.move(graph, moved, choice, names) : undefined;
    return too === undefined ? `UPDATE ${moved.name} SET ${own}${theirs}` : too.replace(' SET ', ` SET ${own}, `);
  },
  family: (graph, table, choice, names) => {
    const reference = table.references.find(({ parent }) => parent !== table && parent.kind === 'root');
    if (reference === undefined || table.references.length > 1 || table.kind === 'root') return undefined;
    const parent = insert(graph, reference.parent, choice, names);
    const [columns, values] = ownValues(graph, table, names, choice);
    const pairs = pointsTo(reference, names);
    return `WITH p AS (${parent} RETURNING *) INSERT INTO ${table.name} (${[...columns, ...pairs.map(([own]) => own)].join(', ')}) SELECT ${[...values, ...pairs.map(([, theirs]) => `p.${theirs}`)].join(', ')} FROM p`;
  },
};

function insert(graph: Graph, table: GraphTable, choice: Choice, names: Names, asLabel?: string): string {
  const [columns, values] = ownValues(graph, table, names, choice, asLabel);
  const from: string[] = [];
  const where: string[] = [];
  for (const [index, reference] of table.references.entries()) {
    if (reference.nullable && choice.chance(0.3)) continue;
    for (const [own, theirs] of pointsTo(reference, names)) {
      columns.push(own);
      values.push(`p${index}.${theirs}`);
    }
    from.push(`${reference.parent.name} AS p${index}`);
    where.push(`p${index}.${q(reference.parent.label)} = ${label(reference.parent, choice)}`);
  }
  const rows = from.length === 0 ? '' : ` FROM ${from.join(', ')} WHERE ${where.join(' AND ')}`;
  return `INSERT INTO ${table.name} (${columns.join(', ')}) SELECT ${values.join(', ')}${rows}`;
}

/** What a row has of its own: label, key, and what says whether it takes part. */
function ownValues(
  graph: Graph,
  table: GraphTable,
  names: Names,
  choice: Choice,
  asLabel?: string,
): readonly [string[], string[]] {
  const number = ++fresh;
  const said = asLabel ?? quoteLiteral(`new ${number}`);
  if (asLabel === undefined) table.labels.push(`new ${number}`);
  const columns = [q(table.label)];
  const values = [said];
  if (table.kind === 'link') {
    columns.push('at');
    values.push(String(1000 + number));
  }
  if (table.kind === 'partitioned') {
    columns.push('n');
    values.push(String(choice.between(0, 29)));
  }
  if (table.references.some(({ where }) => where !== null)) {
    columns.push('what');
    values.push(choice.one(["'this'", "'that'"]));
  }
  if (table.kind !== 'root') return [columns, values];
  const { column, tenant, given, always } = table.key!;
  if (tenant !== null) {
    columns.push(q(tenant));
    values.push(choice.one(['1', '2']));
  }
  const cast = graph.convert['value'] === 'cast';
  // A default of the new key counts as given: to name another old one beside it would contradict it.
  const needed =
    names.leads === 'old' ? names.side === 'old' && !given : cast ? !given : names.side === 'old' && !always;
  if (needed) {
    columns.push(called(column, names));
    values.push(names.side === 'new' ? 'gen_random_uuid()' : anyOldKey(graph, choice));
  }
  if (names.leads === 'old' && names.side === 'new' && !given) {
    columns.push(called(column, { side: 'old', leads: 'old' }));
    values.push(anyOldKey(graph, choice));
  }
  return [columns, values];
}

function anyOldKey({ type, convert }: Graph, choice: Choice): string {
  return convert['value'] === 'cast'
    ? oldKey(type, 'cast', ++fresh, 99)
    : type === 'integer' || type === 'bigint'
      ? String(200_000 + ++fresh)
      : quoteLiteral(`${choice.one(['neu', "it's", 'ß'])} ${++fresh}`);
}

function pointsTo(
  { column, tenant, parent, where }: GraphReference,
  names: Names,
): readonly (readonly [string, string])[] {
  const key = [called(column, names, where), called(parent.key!.column, names)] as const;
  return tenant === null ? [key] : [[q(tenant), q(parent.key!.tenant!)], key];
}

function label({ labels }: GraphTable, choice: Choice): string {
  return quoteLiteral(choice.one(labels));
}
