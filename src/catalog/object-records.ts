/**
 * Changes to `CatalogSnapshot.objects`, each a new record: what goes, what bears another key, what is not known any more.
 * When they happen belongs to `follow-objects`.
 */
import { quoteIdentifier, relationKey } from '../sql/identifier.js';
import type { CatalogSnapshot, ObjectFacts, RelationName } from './catalog-snapshot.js';

export type Objects = CatalogSnapshot['objects'];

export function change(objects: Objects, key: string, to: (facts: ObjectFacts) => ObjectFacts): Objects {
  const facts = objects[key];
  return facts === undefined ? objects : { ...objects, [key]: to(facts) };
}

/** The same record where nothing goes: most effects take nothing away. */
export function without(objects: Objects, isGone: (key: string, facts: ObjectFacts) => boolean): Objects {
  const gone = Object.keys(objects).filter((key) => isGone(key, objects[key]!));
  if (gone.length === 0) return objects;
  const left = { ...objects };
  for (const key of gone) Reflect.deleteProperty(left, key);
  return left;
}

export function mapped(objects: Objects, to: (facts: ObjectFacts) => ObjectFacts): Objects {
  const entries = Object.entries(objects);
  const changed = entries.map(([key, facts]): [string, ObjectFacts] => [key, to(facts)]);
  return changed.every(([, facts], at) => facts === entries[at]![1]) ? objects : Object.fromEntries(changed);
}

export function rekeyed(objects: Objects, to: (key: string, facts: ObjectFacts) => string): Objects {
  const entries = Object.entries(objects);
  const changed = entries.map(([key, facts]): [string, ObjectFacts] => [to(key, facts), facts]);
  return changed.every(([key], at) => key === entries[at]![0]) ? objects : Object.fromEntries(changed);
}

/** The texts that say how to make it; of a function only its head: the body is kept as it was written. */
export function forget(objects: Objects, isStale: (text: string, facts: ObjectFacts) => boolean): Objects {
  return mapped(objects, (facts) => {
    const texts = [facts.definition?.replace(/\nAS \$[\s\S]*$/, '') ?? '', ...facts.dressing];
    return texts.some((text) => isStale(text, facts)) ? forgotten(facts) : facts;
  });
}

export function forgotten(facts: ObjectFacts): ObjectFacts {
  return { ...facts, definition: null, dressing: [], forgotten: true };
}

/** The server prints every name, and quotes it as we do or more. */
export function mentions(text: string, name: string): boolean {
  return text.includes(name.replaceAll('"', '""'));
}

export function forgetColumn(objects: Objects, relation: RelationName, column: string): Objects {
  const key = relationKey(relation);
  return forget(
    objects,
    (text, { partOf }) => mentions(text, column) && (partOf === key || mentions(text, relation.name)),
  );
}

export function renamedColumn(key: string, relation: RelationName, from: string, to: string): string {
  const end = ` ${relationKey(relation)}.${quoteIdentifier(from)}`;
  if (!key.includes(' column ') || !key.endsWith(end)) return key;
  return `${key.slice(0, -end.length)} ${relationKey(relation)}.${quoteIdentifier(to)}`;
}

export function renameRelation(objects: Objects, from: RelationName, to: RelationName): Objects {
  const [old, next] = [relationKey(from), relationKey(to)];
  const moved = rekeyed(objects, (key, { partOf }) => {
    if (partOf !== old) return key;
    if (key.endsWith(` on ${old}`)) return key.slice(0, -old.length) + next;
    const at = key.indexOf(` ${old}.`);
    if (at !== -1) return `${key.slice(0, at + 1)}${next}${key.slice(at + 1 + old.length)}`;
    if (key.endsWith(` ${old}`)) return key.slice(0, -old.length) + next;
    // Indexes and statistics stand in the schema of their table; statistics stay where they are.
    const index = `index ${quoteIdentifier(from.schema)}.`;
    return key.startsWith(index) ? `index ${quoteIdentifier(to.schema)}.${key.slice(index.length)}` : key;
  });
  return mapped(moved, (facts) => (facts.partOf === old ? { ...forgotten(facts), partOf: next } : facts));
}

/** An index, a constraint, or both of one name. */
export function renameKey(objects: Objects, relation: RelationName, from: string, to: string): Objects {
  const on = relationKey(relation);
  const keys = new Map([
    [`table constraint ${quoteIdentifier(from)} on ${on}`, `table constraint ${quoteIdentifier(to)} on ${on}`],
    [indexKey(relation.schema, from), indexKey(relation.schema, to)],
  ]);
  if (![...keys.keys()].some((key) => objects[key]?.partOf === on)) return objects;
  const renamed = Object.entries(objects).map(([key, facts]): [string, ObjectFacts] => {
    const next = facts.partOf === on ? keys.get(key) : undefined;
    return next === undefined ? [key, facts] : [next, forgotten(facts)];
  });
  return Object.fromEntries(renamed);
}

function indexKey(schema: string, name: string): string {
  return `index ${quoteIdentifier(schema)}.${quoteIdentifier(name)}`;
}

/** Functions are called by the types of their arguments. */
export function retyped(objects: Objects, from: RelationName, to: RelationName): Objects {
  return rekeyed(objects, (key) => {
    const at = key.indexOf('(');
    if (at === -1 || !/^(function|procedure|aggregate) /.test(key)) return key;
    return `${key.slice(0, at + 1)}${retypedList(key.slice(at + 1, -1), from, to)})`;
  });
}

/** `integer, s.mood[]` */
export function retypedList(types: string, from: RelationName, to: RelationName): string {
  const [old, next] = [relationKey(from), relationKey(to)];
  const each = types.split(', ').map((type) => (type.replace(/\[\]$/, '') === old ? type.replace(old, next) : type));
  return each.join(', ');
}

/** Wherever a key has the schema's name, there begins a name in it. */
export function movedSchema(objects: Objects, from: string, to: string): Objects {
  const [old, next] = [`${quoteIdentifier(from)}.`, `${quoteIdentifier(to)}.`];
  const moved = (text: string): string => text.replaceAll(` ${old}`, ` ${next}`).replaceAll(`(${old}`, `(${next}`);
  return Object.fromEntries(
    Object.entries(objects).map(([key, facts]) => {
      const partOf = facts.partOf?.startsWith(old) === true ? next + facts.partOf.slice(old.length) : facts.partOf;
      const there = moved(key);
      return [there, there === key ? facts : { ...forgotten(facts), partOf }];
    }),
  );
}
