/**
 * The commands of one ALTER TABLE in the order in which the server runs them, which is not that of the text: first it drops,
 * then it changes types, adds columns, checks, NOT NULL, keys, and what needs keys comes last. So `SET DEFAULT 1, DROP
 * DEFAULT` leaves the default.
 */
import { nodeAs, type FieldsOf } from '../../../sql/tree-walk.js';

type Command = FieldsOf<'AlterTableCmd'>;

const [DROP, TYPE, COLUMN, CHECK, NOT_NULL, KEY, OTHER, MISC] = [0, 1, 2, 3, 4, 5, 6, 7] as const;

export function inServerOrder<T extends { readonly command: Command }>(commands: readonly T[]): readonly T[] {
  return [...commands].sort((a, b) => passOf(a.command) - passOf(b.command));
}

/** The passes of `ATController` in the server's tablecmds.c, as far as commands of ours meet in one statement. */
function passOf({ subtype, def }: Command): number {
  switch (subtype) {
    case 'AT_DropColumn':
    case 'AT_DropConstraint':
    case 'AT_DropNotNull':
    case 'AT_DropExpression':
    case 'AT_DropIdentity':
      return DROP;
    case 'AT_ColumnDefault':
      return def === undefined ? DROP : OTHER;
    case 'AT_AlterColumnType':
      return TYPE;
    case 'AT_AddColumn':
      return COLUMN;
    case 'AT_SetNotNull':
      return NOT_NULL;
    case 'AT_AddIdentity':
      return OTHER;
    case 'AT_AddConstraint':
      return constraintPass(nodeAs(def, 'Constraint')?.contype);
    default:
      return MISC;
  }
}

function constraintPass(type: FieldsOf<'Constraint'>['contype']): number {
  if (type === 'CONSTR_FOREIGN') return OTHER;
  return type === 'CONSTR_CHECK' || type === 'CONSTR_NOTNULL' ? CHECK : KEY;
}
