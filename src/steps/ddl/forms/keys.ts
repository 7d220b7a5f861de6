/**
 * Unique and primary keys: the index is built beside traffic, then the constraint takes it over by name. A primary key over
 * columns that may be NULL is preceded by the proof that none is.
 */
import type { CatalogSnapshot, Constraint, Relation } from '../../../catalog/catalog-snapshot.js';
import { sameName } from '../../../catalog/change-relation.js';
import { quoteIdentifier, relationKey } from '../../../sql/identifier.js';
import { stringsOf, type FieldsOf } from '../../../sql/tree-walk.js';
import { asWayBack, quick, quickBack, type BackPiece, type FormContext, type Piece } from '../piece.js';
import { alter, dropText } from './alter-text.js';
import { buildConcurrently } from './indexes.js';
import { partitionsOf, requiredAbove, takenOver } from './partitions.js';

type ConstraintNode = FieldsOf<'Constraint'>;

/** UNIQUE and PRIMARY KEY: the index beside traffic, then the constraint takes it over by name. */
export function keyByIndex(
  table: Relation,
  node: ConstraintNode,
  constraint: Constraint,
  definition: string,
  at: FormContext,
): readonly Piece[] {
  const add = `${alter(table)} ADD CONSTRAINT ${quoteIdentifier(constraint.name)} ${definition}`;
  const drop = quickBack(`drop constraint ${constraint.name}`, dropText(table, constraint.name));
  const label = `add constraint ${constraint.name} to ${relationKey(table)}`;
  if (table.kind === 'partitioned table' || node.without_overlaps === true) {
    const detail = `Readers and writers of ${relationKey(table)} wait while its indexes are built; a ${node.without_overlaps === true ? 'temporal key' : 'partitioned table'} cannot take over an index that was built before.`;
    const taken = takenOver(table, constraint.columns, at.catalog);
    const back = taken === undefined ? [drop] : { none: taken };
    const key = { ...quick('add', label, [add], back), hazards: [{ name: 'blocks_reads', detail } as const] };
    return [...notNullForKey(table, constraint, at), key];
  }
  const columns = stringsOf(node.keys).map(quoteIdentifier).join(', ');
  const included = stringsOf(node.including).map(quoteIdentifier).join(', ');
  const [name, index] = [constraint.name, quoteIdentifier(constraint.name)];
  const create = [
    `CREATE UNIQUE INDEX CONCURRENTLY ${index} ON ${relationKey(table)} (${columns})`,
    included === '' ? '' : `INCLUDE (${included})`,
    node.nulls_not_distinct === true ? 'NULLS NOT DISTINCT' : '',
    /\bWITH\s*\([^)]*\)/i.exec(definition)?.[0] ?? '',
    node.indexspace === undefined ? '' : `TABLESPACE ${quoteIdentifier(node.indexspace)}`,
  ];
  const required = notNullForKey(table, constraint, at);
  const take = usingIndex(table, constraint, name);
  const built = buildConcurrently(table, name, create.filter((part) => part !== '').join(' '));
  const kept = requiredAbove(table, constraint, at.catalog);
  return [...required, built, quick('add', label, [take], kept === undefined ? [drop] : { none: kept })];
}

/** An index that is there becomes a constraint and bears its name. On the way back both are one, and the index is built again. */
export function takeIndex(
  table: Relation,
  node: ConstraintNode,
  constraint: Constraint,
  at: FormContext,
): readonly Piece[] {
  const add = usingIndex(table, constraint, node.indexname!);
  const index = table.indexes.find((candidate) => candidate.name === node.indexname);
  if (index === undefined) {
    at.refuse('LS6204', `${relationKey(table)} has no index \`${node.indexname!}\`.`, 'build the index first');
    return [];
  }
  const drop = dropText(table, constraint.name);
  const rebuilt = asWayBack(at.expand([index.definition], at.after([add, drop])));
  const kept = requiredAbove(table, constraint, at.catalog);
  const back =
    kept === undefined ? [quickBack(`drop constraint ${constraint.name}`, drop), ...rebuilt] : { none: kept };
  const required = notNullForKey(table, constraint, at);
  return [...required, quick('add', `turn index ${index.name} into a constraint`, [add], back)];
}

/** A primary key over columns that may be NULL would look for NULLs under its lock. */
function notNullForKey(table: Relation, { kind, columns }: Constraint, at: FormContext): readonly Piece[] {
  if (kind !== 'primary key' || at.isNew(table)) return [];
  const nullable = table.columns.filter(({ name, notNull }) => columns.includes(name) && !notNull);
  return at
    .expand(nullable.map(({ name }) => `${alter(table)} ALTER COLUMN ${quoteIdentifier(name)} SET NOT NULL`))
    .map((piece, index) => ({ ...piece, name: `${piece.name}-${index + 1}` }));
}

/**
 * The key of a partitioned table: first its own, which holds nothing, then that of each partition, which has a name of its
 * own, and each is attached.
 */
export function againOnPartitions(
  table: Relation,
  constraint: Constraint,
  after: CatalogSnapshot,
  at: FormContext,
): readonly BackPiece[] {
  const whole = { schema: table.schema, name: constraint.name };
  const isKey = constraint.kind === 'unique' || constraint.kind === 'primary key';
  if (!isKey || table.kind !== 'partitioned table') return asWayBack(at.expand(makeAgain(table, constraint), after));
  const [name, key] = [quoteIdentifier(constraint.name), relationKey(whole)];
  const own = `ALTER TABLE ONLY ${relationKey(table)} ADD CONSTRAINT ${name} ${constraint.definition}`;
  // A partition that the plan itself makes has a key that only the server can name: it goes with the partition.
  if (partitionsOf(table, at.catalog).some(({ indexes }) => !indexes.some(({ partOf }) => sameName(partOf, whole))))
    return asWayBack(at.expand(makeAgain(table, constraint), after));
  const parts = Object.values(at.catalog.relations).flatMap((partition) => {
    const index = partition.indexes.find(({ partOf }) => sameName(partOf, whole));
    const part = partition.constraints.find((candidate) => candidate.name === index?.name);
    if (part === undefined) return [];
    const attach = `ALTER INDEX ${key} ATTACH PARTITION ${relationKey({ schema: partition.schema, name: part.name })}`;
    return [...againOnPartitions(partition, part, after, at), quickBack(`attach ${part.name}`, attach)];
  });
  return [quickBack(`add constraint ${constraint.name} to ${relationKey(table)} alone`, own), ...parts];
}

/** The definition of a key leaves out what only its index knows: storage parameters, for one. */
function makeAgain(table: Relation, constraint: Constraint): readonly string[] {
  const { name, kind, definition } = constraint;
  const add = `${alter(table)} ADD CONSTRAINT ${quoteIdentifier(name)}`;
  const index = table.indexes.find((candidate) => candidate.name === name);
  const takes = (kind === 'unique' || kind === 'primary key') && index?.unique === true && index.definition !== '';
  if (!takes || table.kind === 'partitioned table') return [`${add} ${definition}`];
  return [index.definition, usingIndex(table, constraint, name)];
}

function usingIndex(table: Relation, { name, kind, definition }: Constraint, index: string): string {
  const deferred = /(?<!NOT\s)\bDEFERRABLE(?:\s+INITIALLY\s+DEFERRED)?/i.exec(definition)?.[0] ?? '';
  const words = kind === 'unique' ? 'UNIQUE' : 'PRIMARY KEY';
  return `${alter(table)} ADD CONSTRAINT ${quoteIdentifier(name)} ${words} USING INDEX ${quoteIdentifier(index)} ${deferred}`.trimEnd();
}
