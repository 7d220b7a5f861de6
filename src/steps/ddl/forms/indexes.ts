/**
 * Indexes are built and dropped CONCURRENTLY: readers and writers go on, and the server waits for them. The way back of a
 * build is a concurrent drop, that of a drop a concurrent build of what the server says the index was.
 */
import type { CatalogSnapshot, Index, Relation } from '../../../catalog/catalog-snapshot.js';
import { sameName } from '../../../catalog/change-relation.js';
import { summarise, type CheckQuery } from '../../../operation/check-query.js';
import type { Observation } from '../../../operation/operation.js';
import { quoteIdentifier, quoteLiteral, relationKey, type NameParts } from '../../../sql/identifier.js';
import type { ObjectName } from '../../../sql/object-key.js';
import { onOnly } from '../../../sql/renamed-text.js';
import { behindName } from '../../../sql/statement-text.js';
import { nodeAs, stringsOf } from '../../../sql/tree-walk.js';
import { asWayBack, quick, quickBack, type BackPiece, type Form, type FormContext, type Piece } from '../piece.js';
import { partitionsOf, takenOver } from './partitions.js';
import { makeAgainOnline } from './remake.js';

export const createIndex: Form<'IndexStmt'> = (index, at) => {
  const table = at.relation(index.relation!);
  const added = at.effects.find((effect) => effect.kind === 'index added');
  if (table === undefined || added === undefined) return [];
  const { name } = added.index;
  const place = { schema: table.schema, name };
  if (isTaken(place, at)) {
    const detail = `There is a \`${relationKey(place)}\` already.`;
    if (index.if_not_exists === true) at.note(detail);
    else at.refuse('LS6204', detail, 'name the index otherwise');
    return [];
  }
  const head = `CREATE ${index.unique === true ? 'UNIQUE ' : ''}INDEX`;
  const on = `${relationKey(table)} ${behindName(at.statement, index.relation!)}`;
  const label = `build index ${name} on ${relationKey(table)}`;
  const create = `${head} ${quoteIdentifier(name)} ON ${on}`;
  if (at.isNew(table)) return [quick('build', label, [create], { goesWith: 'its table' })];
  if (table.kind === 'partitioned table') {
    const only = index.relation!.inh !== true;
    const detail = `Writers of all partitions of ${relationKey(table)} wait while their indexes are built.`;
    const help = 'build an index on each partition, then the one on the table with ON ONLY, and attach them';
    const sent = only ? `${head} ${quoteIdentifier(name)} ON ONLY ${on}` : create;
    const hazards = only ? [] : [{ name: 'blocks_writes', detail, help } as const];
    const taken = only ? undefined : takenOver(table, added.index.keys, at.catalog);
    // With that of the table above, which took it in, it has gone already.
    const drop = quickBack(
      `drop index ${name}`,
      `DROP INDEX ${table.partition ? 'IF EXISTS ' : ''}${relationKey(place)}`,
    );
    const back = taken === undefined ? [drop] : { none: taken };
    return [{ ...quick('build', label, [sent], back), hazards }];
  }
  return [buildConcurrently(table, name, `${head} CONCURRENTLY ${quoteIdentifier(name)} ON ${on}`)];
};

/** `sql`: a CREATE INDEX CONCURRENTLY of that name. */
export function buildConcurrently(table: Relation, name: string, sql: string): Piece {
  const place = { schema: table.schema, name };
  return {
    name: 'build',
    label: `build index ${name} on ${relationKey(table)} concurrently`,
    statements: [sql],
    runs: 'outside',
    observation: built(table, name),
    hazards: [],
    back: [dropConcurrently(place)],
  };
}

export function dropIndexes(objects: readonly NameParts[], missingOk: boolean, at: FormContext): readonly Piece[] {
  return objects.flatMap((parts) => {
    const found = findIndex(parts, at);
    if (found === undefined) {
      const detail = `There is no index \`${parts.join('.')}\`.`;
      if (missingOk) at.note(detail);
      else at.refuse('LS6204', detail, 'name an index that is there');
      return [];
    }
    const { table, index } = found;
    const place = { schema: table.schema, name: index.name };
    const constraint = table.constraints.find((candidate) => candidate.name === index.name);
    if (constraint !== undefined && constraint.kind !== 'foreign key' && constraint.kind !== 'check') {
      at.refuse('LS6203', `\`${relationKey(place)}\` is the index of a constraint.`, 'drop the constraint');
      return [];
    }
    const sql = `DROP INDEX ${relationKey(place)}`;
    if (at.isNew(table)) return [quick('drop', `drop index ${index.name}`, [sql], { goesWith: 'its table' })];
    const object: ObjectName = { kind: 'index', name: [place.schema, place.name] };
    const back = makeAgainOnline(object, at, () => makeAgain(table, index, at.after([sql]), at));
    if (table.kind === 'partitioned table') return [quick('drop', `drop index ${index.name}`, [sql], back)];
    return [{ ...dropConcurrently(place), name: 'drop', hazards: [], back }];
  });
}

/** Of a partitioned table: empty first, then one for each partition, by its own name, and each is attached. */
function makeAgain(table: Relation, index: Index, after: CatalogSnapshot, at: FormContext): readonly BackPiece[] {
  const whole = { schema: table.schema, name: index.name };
  // A partition that the plan itself makes has an index that only the server can name: it goes with the partition.
  const unnamed = partitionsOf(table, at.catalog).some(
    ({ indexes }) => !indexes.some(({ partOf }) => sameName(partOf, whole)),
  );
  if (unnamed) return asWayBack(at.expand([index.definition.replace(' ON ONLY ', ' ON ')], after));
  const definition = table.kind === 'partitioned table' ? onOnly(index.definition) : index.definition;
  const own = asWayBack(at.expand([definition], after));
  const parts = Object.values(at.catalog.relations).flatMap((partition) =>
    partition.indexes.filter(({ partOf }) => sameName(partOf, whole)).map((part) => ({ partition, part })),
  );
  const attached = parts.flatMap(({ partition, part }) => {
    const name = relationKey({ schema: partition.schema, name: part.name });
    const attach = `ALTER INDEX ${relationKey(whole)} ATTACH PARTITION ${name}`;
    return [...makeAgain(partition, part, after, at), quickBack(`attach index ${part.name}`, attach)];
  });
  return [...own, ...attached];
}

export function findIndex(
  parts: NameParts,
  { catalog, schema }: Pick<FormContext, 'catalog' | 'schema'>,
): { readonly table: Relation; readonly index: Index } | undefined {
  const name = parts.at(-1)!;
  const schemas = parts.length > 1 ? [parts.at(-2)!] : [schema, 'public'];
  for (const candidate of schemas) {
    for (const table of Object.values(catalog.relations)) {
      const index = table.schema === candidate ? table.indexes.find((each) => each.name === name) : undefined;
      if (index !== undefined) return { table, index };
    }
  }
  return undefined;
}

export function namesOf(objects: readonly Parameters<typeof nodeAs>[0][] | undefined): readonly NameParts[] {
  return (objects ?? []).map((object) => stringsOf(nodeAs(object, 'List')?.items));
}

function isTaken(place: { readonly schema: string; readonly name: string }, at: FormContext): boolean {
  if (relationKey(place) in at.catalog.relations) return true;
  return findIndex([place.schema, place.name], at) !== undefined;
}

/** IF EXISTS: on the way back of a build that was killed there may be an index, valid or not, or none. */
export function dropConcurrently(place: { readonly schema: string; readonly name: string }): BackPiece {
  const gone = absent(place, `index ${place.name} is gone`, 'true');
  return {
    name: 'drop',
    label: `drop index ${place.name} concurrently`,
    statements: [`DROP INDEX CONCURRENTLY IF EXISTS ${relationKey(place)}`],
    runs: 'outside',
    observation: { reached: gone, leftover: null },
  };
}

function built(table: Relation, name: string): Observation {
  const place = { schema: table.schema, name };
  const there = `SELECT ${quoteLiteral(`no valid index ${name}`)} AS missing
WHERE NOT EXISTS (
  SELECT FROM pg_index i
  JOIN pg_class c ON c.oid = i.indexrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_class t ON t.oid = i.indrelid
  WHERE n.nspname = ${quoteLiteral(place.schema)} AND c.relname = ${quoteLiteral(name)} AND t.relname = ${quoteLiteral(table.name)}
    AND i.indisvalid AND i.indisready AND i.indislive)`;
  const invalid = absent(place, `no invalid index ${name} is left`, 'NOT i.indisvalid');
  const remove = `DROP INDEX CONCURRENTLY IF EXISTS ${relationKey(place)}`;
  return { reached: catalogCheck(`index ${name} is there and valid`, there), leftover: { absent: invalid, remove } };
}

function absent(
  place: { readonly schema: string; readonly name: string },
  name: string,
  condition: string,
): CheckQuery {
  return catalogCheck(
    name,
    `SELECT n.nspname AS schema, c.relname AS index, i.indisvalid AS valid
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = ${quoteLiteral(place.schema)} AND c.relname = ${quoteLiteral(place.name)} AND ${condition}`,
  );
}

function catalogCheck(name: string, rows: string): CheckQuery {
  return { check: 'no_rows', name, severity: 'error', rows, summary: summarise(rows, 1), mask: [] };
}
