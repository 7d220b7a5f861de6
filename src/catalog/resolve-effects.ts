/**
 * From what the text of a DDL says to what it changes here: names as written become relations with their schema, implied
 * names the ones that the server will choose, a foreign key without columns one to the primary key.
 */
import { quoteIdentifier, relationKey, type NameParts } from '../sql/identifier.js';
import type { DdlEffect, IndexFact } from '../sql/ddl-effects.js';
import type { ColumnFact, ConstraintFact } from '../sql/table-elements.js';
import type { CatalogSnapshot, Column, Constraint, FunctionFacts, Index, RelationName } from './catalog-snapshot.js';
import { applyEffects, type CatalogEffect } from './effects.js';
import { resolveObject, typeIn, withSchema } from './resolve-object.js';
import { freeName } from './free-name.js';
import { partitionIndexes } from './partition-indexes.js';
import { primaryKeyOf } from './walkable-key.js';

export interface ResolvedEffects {
  readonly effects: readonly CatalogEffect[];
  /** What changes the catalog in a way that the snapshot does not follow: `CREATE FUNCTION`. */
  readonly unknown: readonly string[];
}

/** Each effect is resolved against the catalog that those before it leave. `defaultSchema`: of names without one. */
export function resolveEffects(
  snapshot: CatalogSnapshot,
  facts: readonly DdlEffect[],
  defaultSchema: string,
): ResolvedEffects {
  const effects: CatalogEffect[] = [];
  const unknown: string[] = [];
  let catalog = snapshot;
  for (const fact of facts) {
    if (fact.kind === 'opaque') {
      unknown.push(fact.name);
      continue;
    }
    const resolved = resolveEffect(catalog, fact, defaultSchema);
    const changed = applyEffects(catalog, resolved);
    const demanded = resolved.flatMap((effect) => notNullConstraints(changed, effect, fact));
    effects.push(...resolved, ...demanded);
    catalog = applyEffects(changed, demanded);
  }
  return { effects, unknown };
}

/** Since server 18 each NOT NULL is a constraint with a name, also that which a primary key demands. */
function notNullConstraints(
  catalog: CatalogSnapshot,
  effect: CatalogEffect,
  fact: DdlEffect,
): readonly CatalogEffect[] {
  if (catalog.server.versionNum < 180_000 || !('relation' in effect)) return [];
  const table = catalog.relations[relationKey(effect.relation)];
  if (table === undefined || (table.kind !== 'table' && table.kind !== 'partitioned table')) return [];
  const given = fact.kind === 'relation created' ? fact.columns : fact.kind === 'column added' ? [fact.column] : [];
  const has = new Set(table.constraints.flatMap(({ kind, columns }) => (kind === 'not null' ? columns : [])));
  const { schema, name } = table;
  return table.columns
    .filter((column) => column.notNull && !has.has(column.name))
    .map((column) => {
      const from = { table: name, columns: [column.name], label: 'not_null' } as const;
      const named = given.find((each) => each.name === column.name)?.notNullName;
      const constraint: Constraint = {
        name: named ?? freeName(catalog, schema, from, 'constraint'),
        kind: 'not null',
        columns: [column.name],
        validated: true,
        deferrable: false,
        definition: `NOT NULL ${quoteIdentifier(column.name)}`,
      };
      return { kind: 'constraint added', relation: { schema, name }, constraint };
    });
}

type KnownEffect = Exclude<DdlEffect, { readonly kind: 'opaque' }>;

function resolveEffect(catalog: CatalogSnapshot, fact: KnownEffect, defaultSchema: string): readonly CatalogEffect[] {
  const named = (parts: NameParts): RelationName => {
    const [schema, name] = withSchema(parts, defaultSchema, 2);
    return { schema: schema!, name: name! };
  };
  switch (fact.kind) {
    case 'schema created':
    case 'schema dropped':
      return [fact];
    case 'relation created':
      return [{ ...fact, relation: named(fact.relation), columns: fact.columns.map(columnOf) }];
    case 'partition created': {
      const parent = named(fact.parent);
      const columns = catalog.relations[relationKey(parent)]?.columns;
      const relation = named(fact.relation);
      if (columns === undefined) return [{ kind: 'relation declared', relation }];
      const { relationKind } = fact;
      return [{ kind: 'relation created', relation, relationKind, columns, parent, partition: true }];
    }
    case 'relation renamed': {
      const relation = named(fact.relation);
      // RENAME TO takes a bare name: the table stays where it is.
      return [{ ...fact, relation, to: { schema: fact.to.at(-2) ?? relation.schema, name: fact.to.at(-1)! } }];
    }
    case 'relation declared':
    case 'relation dropped':
    case 'column dropped':
    case 'column renamed':
    case 'column changed':
    case 'constraint dropped':
    case 'constraint validated':
    case 'constraint renamed':
      return [{ ...fact, relation: named(fact.relation) }];
    case 'column added':
      return [{ ...fact, relation: named(fact.relation), column: columnOf(fact.column) }];
    case 'index added': {
      const relation = named(fact.relation);
      const added = { kind: fact.kind, relation, index: indexOf(catalog, relation, fact.index) } as const;
      if (fact.index.only) return [added];
      return [
        added,
        ...partitionIndexes(applyEffects(catalog, [added]), relation, added.index, fact.index.impliedFrom),
      ];
    }
    case 'index dropped':
    case 'index renamed': {
      const index = named(fact.index);
      const relation = Object.values(catalog.relations).find(
        ({ schema, indexes }) => schema === index.schema && indexes.some(({ name }) => name === index.name),
      );
      if (relation === undefined) return [];
      const at = { relation: { schema: relation.schema, name: relation.name }, index: index.name };
      return [fact.kind === 'index dropped' ? { kind: fact.kind, ...at } : { kind: fact.kind, ...at, to: fact.to }];
    }
    case 'constraint added': {
      const relation = named(fact.relation);
      const added = addedConstraint(catalog, relation, fact.constraint, named);
      const key = added.find((effect) => effect.kind === 'constraint added')!.constraint;
      if (!BY_INDEX.has(key.kind)) return added;
      return [...added, ...partitionIndexes(applyEffects(catalog, added), relation, key, fact.constraint.impliedFrom)];
    }
    case 'type created':
    case 'type dropped':
      return [{ kind: fact.kind, type: named(fact.type) }];
    case 'extension created':
    case 'extension dropped':
      return [fact];
    case 'trigger added':
    case 'trigger dropped':
      return [{ ...fact, relation: named(fact.relation) }];
    case 'object made': {
      const { object, of, ...rest } = fact;
      return [{ ...rest, object: resolveObject(catalog, object, defaultSchema), ...(of && { of: named(of) }) }];
    }
    case 'object dropped':
    case 'object changed':
    case 'object altered':
    case 'comment set':
      return [{ ...fact, object: resolveObject(catalog, fact.object, defaultSchema) }];
    case 'object renamed': {
      const object = resolveObject(catalog, fact.object, defaultSchema);
      const to = fact.to.length < object.name.length ? [...object.name.slice(0, -1), fact.to.at(-1)!] : fact.to;
      return [{ kind: fact.kind, object, to: { ...object, name: to } }];
    }
    case 'function created': {
      const { object, volatility, definition, replaces } = fact;
      const [schema, name] = withSchema(object.name, defaultSchema, 2);
      const types = object.types.map((type) => typeIn(catalog, type, defaultSchema)).join(', ');
      const kind = object.kind === 'procedure' || object.kind === 'aggregate' ? object.kind : 'function';
      const facts: FunctionFacts = { schema: schema!, name: name!, kind, arguments: types, volatility };
      return [{ kind: fact.kind, function: facts, definition, replaces }];
    }
    case 'function dropped': {
      const { name, types = '' } = resolveObject(catalog, fact.object, defaultSchema);
      return [{ kind: fact.kind, function: { schema: name[0]!, name: name[1]!, arguments: types } }];
    }
  }
}

function columnOf(written: ColumnFact): Column {
  const fact: ColumnFact & { notNullName?: string } = { ...written };
  // A constraint of its own says it.
  delete fact.notNullName;
  // What another collation takes for equal the text does not say: then the column is no key to rely on before it is there.
  const known = fact.collation === undefined || BYTEWISE.has(fact.collation.replace(/^pg_catalog\./, ''));
  return { ...fact, deterministicCollation: known };
}

const BYTEWISE: ReadonlySet<string> = new Set(['"C"', '"POSIX"', '"default"', 'ucs_basic', 'pg_c_utf8']);

function indexOf(catalog: CatalogSnapshot, relation: RelationName, fact: IndexFact): Index {
  const columns = catalog.relations[relationKey(relation)]?.columns ?? [];
  const keys = fact.keys.map((key) => key ?? null);
  return {
    name: fact.impliedName ? freeName(catalog, relation.schema, fact.impliedFrom, 'relation') : fact.name,
    unique: fact.unique,
    primary: false,
    valid: true,
    method: fact.method,
    keys,
    keyCollations: keys.map(() => null),
    deterministicCollation: columns
      .filter((column) => keys.includes(column.name))
      .every((column) => column.deterministicCollation),
    rowOrder: true,
    partial: fact.partial,
    deferrable: false,
    nullsNotDistinct: fact.nullsNotDistinct,
    definition: fact.definition,
  };
}

const BY_INDEX: ReadonlySet<ConstraintFact['kind']> = new Set(['primary key', 'unique', 'exclusion']);

/** Of a constraint that takes over an index, as the server prints it: nothing says any more how it came to be. */
function takenDefinition({ kind, definition }: ConstraintFact, index: Index): string {
  const keys = index.keys.map((key) => quoteIdentifier(key ?? '')).join(', ');
  const parts = [
    kind === 'primary key' ? 'PRIMARY KEY' : 'UNIQUE',
    index.nullsNotDistinct ? 'NULLS NOT DISTINCT' : '',
    `(${keys})`,
    /\bINCLUDE\s*\([^)]*\)/i.exec(index.definition)?.[0] ?? '',
    /(?<!NOT\s)\bDEFERRABLE(?:\s+INITIALLY\s+DEFERRED)?/i.exec(definition)?.[0] ?? '',
  ];
  return parts.filter((part) => part !== '').join(' ');
}

function addedConstraint(
  catalog: CatalogSnapshot,
  relation: RelationName,
  fact: ConstraintFact,
  named: (parts: NameParts) => RelationName,
): readonly CatalogEffect[] {
  const { usingIndex, references, impliedName } = fact;
  const table = catalog.relations[relationKey(relation)];
  const index = table?.indexes.find((candidate) => candidate.name === usingIndex);
  const name =
    usingIndex !== undefined && impliedName
      ? usingIndex
      : impliedName
        ? freeName(catalog, relation.schema, fact.impliedFrom, BY_INDEX.has(fact.kind) ? 'both' : 'constraint')
        : fact.name;
  const target = references && named(references.table);
  const targetTable = target && catalog.relations[relationKey(target)];
  const targetColumns = references?.columns ?? (targetTable && primaryKeyOf(targetTable)) ?? [];
  const constraint: Constraint = {
    name,
    kind: fact.kind,
    columns: index === undefined ? fact.columns : index.keys.filter((key) => key !== null),
    ...(target !== undefined && { references: { table: target, columns: targetColumns } }),
    validated: fact.validated,
    deferrable: fact.deferrable,
    definition: index === undefined ? fact.definition : takenDefinition(fact, index),
  };
  const added: CatalogEffect = { kind: 'constraint added', relation, constraint };
  // The server renames the index that a constraint takes over, with a NOTICE.
  if (usingIndex === undefined || usingIndex === name) return [added];
  return [{ kind: 'index renamed', relation, index: usingIndex, to: name }, added];
}
