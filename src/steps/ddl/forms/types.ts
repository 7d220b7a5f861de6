/**
 * Types that are not domains. A label that an enum has got it keeps: rows may hold it, and the server has no statement for
 * it. Attributes of a composite type that are added can be dropped again.
 */
import { resolveObject } from '../../../catalog/resolve-object.js';
import { quoteIdentifier, quoteLiteral, relationKey, type NameParts } from '../../../sql/identifier.js';
import { objectKey, type ObjectName } from '../../../sql/object-key.js';
import { withoutWords } from '../../../sql/statement-text.js';
import { nodeAs, relationParts, stringsOf, type FieldsOf } from '../../../sql/tree-walk.js';
import { quick, quickBack, type Form, type FormContext, type Piece, type WayBack } from '../piece.js';
import { change, create, isMissing, missing } from './objects.js';
import { factsOf } from './remake.js';

export const createEnum: Form<'CreateEnumStmt'> = (statement, at) => createType(stringsOf(statement.typeName), at);
export const createRange: Form<'CreateRangeStmt'> = (statement, at) => createType(stringsOf(statement.typeName), at);
export const createComposite: Form<'CompositeTypeStmt'> = (statement, at) =>
  createType(relationParts(statement.typevar!), at);

export function createType(parts: NameParts, at: FormContext): readonly Piece[] {
  const place = { schema: parts.at(-2) ?? at.schema, name: parts.at(-1)! };
  const isThere = at.catalog.types.includes(relationKey(place));
  return create({ kind: 'type', name: [place.schema, place.name] }, at, { isThere });
}

export const alterEnum: Form<'AlterEnumStmt'> = (statement, at) => {
  const object = resolveObject(at.catalog, { kind: 'type', name: stringsOf(statement.typeName) }, at.schema);
  if (isMissing(object, at)) return missing(object, at);
  const { oldVal, newVal = '' } = statement;
  const type = relationKey({ schema: object.name[0]!, name: object.name[1]! });
  if (oldVal !== undefined) {
    const back = `ALTER TYPE ${type} RENAME VALUE ${quoteLiteral(newVal)} TO ${quoteLiteral(oldVal)}`;
    return change(object, at, [quickBack(`rename ${newVal} of ${type} to ${oldVal}, back`, back)]);
  }
  if (statement.skipIfNewValExists === true && labelsOf(object, at).includes(newVal)) {
    at.note(`\`${type}\` has the label \`${newVal}\`.`);
    return [];
  }
  const facts = factsOf(object, at);
  const back: WayBack =
    facts?.made === true ? { goesWith: 'its type' } : { none: 'an enum keeps the labels that it has got' };
  const sql = withoutWords(at.statement, ['IF', 'NOT', 'EXISTS']);
  return [quick('add', `add ${quoteLiteral(newVal)} to ${objectKey(object)}`, [sql], back)];
};

/** ALTER TYPE of a composite type, which the grammar takes for a table of attributes. */
export function alterComposite(statement: FieldsOf<'AlterTableStmt'>, at: FormContext): readonly Piece[] {
  const object = resolveObject(at.catalog, { kind: 'type', name: relationParts(statement.relation!) }, at.schema);
  if (isMissing(object, at)) return missing(object, at);
  const commands = (statement.cmds ?? []).map((node) => nodeAs(node, 'AlterTableCmd')!);
  const type = relationKey({ schema: object.name[0]!, name: object.name[1]! });
  if (!commands.every(({ subtype }) => subtype === 'AT_AddColumn'))
    return change(object, at, withoutAttribute(object, at));
  const drops = commands.map(({ def }) => `DROP ATTRIBUTE ${quoteIdentifier(nodeAs(def, 'ColumnDef')!.colname!)}`);
  return change(object, at, [
    quickBack(`drop the attributes of ${type}`, `ALTER TYPE ${type} ${drops.reverse().join(', ')}`),
  ]);
}

function withoutAttribute(object: ObjectName, at: FormContext): WayBack {
  const facts = factsOf(object, at);
  if (facts?.made === true) return { goesWith: 'its type' };
  return { none: 'what an attribute of a type was is not put back: values of the type may be stored' };
}

function labelsOf(object: ObjectName, at: FormContext): readonly string[] {
  const definition = factsOf(object, at)?.definition ?? null;
  if (definition === null) return [];
  return at.parse(definition).flatMap(({ node }) => stringsOf(nodeAs(node, 'CreateEnumStmt')?.vals));
}
