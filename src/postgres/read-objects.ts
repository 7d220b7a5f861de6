/**
 * Reads how to make objects again. Owns putting the statements together, in an order that works: owner, state, grants,
 * comment, then the parts. The SQL that reads stands in `object-relations` and `object-queries`.
 */
import type { ObjectFacts } from '../catalog/catalog-snapshot.js';
import { commentStatement, objectInSql, objectKey, type ObjectKind, type ObjectName } from '../sql/object-key.js';
import type { Session } from '../executor/session.js';
import { formatParts, quoteIdentifier, relationKey, type NameParts } from '../sql/identifier.js';
import { columnGrants, grantStatements, type Grant } from './grant-statements.js';
import { COMMENTS, DEFAULT_GRANTEES, EXTENSION_DEPENDENCIES, OTHER_OBJECTS, USES } from './object-queries.js';
import { RELATION_OBJECTS } from './object-relations.js';

/** Under the settings that `readCatalog` pins. By `objectKey`, sorted. */
export async function readObjects(session: Session): Promise<Readonly<Record<string, ObjectFacts>>> {
  const rows = (await session.query<ObjectRow>(QUERY)).rows;
  const comments = (await session.query<CommentRow>(COMMENTS)).rows;
  const dependencies = (await session.query<DependencyRow>(EXTENSION_DEPENDENCIES)).rows;
  const grantees = (await session.query<GranteeRow>(DEFAULT_GRANTEES)).rows;
  const uses = (await session.query<UseRow>(USES)).rows;

  const read: Everything = {
    rows: new Map(rows.map((row) => [row.address, row])),
    parts: groupBy(rows.filter((row) => row.within !== null).sort(byPlace), (row) => row.within!),
    comments: new Map(comments.map(({ address, comment }) => [address, comment])),
    dependencies: groupBy(dependencies, ({ address }) => address),
    grantees: groupBy(grantees, (row) => row.grants_of),
    uses: groupBy(uses, ({ address }) => address),
  };
  const others = comments.filter(({ address }) => !read.rows.has(address)).map(otherEntry);
  const entries = rows
    .map((row): [string, ObjectFacts] => [objectKey(nameOf(row)), factsOf(row, read)])
    .filter(([, facts], index) => !rows[index]!.kind.endsWith('column') || facts.dressing.length > 0);
  return Object.fromEntries([...others, ...entries].sort(([a], [b]) => (a < b ? -1 : Number(a > b))));
}

const QUERY = [...RELATION_OBJECTS, ...OTHER_OBJECTS].join('\n  UNION ALL');

interface ObjectRow {
  readonly kind: ObjectKind;
  readonly name: NameParts;
  /** Of a function's arguments. */
  readonly types: string | null;
  readonly address: string;
  /** Address of what makes it, or dresses it, when that is made again. */
  readonly within: string | null;
  readonly part_of: readonly [schema: string, name: string] | null;
  readonly owner: string | null;
  readonly definition: string | null;
  readonly state: readonly string[];
  /** Ties it to `within`, once both are there. */
  readonly attach: string | null;
  /** Null: of no grants. Otherwise all, also those that are there by default. */
  readonly acl: readonly Grant[] | null;
  /** Its grants are those by default. */
  readonly plain: boolean;
  /** The letter of `pg_default_acl`; `c` for columns. */
  readonly grants_of: string | null;
}

interface CommentRow {
  readonly address: string;
  readonly comment: string;
  readonly key: string;
}

interface DependencyRow {
  readonly address: string;
  readonly extension: string;
}

interface GranteeRow {
  readonly grants_of: string;
  readonly grantee: string | null;
}

interface UseRow {
  readonly address: string;
  readonly used_by: string;
  /** By the server. */
  readonly called: string;
}

interface Everything {
  readonly rows: ReadonlyMap<string, ObjectRow>;
  /** By the address of what they are within. */
  readonly parts: ReadonlyMap<string, readonly ObjectRow[]>;
  readonly comments: ReadonlyMap<string, string>;
  readonly dependencies: ReadonlyMap<string, readonly DependencyRow[]>;
  readonly grantees: ReadonlyMap<string, readonly GranteeRow[]>;
  readonly uses: ReadonlyMap<string, readonly UseRow[]>;
}

function factsOf(row: ObjectRow, read: Everything): ObjectFacts {
  const users = (read.uses.get(row.address) ?? []).map(({ used_by: user, called }) => {
    const found = read.rows.get(user);
    return found === undefined ? called : objectKey(nameOf(found));
  });
  return {
    ...(users.length > 0 && { usedBy: [...new Set(users)].sort() }),
    definition: isMadeOtherwise(row, read) ? null : row.definition,
    dressing: dressingOf(row, read),
    comment: read.comments.get(row.address) ?? null,
    owner: row.owner,
    partOf: row.part_of === null ? null : relationKey({ schema: row.part_of[0], name: row.part_of[1] }),
  };
}

/** What children inherit they inherit under its name: made again, it would not be called below as it was. */
function isMadeOtherwise(row: ObjectRow, read: Everything): boolean {
  const called = (each: ObjectRow): string | undefined => each.name.at(-1);
  return (
    row.kind === 'table constraint' &&
    (read.parts.get(row.address) ?? []).some(
      (part) => part.kind === row.kind && part.attach === null && called(part) !== called(row),
    )
  );
}

function dressingOf(row: ObjectRow, read: Everything): readonly string[] {
  const object = nameOf(row);
  const alter = `ALTER ${objectInSql(object)}`;
  const comment = read.comments.get(row.address);
  return [
    ...(row.owner === null ? [] : [`${alter} OWNER TO ${quoteIdentifier(row.owner)}`]),
    ...row.state,
    ...(read.dependencies.get(row.address) ?? []).map(
      ({ extension }) => `${alter} DEPENDS ON EXTENSION ${quoteIdentifier(extension)}`,
    ),
    ...grantsOf(row, read),
    ...(comment === undefined ? [] : [commentStatement(object, comment)]),
    ...(read.parts.get(row.address) ?? []).flatMap((part) => [
      ...(part.definition === null ? [] : [part.definition]),
      ...dressingOf(part, read),
      ...(part.attach === null ? [] : [part.attach]),
    ]),
  ];
}

function grantsOf(row: ObjectRow, read: Everything): readonly string[] {
  if (row.grants_of === null) return [];
  if (row.grants_of === 'c') {
    if (row.acl === null) return [];
    const owner = read.rows.get(row.address.replace(/\/\d+$/, '/0'))?.owner ?? '';
    return columnGrants(formatParts(row.name.slice(0, -1)), row.name.at(-1)!, owner, row.acl);
  }
  const byDefault = (read.grantees.get(row.grants_of) ?? []).map(({ grantee }) => grantee);
  if (row.plain && byDefault.length === 0) return [];
  return grantStatements({ on: grantTarget(nameOf(row)), owner: row.owner ?? '', grants: row.acl ?? [], byDefault });
}

function grantTarget(object: ObjectName): string {
  switch (object.kind) {
    case 'view':
    case 'materialized view':
    case 'foreign table':
      return `TABLE ${formatParts(object.name)}`;
    case 'aggregate':
      return `FUNCTION ${formatParts(object.name)}(${object.types ?? ''})`;
    default:
      return objectInSql(object);
  }
}

function nameOf({ kind, name, types }: ObjectRow): ObjectName {
  return { kind, name, ...(types !== null && { types }) };
}

/** A collation, an operator, …: only what is said about it. */
function otherEntry({ key, comment }: CommentRow): [string, ObjectFacts] {
  return [key, { definition: null, dressing: [], comment, owner: null, partOf: null }];
}

/** Columns in their order, then what rests on them. */
function byPlace(left: ObjectRow, right: ObjectRow): number {
  const place = (row: ObjectRow): readonly [number, number, string] => [
    PLACES.indexOf(row.kind),
    row.kind.endsWith('column') ? Number(row.address.split('/').at(-1)) : 0,
    objectKey(nameOf(row)),
  ];
  const [a, b] = [place(left), place(right)];
  return a[0] - b[0] || a[1] - b[1] || (a[2] < b[2] ? -1 : Number(a[2] > b[2]));
}

const PLACES: readonly ObjectKind[] = [
  ...(['view column', 'materialized view column', 'composite type column', 'domain constraint'] as const),
  ...(['table constraint', 'index', 'statistics object', 'trigger', 'rule'] as const),
];

function groupBy<T>(rows: readonly T[], keyOf: (row: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const key = keyOf(row);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return groups;
}
