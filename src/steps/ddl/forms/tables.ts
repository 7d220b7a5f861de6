/** Tables and sequences: what is made is dropped on the way back; what is dropped takes its rows along for good. */
import { relationKey, type NameParts } from '../../../sql/identifier.js';
import { withoutWords } from '../../../sql/statement-text.js';
import { relationParts } from '../../../sql/tree-walk.js';
import { quick, quickBack, type Form, type FormContext, type Piece } from '../piece.js';

export const createTable: Form<'CreateStmt'> = (create, at) =>
  createRelation('table', relationParts(create.relation!), create.if_not_exists === true, at);

export const createTableAs: Form<'CreateTableAsStmt'> = (create, at) => {
  const kind = create.objtype === 'OBJECT_MATVIEW' ? 'materialized view' : 'table';
  return createRelation(kind, relationParts(create.into!.rel!), create.if_not_exists === true, at);
};

export const createSequence: Form<'CreateSeqStmt'> = (create, at) =>
  createRelation('sequence', relationParts(create.sequence!), create.if_not_exists === true, at);

export function createRelation(
  kind: string,
  parts: NameParts,
  missingOnly: boolean,
  at: FormContext,
  sql = withoutWords(at.statement, ['IF', 'NOT', 'EXISTS']),
): readonly Piece[] {
  const name = relationKey({ schema: parts.at(-2) ?? at.schema, name: parts.at(-1)! });
  if (at.catalog.relations[name] !== undefined) {
    const detail = `There is a \`${name}\` already.`;
    if (missingOnly) at.note(detail);
    else at.refuse('LS6204', detail, 'name it otherwise, or write IF NOT EXISTS');
    return [];
  }
  const drop = quickBack(`drop ${kind} ${name}`, `DROP ${kind.toUpperCase()} ${name}`);
  return [quick('create', `create ${kind} ${name}`, [sql], [drop])];
}

/** In one statement: tables that refer to each other can only go together. */
export function dropTables(objects: readonly NameParts[], missingOk: boolean, at: FormContext): readonly Piece[] {
  const [there, missing] = [[] as string[], [] as string[]];
  for (const parts of objects) {
    const name = relationKey({ schema: parts.at(-2) ?? at.schema, name: parts.at(-1)! });
    (at.catalog.relations[name] === undefined ? missing : there).push(name);
  }
  for (const name of missing) {
    if (missingOk) at.note(`There is no \`${name}\`.`);
    else at.refuse('LS6204', `There is no \`${name}\`.`, 'name what is there, or write IF EXISTS');
  }
  if (there.length === 0 || (missing.length > 0 && !missingOk)) return [];
  const words = at.statement.tokens()[1]!.text.toUpperCase();
  const isNew = there.every((name) => at.isNew(at.catalog.relations[name]!));
  const detail = `${there.join(', ')} and all that it holds goes away.`;
  // Also of one that the step has made: the way back of what came between would not find it.
  const back = { none: 'what a dropped table held is gone' };
  const piece = quick(
    'drop',
    `drop ${words.toLowerCase()} ${there.join(', ')}`,
    [`DROP ${words} ${there.join(', ')}`],
    back,
  );
  return [{ ...piece, hazards: isNew ? [] : [{ name: 'data_loss', detail }] }];
}
