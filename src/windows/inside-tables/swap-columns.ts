/**
 * The statements that give twins the names of the old columns, and back: nothing here reads a row. What is slow was done before:
 * indexes are built, NOT NULL and foreign keys are proved. Renames keep what stands on a column by its number, so what means it
 * by its name is made again: views, policies, and the bodies of our own functions.
 */
import type { Relation } from '../../catalog/catalog-snapshot.js';
import { commentOn } from '../../sql/object-key.js';
import { quoteIdentifier, quoteLiteral, relationKey } from '../../sql/identifier.js';
import { dropPolicy, type AffectedPolicy } from './affected-policies.js';
import type { AffectedView } from './affected-views.js';
import {
  columnNames,
  relationsOf,
  type ColumnsWindow,
  type Counterpart,
  type Side,
  type Twin,
  type TwinTable,
} from './columns-window.js';
import { madeValue } from './twin-values.js';
import { whereThere } from './partitions-of-window.js';
import { redefineTwins } from './twin-triggers.js';

export interface SwapFacts {
  /** In the order in which they can be made. */
  readonly views: readonly AffectedView[];
  readonly policies: readonly AffectedPolicy[];
  /** Comment of a column, by its relation and name; undefined: none. */
  readonly comment: (relation: Relation, column: string) => string | undefined;
  /** Before server 18 the foreign key of a partitioned table is never NOT VALID. */
  readonly notValidOnPartitioned: boolean;
  /** What hangs on an index or a constraint and has to be said again once another one has its name. */
  readonly dressing: (counterpart: Counterpart) => readonly string[];
}

/** Of all windows of one cutover: views and policies go once and come once, when every name is the new one. */
export function swapThere(
  windows: readonly ColumnsWindow[],
  { views, policies, comment, dressing }: SwapFacts,
): readonly string[] {
  const { tables, counterparts } = together(windows);
  return [
    ...policies.map(dropPolicy),
    ...dropViews(views),
    ...wholes(ofKind(counterparts, 'foreign key')).map((key) => dropConstraint(key, key.name)),
    ...tables.flatMap((table) =>
      swapping(table).flatMap((twin) => [rename(table, twin.old, twin.legacy), rename(table, twin.new, twin.old)]),
    ),
    ...ofKind(counterparts, 'primary key').flatMap((key) => [
      dropConstraint(key, key.name),
      usingIndex(key.table, key.name, key.twin),
    ]),
    ...byNameAlone(counterparts).flatMap((each) => [
      renameConstraint(each, each.name, each.legacy),
      renameConstraint(each, each.twin, each.name),
    ]),
    ...ofKind(counterparts, 'index').flatMap((index) => [
      renameIndex(index, index.name, index.legacy),
      renameIndex(index, index.twin, index.name),
    ]),
    ...ofKind(counterparts, 'foreign key').map((key) => renameConstraint(key, key.twin, key.name)),
    ...counterparts.flatMap(dressed(dressing)),
    ...tables.flatMap((table) => swapping(table).flatMap((twin) => defaultsThere(table, twin))),
    ...commented(tables, comment).map(({ relation, column, said }) => commentColumn(relation, column, said)),
    ...[...views, ...policies].flatMap(madeAgain),
  ];
}

/** `spare`: an index over the new key, which goes when its constraint does. */
export function swapBack(
  windows: readonly ColumnsWindow[],
  { views, policies, comment, dressing, notValidOnPartitioned }: SwapFacts,
  spare: (counterpart: Counterpart) => string,
): readonly string[] {
  const { tables, counterparts } = together(windows);
  const keys = ofKind(counterparts, 'foreign key');
  return [
    ...policies.map(dropPolicy),
    ...dropViews(views),
    ...wholes(keys).map((key) => dropConstraint(key, key.name)),
    ...commented(tables, comment).map(({ relation, column }) => commentColumn(relation, column, null)),
    ...tables.flatMap((table) => swapping(table).flatMap((twin) => defaultsBack(table, twin))),
    ...tables.flatMap((table) =>
      swapping(table).flatMap((twin) => [rename(table, twin.old, twin.new), rename(table, twin.legacy, twin.old)]),
    ),
    ...ofKind(counterparts, 'primary key').flatMap((counterpart) => [
      dropConstraint(counterpart, counterpart.name),
      usingIndex(counterpart.table, counterpart.name, counterpart.legacy),
      renameIndex(counterpart, spare(counterpart), counterpart.twin),
    ]),
    ...byNameAlone(counterparts).flatMap((each) => [
      renameConstraint(each, each.name, each.twin),
      renameConstraint(each, each.legacy, each.name),
    ]),
    ...ofKind(counterparts, 'index').flatMap((index) => [
      renameIndex(index, index.name, index.twin),
      renameIndex(index, index.legacy, index.name),
    ]),
    // A foreign key is proved after the change: until then it holds for what is written.
    ...keys
      .filter(({ partitioned }) => notValidOnPartitioned || !partitioned)
      .flatMap((key) => [addNotValid(key, key.name, key.definition), addNotValid(key, key.twin, key.twinDefinition)]),
    ...counterparts
      .filter(({ kind, partitioned }) => notValidOnPartitioned || kind !== 'foreign key' || !partitioned)
      .flatMap(dressed(dressing)),
    ...[...views, ...policies].flatMap(madeAgain),
  ];
}

function together(windows: readonly ColumnsWindow[]): Pick<ColumnsWindow, 'tables' | 'counterparts'> {
  return {
    tables: windows.flatMap(({ tables }) => tables),
    counterparts: windows.flatMap(({ counterparts }) => counterparts),
  };
}

/** Our own functions, with the names that the columns have once that side leads: behind the change, in the same transaction. */
export function followNames(window: ColumnsWindow, leads: Side): readonly string[] {
  return window.tables.flatMap((table) => redefineTwins(window, table, leads));
}

export function ofKind(counterparts: readonly Counterpart[], kind: Counterpart['kind']): readonly Counterpart[] {
  return counterparts.filter((counterpart) => counterpart.kind === kind);
}

/** Without what goes with that of the table above. */
function wholes(counterparts: readonly Counterpart[]): readonly Counterpart[] {
  return counterparts.filter(({ part }) => !part);
}

/** Constraints that both stay, and change names. */
function byNameAlone(counterparts: readonly Counterpart[]): readonly Counterpart[] {
  return [...ofKind(counterparts, 'unique'), ...ofKind(counterparts, 'not null')];
}

export function swapping({ twins }: TwinTable): readonly Twin[] {
  return twins.filter(({ swaps }) => swaps);
}

function defaultsThere({ name }: TwinTable, twin: Twin): readonly string[] {
  const { old, new: twinName } = columnNames(twin, 'new');
  const given = defaultOf(twin);
  return [
    ...(given === null ? [] : [`ALTER TABLE ${name} ALTER COLUMN ${twinName} SET DEFAULT ${given}`]),
    ...(movesDefault(twin) ? [`ALTER TABLE ${name} ALTER COLUMN ${old} DROP DEFAULT`] : []),
  ];
}

function defaultsBack({ name }: TwinTable, twin: Twin): readonly string[] {
  const { old, new: twinName } = columnNames(twin, 'new');
  return [
    ...(defaultOf(twin) === null ? [] : [`ALTER TABLE ${name} ALTER COLUMN ${twinName} DROP DEFAULT`]),
    ...(movesDefault(twin) ? [`ALTER TABLE ${name} ALTER COLUMN ${old} SET DEFAULT ${twin.default!}`] : []),
  ];
}

/** What a row gets that comes without a new key. */
export function defaultOf({ value, default: old }: Twin): string | null {
  if (value.kind !== 'own') return null;
  const made = madeValue(value.by);
  if (made !== null) return made;
  if (value.by.how === 'derived') return 'pg_catalog.gen_random_uuid()';
  return old === null ? null : `(${old})::uuid`;
}

/** Two defaults of one row would be two keys: with a cast the old key follows the new one. */
function movesDefault({ value, default: old }: Twin): boolean {
  return value.kind === 'own' && value.by.how === 'cast' && old !== null;
}

function dropViews(views: readonly AffectedView[]): readonly string[] {
  return [...views].reverse().map(({ name }) => `DROP VIEW ${name}`);
}

function madeAgain({ definition, dressing }: AffectedView | AffectedPolicy): readonly string[] {
  return [definition, ...dressing];
}

function rename({ name }: TwinTable, from: string, to: string): string {
  return `ALTER TABLE ${name} RENAME COLUMN ${quoteIdentifier(from)} TO ${quoteIdentifier(to)}`;
}

/** A partition may have been dropped since. */
function alterTable({ table, onPartition }: Counterpart): string {
  return `ALTER TABLE ${onPartition ? 'IF EXISTS ' : ''}${table}`;
}

function dropConstraint(on: Counterpart, name: string): string {
  return `${alterTable(on)} DROP CONSTRAINT ${quoteIdentifier(name)}`;
}

function renameConstraint(on: Counterpart, from: string, to: string): string {
  return `${alterTable(on)} RENAME CONSTRAINT ${quoteIdentifier(from)} TO ${quoteIdentifier(to)}`;
}

function usingIndex(table: string, name: string, index: string): string {
  return `ALTER TABLE ${table} ADD CONSTRAINT ${quoteIdentifier(name)} PRIMARY KEY USING INDEX ${quoteIdentifier(index)}`;
}

function renameIndex({ schema, onPartition }: Counterpart, from: string, to: string): string {
  const name = `${quoteIdentifier(schema)}.${quoteIdentifier(from)}`;
  return `ALTER INDEX ${onPartition ? 'IF EXISTS ' : ''}${name} RENAME TO ${quoteIdentifier(to)}`;
}

function addNotValid(on: Counterpart, name: string, definition: string): string {
  return `${alterTable(on)} ADD CONSTRAINT ${quoteIdentifier(name)} ${definition.replace(/ NOT VALID$/, '')} NOT VALID`;
}

interface CommentedColumn {
  readonly relation: Relation;
  readonly column: string;
  readonly said: string;
}

function commented(tables: readonly TwinTable[], comment: SwapFacts['comment']): readonly CommentedColumn[] {
  return tables.flatMap((table) =>
    relationsOf(table).flatMap((relation) =>
      swapping(table).flatMap(({ old: column }) => {
        const said = comment(relation, column);
        return said === undefined ? [] : [{ relation, column, said }];
      }),
    ),
  );
}

/** What is said on a partition, which may have been dropped since. */
function dressed(dressing: SwapFacts['dressing']): (counterpart: Counterpart) => readonly string[] {
  return (each) => dressing(each).map((text) => (each.onPartition ? whereThere(each.table, text) : text));
}

function commentColumn(relation: Relation, column: string, comment: string | null): string {
  const { schema, name } = relation;
  const text =
    commentOn({ kind: 'table column', name: [schema, name, column] }) +
    (comment === null ? 'NULL' : quoteLiteral(comment));
  return relation.partition ? whereThere(relationKey(relation), text) : text;
}
