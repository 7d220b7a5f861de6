/**
 * What most objects have in common: made, they are dropped on the way back; dropped, made again from what the catalog says of
 * them. IF EXISTS and IF NOT EXISTS are decided here.
 */
import { functionKey } from '../../../catalog/function-key.js';
import { resolveObject } from '../../../catalog/resolve-object.js';
import { relationKey } from '../../../sql/identifier.js';
import { objectFact } from '../../../sql/object-fact.js';
import { objectKey, type ObjectName } from '../../../sql/object-key.js';
import { withoutWords } from '../../../sql/statement-text.js';
import type { FieldsOf } from '../../../sql/tree-walk.js';
import { quick, quickBack, type FormContext, type Piece, type PieceHazard, type WayBack } from '../piece.js';
import { dropStatement, factsOf, makeAgain } from './remake.js';

/** Undefined, and told, where something of that name is there. */
export function create(
  object: ObjectName,
  at: FormContext,
  { missingOnly = false, isThere = factsOf(object, at) !== undefined, hazards = [] as readonly PieceHazard[] } = {},
): readonly Piece[] {
  const key = objectKey(object);
  if (isThere) {
    const detail = `There is a \`${key}\` already.`;
    if (missingOnly) at.note(detail);
    else at.refuse('LS6204', detail, 'name it otherwise, or write IF NOT EXISTS or OR REPLACE where the server has it');
    return [];
  }
  const sql = withoutWords(at.statement, ['IF', 'NOT', 'EXISTS']);
  const back = [quickBack(`drop ${key}`, dropStatement(object))];
  return [{ ...quick('create', `create ${key}`, [sql], back), hazards }];
}

/** OR REPLACE of what is there. */
export function replace(object: ObjectName, at: FormContext, back: WayBack): readonly Piece[] {
  return [quick('replace', `replace ${objectKey(object)}`, [at.statement.text], back)];
}

export function change(object: ObjectName, at: FormContext, back: WayBack): readonly Piece[] {
  if (isMissing(object, at)) return missing(object, at);
  return [quick('change', `change ${objectKey(object)}`, [at.statement.text], back)];
}

export function isMissing(object: ObjectName, at: FormContext): boolean {
  if (factsOf(object, at) !== undefined) return false;
  const [schema = '', name = ''] = object.name;
  // Of what belongs to an extension there are no facts.
  if (object.types !== undefined)
    return !(functionKey({ schema, name, arguments: object.types }) in at.catalog.functions);
  return object.kind !== 'type' || !at.catalog.types.includes(relationKey({ schema, name }));
}

export function missing(object: ObjectName, at: FormContext, missingOk = false): readonly [] {
  const detail = `There is no \`${objectKey(object)}\`.`;
  if (missingOk) at.note(detail);
  else at.refuse('LS6204', detail, 'name what is there, or write IF EXISTS');
  return [];
}

/** In one statement: what refers to each other can only go together. */
export function dropObjects(
  statement: FieldsOf<'DropStmt'>,
  at: FormContext,
  hazardsOf: (object: ObjectName) => readonly PieceHazard[] = () => [],
): readonly Piece[] {
  const objects = (statement.objects ?? []).flatMap((node) => {
    const fact = objectFact(statement.removeType, node);
    return fact === undefined ? [] : [resolveObject(at.catalog, fact, at.schema)];
  });
  const there = objects.filter((object) => !isMissing(object, at));
  const gone = objects.filter((object) => isMissing(object, at));
  for (const object of gone) missing(object, at, statement.missing_ok === true);
  if (there.length === 0 || (gone.length > 0 && statement.missing_ok !== true)) return [];
  const sql = dropAll(there);
  const label = `drop ${there.map(objectKey).join(', ')}`;
  return [{ ...quick('drop', label, sql, together(there, at)), hazards: there.flatMap(hazardsOf) }];
}

/** One statement, or one for each where the server takes no list: triggers, rules and policies. */
function dropAll(objects: readonly ObjectName[]): readonly string[] {
  const [first, ...others] = objects.map(dropStatement);
  if (others.length === 0) return [first!];
  const words = /^DROP [A-Z ]+(?= )/.exec(first!)![0];
  return [[first!, ...others.map((each) => each.slice(words.length + 1))].join(', ')];
}

/** Made again in an order in which nothing mentions what is not there yet. */
function together(objects: readonly ObjectName[], at: FormContext): WayBack {
  const backs = inOrder(objects, at).map((object) => makeAgain(object, at));
  const none = backs.find((back) => 'none' in back);
  if (none !== undefined) return none;
  // The way back of what made it would find nothing to drop.
  if (backs.some((back) => 'goesWith' in back))
    return { none: 'what the plan itself has made is dropped, and its definition is not known any more' };
  const pieces = backs.flatMap((back) => ('none' in back || 'goesWith' in back ? [] : back));
  return pieces.length === 0 ? backs[0]! : pieces;
}

function inOrder(objects: readonly ObjectName[], at: FormContext): readonly ObjectName[] {
  const mentions = (text: string, object: ObjectName): boolean => text.includes(object.name.at(-1)!);
  const done: ObjectName[] = [];
  let left = objects;
  for (let size = -1; size !== left.length;) {
    size = left.length;
    for (const object of left) {
      const text = factsOf(object, at)?.definition ?? '';
      if (!left.some((other) => other !== object && !done.includes(other) && mentions(text, other))) done.push(object);
    }
    left = left.filter((object) => !done.includes(object));
  }
  return [...done, ...left];
}
