/** COMMENT ON anything: the way back says what was said before. */
import { functionKey } from '../../../catalog/function-key.js';
import { relationKey } from '../../../sql/identifier.js';
import { resolveObject } from '../../../catalog/resolve-object.js';
import { objectFact } from '../../../sql/object-fact.js';
import { commentStatement, objectKey, type ObjectName } from '../../../sql/object-key.js';
import { quick, quickBack, type Form, type FormContext, type WayBack } from '../piece.js';
import { missing } from './objects.js';
import { factsOf } from './remake.js';

export const comment: Form<'CommentStmt'> = (statement, at) => {
  const fact = objectFact(statement.objtype, statement.object);
  if (fact === undefined) {
    const back = { none: 'comments on objects of this kind are not read' };
    return [quick('comment', 'set a comment', [at.statement.text], back)];
  }
  const object = resolveObject(at.catalog, fact, at.schema);
  if (!isThere(object, at)) return missing(object, at);
  const label = `comment on ${objectKey(object)}`;
  return [quick('comment', label, [at.statement.text], said(object, label, at))];
};

function said(object: ObjectName, label: string, at: FormContext): WayBack {
  if (isOfExtension(object, at))
    return { none: `what is said about ${objectKey(object)}, of an extension, is not read` };
  return [quickBack(`${label} what was said before`, commentStatement(object, factsOf(object, at)?.comment ?? null))];
}

function isThere(object: ObjectName, at: FormContext): boolean {
  if (factsOf(object, at) !== undefined) return true;
  const { relations, functions, types, extensions, schemas } = at.catalog;
  const [schema = '', name = '', part = ''] = object.name;
  const relation = relations[relationKey({ schema, name })];
  if (object.kind === 'composite type column') return types.includes(relationKey({ schema, name }));
  // A declared relation has columns that nobody knows.
  if (object.kind.endsWith('column'))
    return relation?.opaque === true || relation?.columns.some((column) => column.name === part) === true;
  if (object.kind === 'extension') return extensions.includes(schema);
  if (object.kind === 'schema') return schemas.includes(schema);
  if (object.types !== undefined) return functionKey({ schema, name, arguments: object.types }) in functions;
  return object.name.length === 2 && (relation !== undefined || types.includes(relationKey({ schema, name })));
}

/** What is there, was there before the plan, and has no facts. */
function isOfExtension(object: ObjectName, at: FormContext): boolean {
  if (!object.kind.endsWith('column')) return factsOf(object, at) === undefined;
  const [schema = '', name = ''] = object.name;
  const key = relationKey({ schema, name });
  const whole = Object.values(at.catalog.objects).some(({ partOf }) => partOf === key);
  return !whole && at.catalog.relations[key] !== undefined;
}
