/** RENAME and SET SCHEMA: the way back is the same with the names changed round. */
import { quoteIdentifier, relationKey } from '../../../sql/identifier.js';
import type { FieldsOf } from '../../../sql/tree-walk.js';
import { quick, quickBack, type Form, type FormContext, type Piece, type PieceHazard } from '../piece.js';
import { breaksSubscribers } from '../../breaks-subscribers.js';
import { findIndex } from './indexes.js';
import { renameObject, setSchemaOfObject } from './rename-objects.js';

export const rename: Form<'RenameStmt'> = (statement, at) => {
  if (statement.renameType === 'OBJECT_INDEX') return renameIndex(statement, at);
  if (statement.relation === undefined || statement.renameType === 'OBJECT_ATTRIBUTE')
    return renameObject(statement, at);
  const table = at.relation(statement.relation, statement.missing_ok === true);
  if (table === undefined) return [];
  const [from, to] = [statement.subname ?? '', statement.newname!];
  const kind = table.kind === 'partitioned table' ? 'TABLE' : table.kind.toUpperCase();
  const breaks: readonly PieceHazard[] = at.isNew(table)
    ? []
    : [
        {
          name: 'breaks_readers',
          detail: `Sessions that still say the old name fail from the moment of the change.`,
          help: 'add the new name beside the old one, and drop the old one when nobody uses it',
        },
      ];
  const change = (label: string, on: string, what: string, old: string, next: string): Piece => {
    const words = what === '' ? 'RENAME TO' : `RENAME ${what} ${quoteIdentifier(old)} TO`;
    const reverse = what === '' ? 'RENAME TO' : `RENAME ${what} ${quoteIdentifier(next)} TO`;
    const there = what === '' ? relationKey({ schema: table.schema, name: next }) : on;
    return quick(
      'rename',
      label,
      [`ALTER ${kind} ${on} ${words} ${quoteIdentifier(next)}`],
      what !== '' && at.isNew(table)
        ? { goesWith: 'its table' }
        : [quickBack(`${label}, back`, `ALTER ${kind} ${there} ${reverse} ${quoteIdentifier(old)}`)],
    );
  };
  const name = relationKey(table);
  switch (statement.renameType) {
    case 'OBJECT_COLUMN':
      return [
        {
          ...change(`rename column ${from} of ${name} to ${to}`, name, 'COLUMN', from, to),
          hazards: [...breaks, ...(at.isNew(table) ? [] : breaksSubscribers(table, 'new name', from))],
        },
      ];
    case 'OBJECT_TABCONSTRAINT':
      return [change(`rename constraint ${from} of ${name} to ${to}`, name, 'CONSTRAINT', from, to)];
    case 'OBJECT_TABLE':
    case 'OBJECT_VIEW':
    case 'OBJECT_MATVIEW':
    case 'OBJECT_SEQUENCE':
    case 'OBJECT_FOREIGN_TABLE':
      return [
        {
          ...change(`rename ${name} to ${to}`, name, '', table.name, to),
          hazards: [...breaks, ...(at.isNew(table) ? [] : breaksSubscribers(table, 'new name'))],
        },
      ];
    case 'OBJECT_TRIGGER':
    case 'OBJECT_POLICY':
    case 'OBJECT_RULE':
      return [renamePart(statement, name)];
    default:
      at.refuse('LS6203', 'This form of RENAME is not known.', 'put it into a `sql` step with `down`');
      return [];
  }
};

function renamePart({ renameType, subname, newname }: FieldsOf<'RenameStmt'>, table: string): Piece {
  const [from, to] = [quoteIdentifier(subname!), quoteIdentifier(newname!)];
  const kind = renameType!.replace('OBJECT_', '');
  const sql = (old: string, next: string): string => `ALTER ${kind} ${old} ON ${table} RENAME TO ${next}`;
  const label = `rename ${kind.toLowerCase()} ${subname!} of ${table} to ${newname!}`;
  return quick('rename', label, [sql(from, to)], [quickBack(`${label}, back`, sql(to, from))]);
}

function renameIndex(statement: FieldsOf<'RenameStmt'>, at: FormContext): readonly Piece[] {
  const { schemaname, relname } = statement.relation!;
  const found = findIndex(schemaname === undefined ? [relname!] : [schemaname, relname!], at);
  if (found === undefined) {
    if (statement.missing_ok === true) at.note(`There is no index \`${relname!}\`.`);
    else at.refuse('LS6204', `There is no index \`${relname!}\`.`, 'name an index that is there');
    return [];
  }
  const { schema } = found.table;
  const sql = (from: string, to: string): string =>
    `ALTER INDEX ${relationKey({ schema, name: from })} RENAME TO ${quoteIdentifier(to)}`;
  const label = `rename index ${relname!} to ${statement.newname!}`;
  const back = at.isNew(found.table)
    ? ({ goesWith: 'its table' } as const)
    : [quickBack(`${label}, back`, sql(statement.newname!, relname!))];
  return [quick('rename', label, [sql(relname!, statement.newname!)], back)];
}

export const setSchema: Form<'AlterObjectSchemaStmt'> = (statement, at) => {
  if (statement.relation === undefined) return setSchemaOfObject(statement, at);
  const table = at.relation(statement.relation, statement.missing_ok === true);
  if (table === undefined) return [];
  const kind = table.kind === 'partitioned table' ? 'TABLE' : table.kind.toUpperCase();
  const moved = relationKey({ schema: statement.newschema!, name: table.name });
  const label = `move ${relationKey(table)} to schema ${statement.newschema!}`;
  const sql = `ALTER ${kind} ${relationKey(table)} SET SCHEMA ${quoteIdentifier(statement.newschema!)}`;
  const back = quickBack(`${label}, back`, `ALTER ${kind} ${moved} SET SCHEMA ${quoteIdentifier(table.schema)}`);
  const detail = 'Sessions that still say the old name fail from the moment of the change.';
  const hazards: readonly PieceHazard[] = at.isNew(table)
    ? []
    : [{ name: 'breaks_readers', detail }, ...breaksSubscribers(table, 'new name')];
  return [{ ...quick('move', label, [sql], [back]), hazards }];
};
