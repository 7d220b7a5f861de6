/**
 * `CatalogSnapshot.objects` in step with the effects. Owns one rule: nobody makes again what is not known any more. Where a
 * text may have become another, since something that it mentions has another name or type, it is forgotten.
 */
import { quoteIdentifier, relationKey } from '../sql/identifier.js';
import { commentOn, commentStatement, objectKey, type ObjectName } from '../sql/object-key.js';
import type { CatalogSnapshot, ObjectFacts, RelationName } from './catalog-snapshot.js';
import type { CatalogEffect } from './effects.js';
import { functionKey } from './function-key.js';
import { create, newFacts, replace, thenSaid } from './make-facts.js';
import { isLeft, isPart, known, ofColumn, whole, wholeKey, wholeOf } from './object-parts.js';
import {
  change,
  forget,
  forgetColumn,
  forgotten,
  mentions,
  movedSchema,
  rekeyed,
  renamedColumn,
  renameKey,
  renameRelation,
  retyped,
  without,
  type Objects,
} from './object-records.js';

/** `after`: with the rest of the effect applied, and the objects of before. */
export function followObjects(before: CatalogSnapshot, after: CatalogSnapshot, effect: CatalogEffect): Objects {
  const { objects } = before;
  switch (effect.kind) {
    case 'schema created':
      return create(
        before,
        { kind: 'schema', name: [effect.schema] },
        `CREATE SCHEMA ${quoteIdentifier(effect.schema)}`,
      );
    case 'schema dropped':
      return without(
        objects,
        (key) => key === `schema ${quoteIdentifier(effect.schema)}` || inSchema(key, effect.schema),
      );
    case 'relation created':
    case 'relation declared': {
      const { schema, name } = effect.relation;
      // Of one that was there nothing changes; without facts it belongs to an extension.
      if (relationKey(effect.relation) in before.relations) return objects;
      const kind = after.relations[relationKey(effect.relation)]?.kind ?? 'table';
      const object = { kind: kind === 'partitioned table' ? 'table' : kind, name: [schema, name] } as const;
      return create(before, object, null, effect.relation);
    }
    case 'relation dropped':
    case 'column dropped':
    case 'index dropped':
    case 'constraint dropped':
    case 'trigger dropped': {
      const left = without(whole(objects, before, effect.relation), (_, facts) => !isLeft(after, facts));
      const there = known(before, after, left);
      return effect.kind === 'column dropped' ? forgetColumn(there, effect.relation, effect.column) : there;
    }
    case 'constraint renamed':
    case 'index renamed': {
      const { relation, to } = effect;
      const from = effect.kind === 'index renamed' ? effect.index : effect.constraint;
      return forget(renameKey(objects, relation, from, to), (text) => mentions(text, from));
    }
    case 'relation renamed': {
      const renamed = retyped(renameRelation(objects, effect.relation, effect.to), effect.relation, effect.to);
      return forget(renamed, (text) => mentions(text, effect.relation.name));
    }
    case 'column renamed':
      return forgetColumn(
        rekeyed(objects, (key) => renamedColumn(key, effect.relation, effect.column, effect.to)),
        effect.relation,
        effect.column,
      );
    case 'column changed':
      return known(
        before,
        after,
        effect.type === undefined ? objects : forgetColumn(objects, effect.relation, effect.column),
      );
    case 'column added':
      return objects;
    case 'index added': {
      const { relation, index } = effect;
      const object = { kind: 'index', name: [relation.schema, index.name] } as const;
      return whole(create(before, object, index.definition, relation), before, relation);
    }
    case 'constraint added': {
      const { relation, constraint } = effect;
      const name = quoteIdentifier(constraint.name);
      const definition = `ALTER TABLE ${relationKey(relation)} ADD CONSTRAINT ${name} ${constraint.definition}`;
      const object = { kind: 'table constraint', name: [relation.schema, relation.name, constraint.name] } as const;
      const objects = create(before, object, definition, relation);
      const hasIndex =
        constraint.kind === 'primary key' || constraint.kind === 'unique' || constraint.kind === 'exclusion';
      const index = { kind: 'index', name: [relation.schema, constraint.name] } as const;
      // Made before, for the constraint to take over: from now on it is made with the constraint.
      return hasIndex ? replace({ ...before, objects }, index, null, relation) : objects;
    }
    case 'constraint validated':
      return change(objects, constraintOf(effect.relation, effect.constraint), (facts) => ({
        ...facts,
        definition: facts.definition?.replace(/\s+NOT\s+VALID$/i, '') ?? null,
      }));
    case 'trigger added': {
      const { relation, trigger } = effect;
      const object = { kind: 'trigger', name: [relation.schema, relation.name, trigger.name] } as const;
      return whole(replace(before, object, trigger.definition, relation), before, relation);
    }
    case 'function created': {
      const { function: facts, definition = null, replaces = false } = effect;
      const object = { kind: facts.kind, name: [facts.schema, facts.name], types: facts.arguments };
      const ofExtension = functionKey(facts) in before.functions && objects[objectKey(object)] === undefined;
      if (ofExtension) return objects;
      return replaces ? replace(before, object, definition) : create(before, object, definition);
    }
    case 'function dropped': {
      const { schema, name, arguments: types } = effect.function;
      const keys = (['function', 'procedure', 'aggregate'] as const).map((kind) =>
        objectKey({ kind, name: [schema, name], types }),
      );
      return without(objects, (key) => keys.includes(key));
    }
    case 'type created':
      return create(before, { kind: 'type', name: [effect.type.schema, effect.type.name] }, null);
    case 'type dropped': {
      const key = relationKey(effect.type);
      return without(
        objects,
        (each) => each === `type ${key}` || (each.startsWith('domain') && each.endsWith(` on ${key}`)),
      );
    }
    case 'extension created':
      return create(before, { kind: 'extension', name: [effect.extension] }, effect.definition ?? null);
    case 'extension dropped':
      return without(objects, (key) => key === `extension ${quoteIdentifier(effect.extension)}`);
    case 'object made': {
      const { object, definition, replaces, of } = effect;
      const made = replaces ? replace(before, object, definition, of) : create(before, object, definition, of);
      return isPart(object) && of !== undefined ? whole(made, before, of) : made;
    }
    case 'object dropped': {
      const key = objectKey(effect.object);
      return without(wholeOf(objects, before, effect.object), (each) => each === key);
    }
    case 'object changed':
      return change(wholeOf(objects, before, effect.object), objectKey(effect.object), (facts) =>
        facts.made === true && effect.by !== undefined ? thenSaid(facts, effect.by) : forgotten(facts),
      );
    case 'object altered':
      return change(objects, objectKey(effect.object), (facts) =>
        facts.made === true && effect.by !== undefined ? thenSaid(facts, effect.by) : { ...facts, altered: true },
      );
    case 'object renamed': {
      const [from, to] = [objectKey(effect.object), objectKey(effect.to)];
      const name = effect.object.name.at(-1)!;
      const there = wholeOf(objects, before, effect.object);
      const moved = effect.object.kind === 'schema' ? movedSchema(there, name, effect.to.name[0]!) : there;
      const [old, next] = [effect.object.name, effect.to.name].map(([schema = '', each = '']) => ({
        schema,
        name: each,
      }));
      const typed = effect.object.kind === 'type' ? retyped(moved, old!, next!) : moved;
      return forget(
        rekeyed(typed, (key) => (key === from ? to : key)),
        (text, facts) => facts === objects[from] || mentions(text, name),
      );
    }
    case 'comment set':
      return commented(before, effect.object, effect.comment);
  }
}

/** Also where it is said of a part when the whole is made again. */
function commented(snapshot: CatalogSnapshot, object: ObjectName, comment: string | null): Objects {
  const [key, start] = [objectKey(object), commentOn(object)];
  const statements = comment === null ? [] : [commentStatement(object, comment)];
  const said = ({ dressing }: ObjectFacts): readonly string[] => [
    ...dressing.filter((statement) => !statement.startsWith(start)),
    ...statements,
  ];
  const there = snapshot.objects[key] ?? { ...newFacts(snapshot, object, null, ofColumn(object)), owner: null };
  const isWhole = (each: string, facts: ObjectFacts): boolean =>
    each === wholeKey(snapshot, object) || facts.dressing.some((statement) => statement.startsWith(start));
  const others = Object.fromEntries(
    Object.entries(snapshot.objects).map(([each, facts]) => [
      each,
      isWhole(each, facts) ? { ...facts, dressing: said(facts) } : facts,
    ]),
  );
  const own = { ...there, comment, dressing: said(there) };
  // Nothing is said about most columns.
  if (object.kind.endsWith('column') && own.dressing.length === 0) return without(others, (each) => each === key);
  return { ...others, [key]: own };
}

function constraintOf({ schema, name }: RelationName, constraint: string): string {
  return objectKey({ kind: 'table constraint', name: [schema, name, constraint] });
}

function inSchema(key: string, schema: string): boolean {
  return key.includes(` ${quoteIdentifier(schema)}.`);
}
