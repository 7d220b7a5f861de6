/**
 * Which keys of a relation can be relied on: to walk it in batches, to name as a conflict target, to identify a row.
 * Owns the reasons why an index cannot be walked; the SQL of a walk belongs to `sql`.
 */
import type { Outcome } from '../kernel/diagnostic.js';
import { didYouMean } from '../kernel/did-you-mean.js';
import type { Span } from '../kernel/span.js';
import { formatName, quoteIdentifier } from '../sql/identifier.js';
import type { Column, Index, Relation } from './catalog-snapshot.js';
import { problem } from './lookup.js';

export interface WalkableKey {
  /** Name of the index. */
  readonly index: string;
  readonly columns: readonly KeyColumn[];
}

export interface KeyColumn {
  readonly name: string;
  /** As `Column.type`; a cursor travels as text and is cast to it. */
  readonly type: string;
  /** Quoted as SQL, where the index sorts under another collation than its column: it must be compared under that one. */
  readonly collation?: string;
}

export interface UniqueKey {
  readonly index: Index;
  readonly columns: readonly string[];
}

/**
 * The key that batches walk: the index of that name, else the primary key, else the usable index that comes first by
 * number of columns and name. Where there is none, one diagnostic says for each unique index what is in the way.
 */
export function walkableKeyOf(relation: Relation, indexName?: string, span?: Span): Outcome<WalkableKey> {
  const table = formatName(relation);
  if (indexName !== undefined) {
    const named = relation.indexes.find((index) => index.name === indexName);
    if (named === undefined) {
      const names = relation.indexes.map((index) => index.name);
      const similar = didYouMean(indexName, names);
      const others = names.length === 0 ? 'it has no index' : `it has: ${[...names].sort().join(', ')}`;
      const help = similar === undefined ? others : `did you mean \`${similar}\`?`;
      return problem('LS2007', span, `\`${table}\` has no index \`${indexName}\`.`, help);
    }
    const reasons = obstaclesTo(relation, named);
    if (reasons.length === 0) return found(relation, named);
    return problem('LS2006', span, `\`${table}\` cannot be walked by ${line(named, reasons)}`, REMEDY);
  }
  const unique = relation.indexes.filter((index) => index.unique).sort(byPreference);
  const refused: string[] = [];
  for (const index of unique) {
    const reasons = obstaclesTo(relation, index);
    if (reasons.length === 0) return found(relation, index);
    refused.push(line(index, reasons));
  }
  const detail =
    refused.length === 0
      ? `\`${table}\` has no primary key and no unique index.`
      : [`\`${table}\` has no unique index that can be walked:`, ...refused].join('\n');
  return problem('LS2006', span, detail, REMEDY);
}

/** Columns of the primary key in its order, deferrable or not. */
export function primaryKeyOf(relation: Relation): readonly string[] | undefined {
  const index = relation.indexes.find((candidate) => candidate.primary);
  return index?.keys.filter((key) => key !== null);
}

/**
 * Keys that Postgres can infer as a conflict target, primary key first. A nullable column does not keep a key out:
 * whether two NULLs are equal is told by `nullsNotDistinct`.
 */
export function uniqueKeysOf(relation: Relation): readonly UniqueKey[] {
  return relation.indexes
    .filter((index) => index.unique && index.valid && !index.partial && !index.deferrable)
    .filter((index) => index.keys.every((key) => key !== null))
    .sort(byPreference)
    .map((index) => ({ index, columns: index.keys.filter((key) => key !== null) }));
}

interface Obstacle {
  readonly reason: string;
  readonly remedy: string;
}

const REMEDY = 'add a primary key, or a unique btree index over NOT NULL columns, and name the index in `walk`';

/** Every reason, not the first: one that is repaired should not reveal the next. */
function obstaclesTo(relation: Relation, index: Index): readonly Obstacle[] {
  const obstacles: Obstacle[] = [];
  const add = (reason: string, remedy: string): void => void obstacles.push({ reason, remedy });
  if (!index.unique) add('it is not unique', 'build a unique one beside it');
  if (!index.valid)
    add('it is not valid: a build of it failed or is running', 'REINDEX INDEX CONCURRENTLY, or drop it');
  if (index.method !== 'btree') add(`it is a ${index.method} index, which has no order`, 'build a btree index');
  if (index.partial) add('it is partial, so it does not hold every row', 'build one without WHERE');
  if (index.deferrable) add('it may hold doubles until COMMIT', 'make its constraint NOT DEFERRABLE');
  if (!index.deterministicCollation)
    add('its collation takes different texts for equal', 'build one under a deterministic collation');
  if (!index.rowOrder)
    add(
      'its order is not that of the comparison of its columns',
      'build one with default operator classes, one direction',
    );
  for (const [position, key] of index.keys.entries()) {
    if (key === null) {
      add(`its key ${position + 1} is an expression`, 'store the value in a column');
      continue;
    }
    const column = relation.columns.find((candidate) => candidate.name === key);
    if (column === undefined) continue;
    if (!column.notNull)
      add(
        `\`${key}\` may be NULL, and a row with NULL comes after no other`,
        `ALTER COLUMN ${quoteIdentifier(key)} SET NOT NULL`,
      );
    if (!column.deterministicCollation && index.deterministicCollation)
      add(`the collation of \`${key}\` takes different texts for equal`, 'give it a deterministic collation');
    if (isFloat(column)) add(`\`${key}\` is ${column.type}, whose text and value may differ`, 'use numeric');
  }
  return obstacles;
}

function isFloat(column: Column): boolean {
  return ['real', 'double precision'].includes((column.baseType ?? column.type).replace(/(\[\])+$/, ''));
}

function line(index: Index, reasons: readonly Obstacle[]): string {
  return `\`${index.name}\`: ${reasons.map(({ reason, remedy }) => `${reason} (${remedy})`).join('; ')}.`;
}

function found(relation: Relation, index: Index): Outcome<WalkableKey> {
  const columns = index.keys.map((key, position): KeyColumn => {
    const column = relation.columns.find((candidate) => candidate.name === key)!;
    const collation = index.keyCollations[position] ?? undefined;
    const plain = { name: column.name, type: column.type };
    return collation === undefined ? plain : { ...plain, collation };
  });
  return { ok: true, value: { index: index.name, columns }, diagnostics: [] };
}

function byPreference(left: Index, right: Index): number {
  const order = Number(right.primary) - Number(left.primary) || left.keys.length - right.keys.length;
  return order || (left.name < right.name ? -1 : Number(left.name > right.name));
}
