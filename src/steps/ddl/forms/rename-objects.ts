/** RENAME and SET SCHEMA of what is no relation: functions, types, schemas, statistics, and the parts of types. */
import { resolveObject } from '../../../catalog/resolve-object.js';
import { quoteIdentifier, relationKey } from '../../../sql/identifier.js';
import { objectFact } from '../../../sql/object-fact.js';
import { objectInSql, objectKey, type ObjectName } from '../../../sql/object-key.js';
import { relationParts, stringsOf, nodeAs, type FieldsOf } from '../../../sql/tree-walk.js';
import { quick, quickBack, type FormContext, type Piece, type PieceHazard } from '../piece.js';
import { isMissing, missing } from './objects.js';
import { factsOf } from './remake.js';

export function renameObject(statement: FieldsOf<'RenameStmt'>, at: FormContext): readonly Piece[] {
  const { renameType, subname = '', newname = '' } = statement;
  if (renameType === 'OBJECT_ATTRIBUTE')
    return renamePart(typeNamed(relationParts(statement.relation!), at), 'TYPE', 'ATTRIBUTE', statement, at);
  if (renameType === 'OBJECT_DOMCONSTRAINT') {
    const domain = stringsOf(nodeAs(statement.object, 'List')?.items ?? nodeAs(statement.object, 'TypeName')?.names);
    return renamePart(typeNamed(domain, at), 'DOMAIN', 'CONSTRAINT', statement, at);
  }
  const fact =
    renameType === 'OBJECT_SCHEMA'
      ? ({ kind: 'schema', name: [subname] } as const)
      : objectFact(renameType, statement.object);
  if (fact === undefined) {
    at.refuse('LS6203', 'This form of RENAME is not known.', 'put it into a `sql` step with `down`');
    return [];
  }
  const object = resolveObject(at.catalog, fact, at.schema);
  const to: ObjectName = { ...object, name: [...object.name.slice(0, -1), newname] };
  return move(object, to, at, 'RENAME TO', newname, object.name.at(-1)!);
}

export function setSchemaOfObject(statement: FieldsOf<'AlterObjectSchemaStmt'>, at: FormContext): readonly Piece[] {
  const fact = objectFact(statement.objectType, statement.object);
  if (fact === undefined || fact.kind === 'extension') {
    at.refuse('LS6203', 'This form of SET SCHEMA is not known.', 'put it into a `sql` step with `down`');
    return [];
  }
  const object = resolveObject(at.catalog, fact, at.schema);
  const to: ObjectName = { ...object, name: [statement.newschema!, object.name.at(-1)!] };
  return move(object, to, at, 'SET SCHEMA', statement.newschema!, object.name[0]!);
}

function move(
  object: ObjectName,
  to: ObjectName,
  at: FormContext,
  words: string,
  next: string,
  old: string,
): readonly Piece[] {
  if (isMissing(object, at)) return missing(object, at);
  if (factsOf(to, at) !== undefined) {
    at.refuse('LS6204', `There is a \`${objectKey(to)}\` already.`, 'name it otherwise');
    return [];
  }
  const sql = (from: ObjectName, name: string): string =>
    `ALTER ${objectInSql(from)} ${words} ${quoteIdentifier(name)}`;
  const label = `${words === 'RENAME TO' ? 'rename' : 'move'} ${objectKey(object)} to ${next}`;
  const back = [quickBack(`${label}, back`, sql(to, old))];
  return [{ ...quick('rename', label, [sql(object, next)], back), hazards: breaks(object, at) }];
}

/** Of what hangs on a table nobody says the name; types are prepared by their number. */
function breaks(object: ObjectName, at: FormContext): readonly PieceHazard[] {
  const isCalled = ['function', 'procedure', 'aggregate', 'schema'].includes(object.kind);
  if (!isCalled || factsOf(object, at)?.made === true) return [];
  const detail = 'Sessions that still say the old name fail from the moment of the change.';
  return [{ name: 'breaks_readers', detail, help: 'keep the old name beside the new one until nobody says it' }];
}

function typeNamed(parts: readonly string[], at: FormContext): ObjectName {
  return resolveObject(at.catalog, { kind: 'type', name: parts }, at.schema);
}

function renamePart(
  type: ObjectName,
  words: string,
  part: string,
  { subname = '', newname = '' }: FieldsOf<'RenameStmt'>,
  at: FormContext,
): readonly Piece[] {
  if (isMissing(type, at)) return missing(type, at);
  const name = relationKey({ schema: type.name[0]!, name: type.name[1]! });
  const sql = (from: string, to: string): string =>
    `ALTER ${words} ${name} RENAME ${part} ${quoteIdentifier(from)} TO ${quoteIdentifier(to)}`;
  const label = `rename ${part.toLowerCase()} ${subname} of ${name} to ${newname}`;
  return [quick('rename', label, [sql(subname, newname)], [quickBack(`${label}, back`, sql(newname, subname))])];
}
