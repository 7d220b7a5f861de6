/** Schemas and extensions: what other objects stand in, and what comes with them. */
import { nodeAs, type FieldsOf } from '../../../sql/tree-walk.js';
import type { Form, FormContext, Piece, PieceHazard } from '../piece.js';
import { create, dropObjects } from './objects.js';

export const createSchema: Form<'CreateSchemaStmt'> = (statement, at) => {
  if ((statement.schemaElts ?? []).length > 0) {
    at.refuse('LS6203', 'CREATE SCHEMA makes other objects as well.', 'give each a statement of its own');
    return [];
  }
  const name = statement.schemaname ?? statement.authrole?.rolename;
  if (name === undefined) {
    at.refuse('LS6203', 'The schema gets the name of whoever runs the plan.', 'name the schema');
    return [];
  }
  const isThere = at.catalog.schemas.includes(name);
  return create({ kind: 'schema', name: [name] }, at, { isThere, missingOnly: statement.if_not_exists === true });
};

export const createExtension: Form<'CreateExtensionStmt'> = (statement, at) => {
  const options = (statement.options ?? []).map((node) => nodeAs(node, 'DefElem')?.defname);
  if (options.includes('cascade')) {
    at.refuse('LS6203', 'CASCADE installs extensions that the plan does not name.', 'create each by name');
    return [];
  }
  const name = statement.extname!;
  const isThere = at.catalog.extensions.includes(name);
  return create({ kind: 'extension', name: [name] }, at, { isThere, missingOnly: statement.if_not_exists === true });
};

export function dropExtensions(statement: FieldsOf<'DropStmt'>, at: FormContext): readonly Piece[] {
  return dropObjects(statement, at, (object): readonly PieceHazard[] => {
    const isNew = at.catalog.objects[`extension ${object.name[0]!}`]?.made === true;
    const detail = `What the extension ${object.name[0]!} keeps in tables of its own goes away.`;
    return isNew ? [] : [{ name: 'data_loss', detail }];
  });
}
