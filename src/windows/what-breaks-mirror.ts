/**
 * What a change of the catalog takes away from under a mirror. Its functions name tables and columns, and those of the source are
 * given by type: where one is called otherwise, is gone, or is of another type, the next write of the application fails. The
 * server itself refuses some of it while the plan runs (what a trigger's condition names), and lets the rest pass.
 */
import type { CatalogSnapshot, Relation } from '../catalog/catalog-snapshot.js';
import { uniqueKeysOf } from '../catalog/walkable-key.js';
import { sqlName, textsOf } from '../mapping/mapping.js';
import { readExpression } from '../sql/fragment.js';
import type { Grammar } from '../sql/grammar.js';
import { quoteIdentifier } from '../sql/identifier.js';
import { columnNames, nameThen, type ColumnsWindow } from './inside-tables/columns-window.js';
import type { Mirror } from './between-tables/tables-window.js';

/** Sentences; empty: nothing. */
export function whatBreaksMirror(
  mirror: Mirror,
  before: CatalogSnapshot,
  after: CatalogSnapshot,
  grammar: Grammar,
): readonly string[] {
  const { source, target } = mirror.mapping;
  return [
    ...changesUnder(source, sourceColumns(mirror, grammar), before, after),
    ...changesUnder(target, targetColumns(mirror, grammar), before, after),
  ];
}

/** The same of a window inside of tables: of its twins and of what tells its rows. */
export function whatBreaksTwins(
  window: ColumnsWindow,
  before: CatalogSnapshot,
  after: CatalogSnapshot,
): readonly string[] {
  const leads = window.leads ?? 'old';
  return window.tables.flatMap((table) => {
    const twins = table.twins.flatMap((twin) => Object.values(columnNames(twin, leads)));
    const relation = before.relations[table.name];
    if (relation === undefined) return [];
    // What tells its rows may become another type, by the cutover of another window; but it has to be there.
    const keys = table.key.map(({ name }) => nameThen(table, name, leads));
    const now = after.relations[table.name]?.columns.map(({ name }) => quoteIdentifier(name));
    const gone = keys.filter((key) => now !== undefined && !now.includes(key));
    return [
      ...changesUnder(relation, new Set(twins), before, after),
      ...gone.map((key) => `\`${table.name}.${key}\` is there no more under that name`),
    ];
  });
}

/** The same of a window of which nothing is known but that it is there: any column may be one of its own. */
export function whatMayBreakMirror(
  relation: Relation,
  before: CatalogSnapshot,
  after: CatalogSnapshot,
): readonly string[] {
  return changesUnder(relation, new Set(relation.columns.map(({ name }) => quoteIdentifier(name))), before, after);
}

function changesUnder(
  relation: Relation,
  used: ReadonlySet<string>,
  before: CatalogSnapshot,
  after: CatalogSnapshot,
): readonly string[] {
  const key = sqlName(relation);
  const [was, is] = [before.relations[key], after.relations[key]];
  if (was === undefined || was === is || is?.opaque === true) return [];
  if (is === undefined || is.oid !== was.oid) {
    const renamed = Object.values(after.relations).find(({ oid }) => oid === was.oid);
    return [renamed === undefined ? `\`${key}\` is dropped` : `\`${key}\` is renamed to \`${sqlName(renamed)}\``];
  }
  const columns = was.columns
    .filter((column) => used.has(quoteIdentifier(column.name)))
    .flatMap((column) => {
      const now = is.columns.find(({ name: own }) => own === column.name);
      if (now === undefined) return [`\`${key}.${column.name}\` is there no more under that name`];
      return now.type === column.type ? [] : [`\`${key}.${column.name}\` becomes \`${now.type}\``];
    });
  const lost = uniqueOver(was, used).filter((own) => !uniqueOver(is, used).includes(own));
  // A key whose column is gone was said already.
  return columns.length > 0 ? columns : lost.map((own) => `\`${key}\` loses its unique index on ${own}`);
}

function uniqueOver(relation: Relation, used: ReadonlySet<string>): readonly string[] {
  return uniqueKeysOf(relation)
    .filter(({ columns }) => columns.every((column) => used.has(quoteIdentifier(column))))
    .map(({ columns }) => [...columns].sort().join(', '));
}

/** Quoted. */
function sourceColumns({ mapping, reads, back }: Mirror, grammar: Grammar): ReadonlySet<string> {
  const set = typeof back?.onDelete === 'object' ? back.onDelete : [];
  return new Set([
    ...[...reads, ...mapping.walk.columns].map(({ name }) => quoteIdentifier(name)),
    ...[...(back?.columns ?? []), ...set].map(({ name }) => name),
    ...namedIn([...textsOf({ ...mapping, targetWhere: null }), ...set.map(({ expression }) => expression)], grammar),
    ...mapping.columns.flatMap(({ plainColumn }) => (plainColumn === null ? [] : [quoteIdentifier(plainColumn)])),
  ]);
}

/** Quoted. */
function targetColumns({ mapping, belongsBy, back }: Mirror, grammar: Grammar): ReadonlySet<string> {
  const texts = (back?.columns ?? []).flatMap(({ plainColumn, expression }) =>
    plainColumn === null ? expression : [],
  );
  return new Set([
    ...mapping.columns.map(({ name }) => name),
    ...[...belongsBy, ...(back?.reads ?? [])].map(({ name }) => quoteIdentifier(name)),
    ...namedIn([mapping.targetWhere ?? '', ...texts], grammar),
  ]);
}

function namedIn(texts: readonly string[], grammar: Grammar): readonly string[] {
  return texts.flatMap((text) => {
    const read = readExpression(grammar, text);
    return read.ok ? read.value.columns.map(({ parts }) => quoteIdentifier(parts.at(-1)!)) : [];
  });
}
