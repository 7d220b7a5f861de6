/**
 * What statements touch, as keys of relations: their text, read by the grammar, with what only the catalog knows added:
 * where the search path finds a name, which rows a foreign key looks up or reaches. Views and functions reach what nobody
 * can see, triggers too, and what uses a new function or type is in no text: then the step is a barrier.
 */
import type { CatalogSnapshot, Relation, RelationName } from '../catalog/catalog-snapshot.js';
import { resolveEffects } from '../catalog/resolve-effects.js';
import type { Scope } from '../catalog/scope.js';
import type { RelationLock } from '../operation/operation.js';
import { ddlEffectsOf } from '../sql/ddl-effects.js';
import type { ParsedStatement } from '../sql/grammar.js';
import { relationKey, type NameParts } from '../sql/identifier.js';
import { nodeAs } from '../sql/tree-walk.js';
import { touchedBy } from '../sql/touch.js';
import { catalogLocks, descendantsOf, strongestLocks } from './catalog-locks.js';

export interface Touches {
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  readonly locks: readonly RelationLock[];
  /** Why the text does not tell what it touches; absent: it does. */
  readonly unknown?: string;
  /** More may be touched than is listed here. */
  readonly barrier: boolean;
}

export function touchesOf(statements: readonly ParsedStatement[], scope: Pick<Scope, 'catalog' | 'schema'>): Touches {
  const reads = new Set<string>();
  const writes = new Set<string>();
  const locks: RelationLock[] = [];
  let unknown: string | undefined;
  let barrier = false;
  for (const statement of statements) {
    const touch = touchedBy(statement.node);
    unknown ??= touch.opaque ?? (touch.cascades ? 'CASCADE may reach what it does not name' : undefined);
    unknown ??= unknownFunction(touch.functions, scope);
    for (const name of touch.reads) reads.add(keyOf(name, scope));
    for (const name of [...touch.writes, ...touch.drops.map((dropped) => dropped.name)]) writes.add(keyOf(name, scope));
    for (const { name } of touch.creates) writes.add(keyOfNew(name, scope));
    barrier ||= [...touch.creates, ...touch.drops].some(({ object }) => !NAMED_WHERE_USED.has(object));
    const named = touch.locks.map(({ relation, mode, ofIndex }) => {
      const table = tableOfIndex(relation, scope);
      // An index is part of its table, also where the table itself is not locked: a rename, for one.
      if (table !== undefined) writes.add(table);
      const own = keyOf(relation, scope);
      return { relation: ofIndex === true ? (table ?? own) : own, mode };
    });
    locks.push(...named, ...catalogLocks(statement, named, scope));
    for (const name of indexNames(statement, scope)) writes.add(name);
    // A comment on a function, a grant on a type: what comes before or after it is in no list.
    const { reads: read, writes: written, creates, drops } = touch;
    barrier ||=
      [read, written, creates, drops, touch.locks].every((names) => names.length === 0) && !isQuery(statement);
  }
  for (const key of [...reads, ...writes]) {
    const kind = scope.catalog.relations[key]?.kind;
    if (kind === 'view') unknown ??= `what the view ${key} reads is not followed`;
  }
  for (const key of [...writes]) {
    const relation = scope.catalog.relations[key];
    if (relation === undefined) continue;
    barrier ||= relation.triggers.some((trigger) => trigger.enabled !== 'disabled');
    for (const parent of parentsOf(relation)) reads.add(parent);
    for (const child of childrenOf(relation, scope.catalog)) writes.add(child);
    // A partition may have left the family, or the table its name, by the time that the plan ends.
    for (const partition of descendantsOf(key, scope.catalog)) writes.add(partition);
  }
  return {
    reads: [...reads].sort(),
    writes: [...writes].sort(),
    locks: strongestLocks(locks),
    barrier: barrier || unknown !== undefined,
    ...(unknown !== undefined && { unknown }),
  };
}

function isQuery({ node }: ParsedStatement): boolean {
  return nodeAs(node, 'SelectStmt') !== undefined;
}

/** An index bears the name of a relation, also that of a key: who takes a name waits for who gives it up. */
function indexNames(
  statement: ParsedStatement,
  { catalog, schema }: Pick<Scope, 'catalog' | 'schema'>,
): readonly string[] {
  return resolveEffects(catalog, ddlEffectsOf(statement), schema).effects.flatMap((effect) => {
    const named = (...names: readonly string[]): readonly string[] =>
      'relation' in effect ? names.map((name) => relationKey({ schema: effect.relation.schema, name })) : [];
    switch (effect.kind) {
      case 'index added':
        return named(effect.index.name);
      case 'constraint added':
        return named(effect.constraint.name);
      case 'index dropped':
        return named(effect.index);
      case 'constraint dropped':
        return named(effect.constraint);
      case 'index renamed':
        return named(effect.index, effect.to);
      // Indexes go where their table goes.
      case 'relation dropped':
        return named(...indexesOf(effect.relation, catalog));
      case 'relation renamed': {
        const names = indexesOf(effect.relation, catalog);
        return [...named(...names), ...names.map((name) => relationKey({ schema: effect.to.schema, name }))];
      }
      case 'constraint renamed':
        return named(effect.constraint, effect.to);
      default:
        return [];
    }
  });
}

function indexesOf(relation: RelationName, { relations }: CatalogSnapshot): readonly string[] {
  return (relations[relationKey(relation)]?.indexes ?? []).map(({ name }) => name);
}

/** Objects that a text which uses them names as a relation. What uses a function, a type or a sequence names none. */
const NAMED_WHERE_USED: ReadonlySet<string> = new Set([
  'table',
  'view',
  'materialized view',
  'foreign table',
  'index',
  'column',
  'table constraint',
  'trigger',
]);

/** As the server finds it along the search path of a run: the default schema, then `public`. */
function keyOf(parts: NameParts, scope: Pick<Scope, 'catalog' | 'schema'>): string {
  const own = keyOfNew(parts, scope);
  if (parts.length > 1 || scope.catalog.relations[own] !== undefined) return own;
  const shared = relationKey({ schema: 'public', name: parts[0] ?? '' });
  return scope.catalog.relations[shared] === undefined ? own : shared;
}

/** What is created without a schema stands in the first one of the search path. */
function keyOfNew(parts: NameParts, { schema }: Pick<Scope, 'schema'>): string {
  const [first, second] = parts.slice(-2);
  return second === undefined
    ? relationKey({ schema, name: first ?? '' })
    : relationKey({ schema: first!, name: second });
}

/** Tables that a foreign key of the relation looks up for every row that is written. */
export function parentsOf(relation: Relation): readonly string[] {
  const parents = relation.constraints.flatMap(({ references }) =>
    references === undefined ? [] : [relationKey(references.table)],
  );
  return [...new Set(parents)].filter((parent) => parent !== relationKey(relation));
}

/** Tables whose rows a foreign key changes, or looks for, when rows of the relation go or change their key. */
function childrenOf(relation: Relation, catalog: CatalogSnapshot): readonly string[] {
  const key = relationKey(relation);
  return Object.values(catalog.relations)
    .filter((other) =>
      other.constraints.some(({ references }) => references !== undefined && relationKey(references.table) === key),
    )
    .map(relationKey)
    .filter((child) => child !== key);
}

function tableOfIndex(parts: NameParts, scope: Pick<Scope, 'catalog' | 'schema'>): string | undefined {
  const name = parts.at(-1);
  const schema = parts.length > 1 ? parts.at(-2) : scope.schema;
  const table = Object.values(scope.catalog.relations).find(
    (relation) => relation.schema === schema && relation.indexes.some((index) => index.name === name),
  );
  return table && relationKey(table);
}

/** A function of the database may do anything; those of the system, called in SQL, do not touch tables of ours. */
function unknownFunction(
  functions: readonly NameParts[],
  scope: Pick<Scope, 'catalog' | 'schema'>,
): string | undefined {
  for (const parts of functions) {
    const name = parts.at(-1)!;
    const schema = parts.length > 1 ? parts.at(-2) : undefined;
    const known = Object.values(scope.catalog.functions).find(
      (candidate) =>
        candidate.name === name &&
        (schema === undefined || candidate.schema === schema) &&
        candidate.volatility !== 'immutable',
    );
    if (known !== undefined) return `what the function ${relationKey(known)} does is not known`;
  }
  return undefined;
}
