/**
 * What has another name, or stands in another schema: functions, types, triggers, schemas. Relations are renamed by `effects`,
 * how to make things again is followed by `follow-objects`.
 */
import { relationKey, unquoted } from '../sql/identifier.js';
import type { ObjectName } from '../sql/object-key.js';
import type { CatalogSnapshot, FunctionFacts, Relation, RelationName } from './catalog-snapshot.js';
import { functionKey } from './function-key.js';
import { retypedList } from './object-records.js';

export function renameObject(
  snapshot: CatalogSnapshot,
  { kind, name, types = '' }: ObjectName,
  { name: to }: ObjectName,
  renameRelation: (snapshot: CatalogSnapshot, from: RelationName, to: RelationName) => CatalogSnapshot,
): CatalogSnapshot {
  const from = { schema: name[0]!, name: name[1] ?? '' };
  const next = { schema: to[0]!, name: to[1] ?? '' };
  switch (kind) {
    case 'function':
    case 'procedure':
    case 'aggregate': {
      const key = functionKey({ ...from, arguments: types });
      return withFunctions(snapshot, (facts) => (functionKey(facts) === key ? { ...facts, ...next } : facts));
    }
    case 'type':
      return renameType(snapshot, from, next);
    case 'trigger':
      return withRelation(snapshot, from, (relation) => ({
        ...relation,
        triggers: relation.triggers.map((each) => (each.name === name[2] ? { ...each, name: to[2]! } : each)),
      }));
    case 'schema':
      return renameSchema(snapshot, from.schema, next.schema, renameRelation);
    default:
      return snapshot;
  }
}

/** A function may take a row of a table. */
export function withRowType(snapshot: CatalogSnapshot, from: RelationName, to: RelationName): CatalogSnapshot {
  return withFunctions(snapshot, (facts) => ({ ...facts, arguments: retypedList(facts.arguments, from, to) }));
}

function renameType(snapshot: CatalogSnapshot, from: RelationName, to: RelationName): CatalogSnapshot {
  const [old, next] = [relationKey(from), relationKey(to)];
  const types = snapshot.types.map((type) => (type === old ? next : type)).sort();
  const relations = Object.entries(snapshot.relations).map(([key, relation]): [string, Relation] => [
    key,
    {
      ...relation,
      columns: relation.columns.map((column) => ({ ...column, type: retypedList(column.type, from, to) })),
    },
  ]);
  return { ...withRowType(snapshot, from, to), types, relations: Object.fromEntries(relations) };
}

function renameSchema(
  snapshot: CatalogSnapshot,
  from: string,
  to: string,
  renameRelation: (snapshot: CatalogSnapshot, from: RelationName, to: RelationName) => CatalogSnapshot,
): CatalogSnapshot {
  let moved = snapshot;
  for (const { schema, name } of Object.values(snapshot.relations))
    if (schema === from) moved = renameRelation(moved, { schema, name }, { schema: to, name });
  const start = relationKey({ schema: from, name: '' }).slice(0, -2);
  for (const key of snapshot.types) {
    if (!key.startsWith(start)) continue;
    const name = unquoted(key.slice(start.length));
    moved = renameType(moved, { schema: from, name }, { schema: to, name });
  }
  moved = withFunctions(moved, (facts) => (facts.schema === from ? { ...facts, schema: to } : facts));
  return { ...moved, schemas: [...moved.schemas.filter((schema) => schema !== from), to].sort() };
}

function withFunctions(snapshot: CatalogSnapshot, to: (facts: FunctionFacts) => FunctionFacts): CatalogSnapshot {
  const functions = Object.values(snapshot.functions).map(to);
  return { ...snapshot, functions: Object.fromEntries(functions.map((facts) => [functionKey(facts), facts])) };
}

function withRelation(
  snapshot: CatalogSnapshot,
  name: RelationName,
  to: (relation: Relation) => Relation,
): CatalogSnapshot {
  const key = relationKey(name);
  const relation = snapshot.relations[key];
  return relation === undefined ? snapshot : { ...snapshot, relations: { ...snapshot.relations, [key]: to(relation) } };
}
