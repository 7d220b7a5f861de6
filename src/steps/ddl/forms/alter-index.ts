/** ALTER INDEX: how much of an expression is sampled has a way back; what else can be set is not read. */
import { relationKey } from '../../../sql/identifier.js';
import type { ObjectName } from '../../../sql/object-key.js';
import { nodeAs, relationParts, type FieldsOf } from '../../../sql/tree-walk.js';
import { quick, quickBack, type FormContext, type Piece, type WayBack } from '../piece.js';
import { findIndex } from './indexes.js';
import { missing } from './objects.js';
import { factsOf } from './remake.js';

type Command = FieldsOf<'AlterTableCmd'>;

export function alterIndex(statement: FieldsOf<'AlterTableStmt'>, at: FormContext): readonly Piece[] {
  const parts = relationParts(statement.relation!);
  const found = findIndex(parts, at);
  const schema = found?.table.schema ?? parts.at(-2) ?? at.schema;
  const object: ObjectName = { kind: 'index', name: [schema, parts.at(-1)!] };
  if (found === undefined) return missing(object, at, statement.missing_ok === true);
  const name = relationKey({ schema, name: found.index.name });
  const commands = (statement.cmds ?? []).map((node) => nodeAs(node, 'AlterTableCmd')!);
  const back: WayBack = at.isNew(found.table) ? { goesWith: 'its table' } : sampledBack(object, name, commands, at);
  return [quick('alter', `alter index ${name}`, [at.statement.text], back)];
}

function sampledBack(object: ObjectName, name: string, commands: readonly Command[], at: FormContext): WayBack {
  const facts = factsOf(object, at);
  if (facts?.made === true) return { goesWith: 'its index' };
  if (!commands.every(({ subtype, num }) => subtype === 'AT_SetStatistics' && num !== undefined))
    return { none: 'the catalog is not read for what this form of ALTER INDEX changes' };
  const statements = commands.map(({ num }) => {
    const set = `ALTER INDEX ${name} ALTER COLUMN ${num!} SET STATISTICS `;
    return facts?.dressing.find((statement) => statement.startsWith(set)) ?? `${set}-1`;
  });
  return [quickBack(`sample ${name} as before`, ...statements)];
}
