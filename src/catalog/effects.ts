/**
 * The catalog as it will be: what an operation changes, as data, and a snapshot with it applied, against which the next
 * step is compiled. Effects name relations with their schema and travel as JSON inside the operation graph.
 * What the text of a DDL says belongs to `sql`; whether a name may be used at all, to `lookup`. So an effect on something
 * that is not there, or a creation of something that is (IF NOT EXISTS), changes nothing here.
 * Long, because the union and the one switch over it are read side by side.
 */
import { assertNever } from '../kernel/assert-never.js';
import { quoteIdentifier, relationKey } from '../sql/identifier.js';
import type { ObjectName } from '../sql/object-key.js';
import {
  withColumnRenamed,
  withIndexTable,
  withReferencedColumnRenamed,
  withReferencedTable,
} from '../sql/renamed-text.js';
import {
  addConstraint,
  addIndex,
  changeColumnOf,
  dropConstraint,
  keepConstraints,
  mapReferences,
  sameName,
  validateConstraint,
  type ColumnChange,
} from './change-relation.js';
import { movedParts, renameIndex, withoutParts } from './index-parts.js';
import type {
  CatalogSnapshot,
  Column,
  Constraint,
  FunctionFacts,
  Index,
  Relation,
  RelationKind,
  RelationName,
  Trigger,
} from './catalog-snapshot.js';
import { effectsBelow } from './effects-below.js';
import { followObjects } from './follow-objects.js';
import { functionKey } from './function-key.js';
import { bareOf, withLazyObjects } from './lazy-objects.js';
import { renameObject, withRowType } from './rename-object.js';

export type CatalogEffect =
  | { readonly kind: 'schema created'; readonly schema: string }
  | { readonly kind: 'schema dropped'; readonly schema: string }
  | ({ readonly kind: 'relation created'; readonly relation: RelationName } & NewRelation)
  /** By a `creates`, or as a view: it will be there, its columns are not known. */
  | {
      readonly kind: 'relation declared';
      readonly relation: RelationName;
      /** Absent: a table. */
      readonly relationKind?: RelationKind;
      /** Where it is there, it may have more columns now. */
      readonly replaces?: true;
    }
  | { readonly kind: 'relation dropped'; readonly relation: RelationName }
  /** Also into another schema. */
  | { readonly kind: 'relation renamed'; readonly relation: RelationName; readonly to: RelationName }
  | { readonly kind: 'column added'; readonly relation: RelationName; readonly column: Column }
  | { readonly kind: 'column dropped'; readonly relation: RelationName; readonly column: string }
  | { readonly kind: 'column renamed'; readonly relation: RelationName; readonly column: string; readonly to: string }
  | ({ readonly kind: 'column changed'; readonly relation: RelationName; readonly column: string } & ColumnChange)
  | { readonly kind: 'index added'; readonly relation: RelationName; readonly index: Index }
  | { readonly kind: 'index dropped'; readonly relation: RelationName; readonly index: string }
  | { readonly kind: 'index renamed'; readonly relation: RelationName; readonly index: string; readonly to: string }
  /** A primary key or unique constraint brings an index of its own name, unless that is there (USING INDEX). */
  | {
      readonly kind: 'constraint added';
      readonly relation: RelationName;
      readonly constraint: Constraint;
      /** The key of a partitioned table that this key of a partition is a part of. */
      readonly partOf?: RelationName;
    }
  | { readonly kind: 'constraint dropped'; readonly relation: RelationName; readonly constraint: string }
  | { readonly kind: 'constraint validated'; readonly relation: RelationName; readonly constraint: string }
  | {
      readonly kind: 'constraint renamed';
      readonly relation: RelationName;
      readonly constraint: string;
      readonly to: string;
    }
  | {
      readonly kind: 'trigger added';
      readonly relation: RelationName;
      readonly trigger: Trigger;
      readonly replaces?: boolean;
    }
  | { readonly kind: 'trigger dropped'; readonly relation: RelationName; readonly trigger: string }
  /** `definition`: how to make it again. `replaces`: where it is there, it keeps what hangs on it. */
  | {
      readonly kind: 'function created';
      readonly function: FunctionFacts;
      readonly definition?: string;
      readonly replaces?: boolean;
    }
  | { readonly kind: 'function dropped'; readonly function: Pick<FunctionFacts, 'schema' | 'name' | 'arguments'> }
  | { readonly kind: 'type created'; readonly type: RelationName }
  | { readonly kind: 'type dropped'; readonly type: RelationName }
  | { readonly kind: 'extension created'; readonly extension: string; readonly definition?: string }
  | { readonly kind: 'extension dropped'; readonly extension: string }
  /** How to make it again. Where it is there, only what `replaces` changes it. `of`: the relation that it is a part of. */
  | {
      readonly kind: 'object made';
      readonly object: ObjectName;
      readonly definition: string;
      readonly replaces: boolean;
      readonly of?: RelationName;
    }
  | { readonly kind: 'object dropped'; readonly object: ObjectName }
  /**
   * In a way that is not followed: how to make it again is not known any more. What the plan made is made again by what made
   * it, and `by` after it.
   */
  | { readonly kind: 'object changed'; readonly object: ObjectName; readonly by?: string }
  /** How to make it again is what it was before, and every such change is taken back by setting it to that. */
  | { readonly kind: 'object altered'; readonly object: ObjectName; readonly by?: string }
  | { readonly kind: 'object renamed'; readonly object: ObjectName; readonly to: ObjectName }
  | { readonly kind: 'comment set'; readonly object: ObjectName; readonly comment: string | null };

/** Constraints and indexes follow as effects of their own. */
export interface NewRelation {
  readonly relationKind: RelationKind;
  readonly columns: readonly Column[];
  readonly persistence?: Relation['persistence'];
  readonly parent?: RelationName;
  readonly partition?: boolean;
}

/**
 * In order. Texts of definitions follow a rename, since ways back are compiled from them. A new relation has an oid of its
 * own below 0, by which it is known under a later name; no rows; and it belongs to the current user.
 */
export function applyEffects(snapshot: CatalogSnapshot, effects: readonly CatalogEffect[]): CatalogSnapshot {
  return effects.reduce((before, effect) => {
    const changed = applyEffect(bareOf(before) as CatalogSnapshot, effect);
    const after = withLazyObjects(changed, before, () => followObjects(before, changed, effect));
    return applyEffects(after, effectsBelow(before, after, effect));
  }, snapshot);
}

function applyEffect(snapshot: CatalogSnapshot, effect: CatalogEffect): CatalogSnapshot {
  switch (effect.kind) {
    case 'schema created':
      return { ...snapshot, schemas: withMember(snapshot.schemas, effect.schema) };
    case 'schema dropped': {
      const inside = Object.values(snapshot.relations).filter((relation) => relation.schema === effect.schema);
      const emptied = inside.reduce(dropRelation, snapshot);
      const isElsewhere = (key: string): boolean => !key.startsWith(`${quoteIdentifier(effect.schema)}.`);
      return {
        ...emptied,
        schemas: without(snapshot.schemas, effect.schema),
        functions: Object.fromEntries(Object.entries(snapshot.functions).filter(([key]) => isElsewhere(key))),
        types: snapshot.types.filter(isElsewhere),
      };
    }
    case 'relation created':
      return addRelation(snapshot, newRelation(snapshot, effect.relation, effect));
    case 'relation declared': {
      if (effect.replaces === true && relationKey(effect.relation) in snapshot.relations)
        return change(snapshot, effect.relation, (relation) => ({ ...relation, opaque: true }));
      const empty = newRelation(snapshot, effect.relation, {
        relationKind: effect.relationKind ?? 'table',
        columns: [],
      });
      return addRelation(snapshot, { ...empty, opaque: true });
    }
    case 'relation dropped':
      return dropRelation(snapshot, effect.relation);
    case 'relation renamed':
      return renameRelation(snapshot, effect.relation, effect.to);
    case 'column added':
      return change(snapshot, effect.relation, (relation) =>
        relation.columns.some((column) => column.name === effect.column.name)
          ? relation
          : { ...relation, columns: [...relation.columns, effect.column] },
      );
    case 'column dropped':
      return dropColumn(snapshot, effect.relation, effect.column);
    case 'column renamed':
      return renameColumn(snapshot, effect.relation, effect.column, effect.to);
    case 'column changed':
      return change(snapshot, effect.relation, (relation) => changeColumnOf(relation, effect.column, effect));
    case 'index added':
      return change(snapshot, effect.relation, (relation) => addIndex(relation, effect.index));
    case 'index dropped':
      return withoutParts(
        dropKey(snapshot, effect.relation, (relation) => ({
          ...relation,
          indexes: relation.indexes.filter((index) => index.name !== effect.index),
        })),
        { schema: effect.relation.schema, name: effect.index },
      );
    case 'index renamed':
      return renameIndex(snapshot, effect.relation, effect.index, effect.to);
    case 'constraint added':
      return change(snapshot, effect.relation, (relation) => addConstraint(relation, effect.constraint, effect.partOf));
    case 'constraint dropped':
      return withoutParts(
        dropKey(snapshot, effect.relation, (relation) => dropConstraint(relation, effect.constraint)),
        { schema: effect.relation.schema, name: effect.constraint },
      );
    case 'constraint validated':
      return change(snapshot, effect.relation, (relation) => validateConstraint(relation, effect.constraint));
    case 'constraint renamed':
      return renameIndex(snapshot, effect.relation, effect.constraint, effect.to);
    case 'trigger added':
      return change(snapshot, effect.relation, (relation) => ({
        ...relation,
        // OR REPLACE is the only way to create a trigger that is there.
        triggers: [...relation.triggers.filter((trigger) => trigger.name !== effect.trigger.name), effect.trigger],
      }));
    case 'trigger dropped':
      return change(snapshot, effect.relation, (relation) => ({
        ...relation,
        triggers: relation.triggers.filter((trigger) => trigger.name !== effect.trigger),
      }));
    case 'function created':
      return {
        ...snapshot,
        functions: { ...snapshot.functions, [functionKey(effect.function)]: effect.function },
      };
    case 'function dropped':
      return { ...snapshot, functions: withoutKey(snapshot.functions, functionKey(effect.function)) };
    case 'type created':
      return { ...snapshot, types: withMember(snapshot.types, relationKey(effect.type)) };
    case 'type dropped':
      return { ...snapshot, types: without(snapshot.types, relationKey(effect.type)) };
    case 'extension created':
      return { ...snapshot, extensions: withMember(snapshot.extensions, effect.extension) };
    case 'extension dropped':
      return { ...snapshot, extensions: without(snapshot.extensions, effect.extension) };
    case 'object renamed':
      return renameObject(snapshot, effect.object, effect.to, renameRelation);
    case 'object made':
    case 'object dropped':
    case 'object changed':
    case 'object altered':
    case 'comment set':
      return snapshot;
    default:
      return assertNever(effect);
  }
}

function newRelation(snapshot: CatalogSnapshot, name: RelationName, facts: NewRelation): Relation {
  return {
    schema: name.schema,
    name: name.name,
    oid: Math.min(0, ...Object.values(snapshot.relations).map(({ oid }) => oid)) - 1,
    kind: facts.relationKind,
    persistence: facts.persistence ?? 'permanent',
    owner: snapshot.server.user,
    columns: facts.columns,
    indexes: [],
    constraints: [],
    triggers: [],
    ...(facts.parent !== undefined && { parent: facts.parent }),
    partition: facts.partition ?? false,
    inherited: false,
    rowSecurity: 'off',
    estimatedRows: 0,
    bytes: 0,
    privileges: ['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER', 'OWNER'],
  };
}

function addRelation(snapshot: CatalogSnapshot, relation: Relation): CatalogSnapshot {
  const key = relationKey(relation);
  if (key in snapshot.relations) return snapshot;
  const added = { ...snapshot, relations: { ...snapshot.relations, [key]: relation } };
  if (relation.parent === undefined || relation.partition) return added;
  return change(added, relation.parent, (parent) => ({ ...parent, inherited: true }));
}

/** With its partitions, and with the foreign keys of others towards it: a DROP that went through took them along. */
function dropRelation(snapshot: CatalogSnapshot, name: RelationName): CatalogSnapshot {
  const key = relationKey(name);
  if (!(key in snapshot.relations)) return snapshot;
  const rest = changeAll({ ...snapshot, relations: withoutKey(snapshot.relations, key) }, (relation) =>
    keepConstraints(relation, (constraint) => !sameName(constraint.references?.table, name)),
  );
  const partitions = Object.values(rest.relations).filter((relation) => sameName(relation.parent, name));
  return partitions.reduce(dropRelation, rest);
}

function renameRelation(snapshot: CatalogSnapshot, from: RelationName, to: RelationName): CatalogSnapshot {
  const relation = snapshot.relations[relationKey(from)];
  if (relation === undefined || relationKey(to) in snapshot.relations) return snapshot;
  const moved = {
    ...relation,
    schema: to.schema,
    name: to.name,
    indexes: relation.indexes.map((index) => ({ ...index, definition: withIndexTable(index.definition, to) })),
  };
  const relations = { ...withoutKey(snapshot.relations, relationKey(from)), [relationKey(to)]: moved };
  const target = { schema: to.schema, name: to.name };
  const typed = withRowType(snapshot, from, to);
  const pointing = changeAll({ ...typed, relations }, (other) => {
    const pointed = mapReferences(other, from, (constraint) => ({
      ...constraint,
      references: { ...constraint.references, table: target },
      definition: withReferencedTable(constraint.definition, target),
    }));
    return sameName(other.parent, from) ? { ...pointed, parent: target } : pointed;
  });
  const { schema } = to;
  return movedParts(
    pointing,
    relation.indexes.map(({ name }) => ({ from: { schema: from.schema, name }, to: { schema, name } })),
  );
}

/** Indexes and constraints over the column go with it, as do foreign keys of others that point to it. */
function dropColumn(snapshot: CatalogSnapshot, name: RelationName, column: string): CatalogSnapshot {
  const own = change(snapshot, name, (relation) => ({
    ...keepConstraints(relation, (constraint) => !constraint.columns.includes(column)),
    columns: relation.columns.filter((candidate) => candidate.name !== column),
    indexes: relation.indexes.filter((index) => !index.keys.includes(column)),
  }));
  return changeAll(own, (relation) =>
    keepConstraints(
      relation,
      ({ references }) => !(sameName(references?.table, name) && references?.columns.includes(column) === true),
    ),
  );
}

/** Foreign keys that rested on no other unique key of the table went with this one, or it would have been refused. */
function dropKey(
  snapshot: CatalogSnapshot,
  name: RelationName,
  drop: (relation: Relation) => Relation,
): CatalogSnapshot {
  const dropped = change(snapshot, name, drop);
  const keys = (dropped.relations[relationKey(name)]?.indexes ?? [])
    .filter((index) => index.unique)
    .map((index) => [...index.keys].sort().join('\0'));
  return changeAll(dropped, (relation) =>
    keepConstraints(
      relation,
      ({ references }) =>
        !sameName(references?.table, name) || keys.includes([...(references?.columns ?? [])].sort().join('\0')),
    ),
  );
}

function renameColumn(snapshot: CatalogSnapshot, name: RelationName, from: string, to: string): CatalogSnapshot {
  const renamed = (names: readonly string[]): readonly string[] => names.map((each) => (each === from ? to : each));
  const own = change(snapshot, name, (relation) => ({
    ...relation,
    columns: relation.columns.map((column) => (column.name === from ? { ...column, name: to } : column)),
    ...(relation.partitionKey !== undefined && { partitionKey: withColumnRenamed(relation.partitionKey, from, to) }),
    indexes: relation.indexes.map((index) => ({
      ...index,
      keys: index.keys.map((key) => (key === from ? to : key)),
      definition: withColumnRenamed(index.definition, from, to),
    })),
    constraints: relation.constraints.map((constraint) => ({
      ...constraint,
      columns: renamed(constraint.columns),
      definition: withColumnRenamed(constraint.definition, from, to),
    })),
  }));
  return changeAll(own, (relation) =>
    mapReferences(relation, name, (constraint) => ({
      ...constraint,
      references: { ...constraint.references, columns: renamed(constraint.references.columns) },
      definition: withReferencedColumnRenamed(constraint.definition, from, to),
    })),
  );
}

function change(snapshot: CatalogSnapshot, name: RelationName, to: (relation: Relation) => Relation): CatalogSnapshot {
  const key = relationKey(name);
  const relation = snapshot.relations[key];
  if (relation === undefined) return snapshot;
  return { ...snapshot, relations: { ...snapshot.relations, [key]: to(relation) } };
}

function changeAll(snapshot: CatalogSnapshot, to: (relation: Relation) => Relation): CatalogSnapshot {
  const entries = Object.entries(snapshot.relations).map(([key, relation]) => [key, to(relation)] as const);
  return { ...snapshot, relations: Object.fromEntries(entries) };
}

function withMember(list: readonly string[], member: string): readonly string[] {
  return list.includes(member) ? list : [...list, member].sort();
}

function without(list: readonly string[], member: string): readonly string[] {
  return list.filter((each) => each !== member);
}

function withoutKey<T>(record: Readonly<Record<string, T>>, key: string): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(record).filter(([each]) => each !== key));
}
