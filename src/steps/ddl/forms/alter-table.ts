/** ALTER TABLE: one command at a time, each compiled against the catalog that the one before leaves. */
import type { Relation } from '../../../catalog/catalog-snapshot.js';
import { quoteIdentifier, relationKey } from '../../../sql/identifier.js';
import type { ObjectName } from '../../../sql/object-key.js';
import { alterTableCommands } from '../../../sql/statement-text.js';
import type { FieldsOf } from '../../../sql/tree-walk.js';
import { quick, quickBack, type Form, type FormContext, type Piece, type WayBack } from '../piece.js';
import { addColumn } from './add-column.js';
import { alterIndex } from './alter-index.js';
import { inServerOrder } from './command-order.js';
import { dropAndMakeAgain, replaceAgain } from './remake.js';
import { alterComposite } from './types.js';
import { changeType, columnOf, dropColumn, setDefault } from './columns.js';
import { alter } from './alter-text.js';
import { addConstraint, constraintNode, dropConstraint } from './constraints.js';
import { dropNotNull, requireNotNull } from './not-null.js';
import { validateConstraint } from './validate.js';

type Command = FieldsOf<'AlterTableCmd'>;

export const alterTable: Form<'AlterTableStmt'> = (statement, at) => {
  if (statement.objtype === 'OBJECT_TYPE') return alterComposite(statement, at);
  if (statement.objtype === 'OBJECT_INDEX') return alterIndex(statement, at);
  const table = at.relation(statement.relation!, statement.missing_ok === true);
  if (table === undefined) return [];
  const commands = inServerOrder(alterTableCommands(at.statement, statement));
  const only = statement.relation!.inh === true ? '' : 'ONLY ';
  const attaches = commands.every(({ command }) => command.subtype === 'AT_AttachPartition');
  if (only !== '' && (table.kind === 'partitioned table' || table.inherited) && !attaches && !at.isNew(table)) {
    const detail = `ONLY leaves what ${relationKey(table)} has below it as it is, and the catalog is not followed so far.`;
    at.refuse('LS6203', detail, 'leave out ONLY, or put it into a `sql` step with `down`');
    return [];
  }
  const head = `ALTER ${objectOf(statement)} ${only}${relationKey(table)}`;
  if (commands.length === 1) return alterOnce(table, commands[0]!.command, `${head} ${commands[0]!.text}`, at);
  return at.expand(commands.map(({ text }) => `${head} ${text}`)).map(numbered);
};

/** Several commands may become pieces of the same name. */
export function numbered(piece: Piece, index: number): Piece {
  return { ...piece, name: `${index + 1}-${piece.name}` };
}

function objectOf({ objtype }: FieldsOf<'AlterTableStmt'>): string {
  return (objtype ?? 'OBJECT_TABLE').replace('OBJECT_', '').replace('MATVIEW', 'MATERIALIZED VIEW').replace('_', ' ');
}

/** `sql`: the command under a head of its own. */
function alterOnce(table: Relation, command: Command, sql: string, at: FormContext): readonly Piece[] {
  const pieces = piecesOf(table, command, sql, at);
  // A sequence that was made after the table could not be dropped before it.
  const needsSequence = command.subtype === 'AT_ColumnDefault' && table.opaque !== true && /\bnextval\s*\(/i.test(sql);
  if (!at.isNew(table) || needsSequence) return pieces;
  // Each way back of its own might name what a later statement of the step has dropped. Only foreign keys stand in the way
  // of dropping the tables one after the other.
  const foreign = at.effects.flatMap((effect) =>
    effect.kind === 'constraint added' && effect.constraint.kind === 'foreign key' ? [effect.constraint.name] : [],
  );
  const drops = foreign.map((name) =>
    quickBack(`drop constraint ${name}`, `${alter(table)} DROP CONSTRAINT IF EXISTS ${quoteIdentifier(name)}`),
  );
  return pieces.map((piece) => ({ ...piece, back: drops.length > 0 ? drops : { goesWith: 'its table' } }));
}

function piecesOf(table: Relation, command: Command, sql: string, at: FormContext): readonly Piece[] {
  const name = command.name ?? '';
  const missingOk = command.missing_ok === true;
  const known = table.constraints.some((constraint) => constraint.name === name);
  if (table.opaque === true && OF_COLUMN.has(command.subtype) && !known) {
    const none = `which columns ${relationKey(table)} has is not known before it is made`;
    return [quick('alter', `alter ${relationKey(table)}`, [sql], { none })];
  }
  switch (command.subtype) {
    case 'AT_AddColumn':
      return addColumn(table, command, at);
    case 'AT_DropColumn':
      return dropColumn(table, name, missingOk, sql, at);
    case 'AT_AlterColumnType':
      return changeType(table, command, sql, at);
    case 'AT_ColumnDefault':
      return setDefault(table, name, sql, at);
    case 'AT_SetNotNull': {
      const column = columnOf(table, name, at);
      if (column === undefined) return [];
      if (!column.notNull) return requireNotNull(table, name, at);
      at.note(`\`${name}\` of ${relationKey(table)} is NOT NULL.`);
      return [];
    }
    case 'AT_DropNotNull': {
      const column = columnOf(table, name, at);
      if (column === undefined) return [];
      const constrained = table.constraints.some(({ kind, columns }) => kind === 'not null' && columns[0] === name);
      if (column.notNull || constrained) return dropNotNull(table, name, at);
      at.note(`\`${name}\` of ${relationKey(table)} may be NULL.`);
      return [];
    }
    case 'AT_AddConstraint':
      return addConstraint(table, constraintNode(command), at);
    case 'AT_DropConstraint':
      return dropConstraint(table, name, missingOk, at);
    case 'AT_ValidateConstraint':
      return validateConstraint(table, name, at);
    default:
      return [quick('alter', `alter ${relationKey(table)}`, [sql], otherWayBack(table, command, at))];
  }
}

const OF_COLUMN: ReadonlySet<Command['subtype']> = new Set<Command['subtype']>([
  ...(['AT_DropColumn', 'AT_AlterColumnType', 'AT_ColumnDefault', 'AT_SetNotNull', 'AT_DropNotNull'] as const),
  ...(['AT_DropConstraint', 'AT_ValidateConstraint'] as const),
]);

function otherWayBack(table: Relation, command: Command, at: FormContext): WayBack {
  const back = simpleWayBack(table, command);
  if (back !== undefined) return [quickBack(`set back ${relationKey(table)}`, `${alter(table)} ${back}`)];
  // What else can be altered of a view is a part of how it is made.
  const view: ObjectName = { kind: 'view', name: [table.schema, table.name] };
  if (table.kind === 'view') return replaceAgain(view, at);
  if (table.kind === 'materialized view') return dropAndMakeAgain({ ...view, kind: table.kind }, at);
  return { none: 'the catalog is not read for what this form of ALTER TABLE changes' };
}

const ENABLED = { origin: 'ENABLE', always: 'ENABLE ALWAYS', replica: 'ENABLE REPLICA', disabled: 'DISABLE' } as const;

function simpleWayBack(table: Relation, { subtype, name = '', newowner }: Command): string | undefined {
  switch (subtype) {
    case 'AT_EnableTrig':
    case 'AT_EnableAlwaysTrig':
    case 'AT_EnableReplicaTrig':
    case 'AT_DisableTrig': {
      const trigger = table.triggers.find((candidate) => candidate.name === name);
      return trigger && `${ENABLED[trigger.enabled]} TRIGGER ${quoteIdentifier(name)}`;
    }
    case 'AT_EnableRowSecurity':
    case 'AT_DisableRowSecurity':
      return table.rowSecurity === 'off' ? 'DISABLE ROW LEVEL SECURITY' : 'ENABLE ROW LEVEL SECURITY';
    case 'AT_ForceRowSecurity':
    case 'AT_NoForceRowSecurity':
      return table.rowSecurity === 'forced' ? 'FORCE ROW LEVEL SECURITY' : 'NO FORCE ROW LEVEL SECURITY';
    case 'AT_ChangeOwner':
      return newowner && `OWNER TO ${quoteIdentifier(table.owner)}`;
    default:
      return undefined;
  }
}
