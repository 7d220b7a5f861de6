/** Columns: defaults come back as they were, a type only where the change kept every value, a dropped column never. */
import type { Relation } from '../../../catalog/catalog-snapshot.js';
import { quoteIdentifier, relationKey } from '../../../sql/identifier.js';
import { nodeAs, type FieldsOf } from '../../../sql/tree-walk.js';
import { typeText } from '../../../sql/type-name.js';
import { quick, quickBack, type FormContext, type Piece, type PieceHazard, type WayBack } from '../piece.js';
import { alter } from './alter-text.js';

export function setDefault(table: Relation, name: string, sql: string, at: FormContext): readonly Piece[] {
  const column = columnOf(table, name, at);
  if (column === undefined) return [];
  const back =
    column.default === undefined || column.generated !== 'no' ? 'DROP DEFAULT' : `SET DEFAULT ${column.default}`;
  const label = `change the default of ${name} of ${relationKey(table)}`;
  return [
    quick('default', label, [sql], [quickBack(label, `${alter(table)} ALTER COLUMN ${quoteIdentifier(name)} ${back}`)]),
  ];
}

export function dropColumn(
  table: Relation,
  name: string,
  missingOk: boolean,
  sql: string,
  at: FormContext,
): readonly Piece[] {
  if (missingOk && !table.columns.some((column) => column.name === name)) {
    at.note(`${relationKey(table)} has no column \`${name}\`.`);
    return [];
  }
  if (columnOf(table, name, at) === undefined) return [];
  const detail = `What ${relationKey(table)} holds in \`${name}\` goes away.`;
  const hazards: readonly PieceHazard[] = at.isNew(table) ? [] : [{ name: 'data_loss', detail }];
  const back: WayBack = { none: 'the values of a dropped column are gone' };
  return [{ ...quick('drop', `drop column ${name} of ${relationKey(table)}`, [sql], back), hazards }];
}

export function changeType(
  table: Relation,
  command: FieldsOf<'AlterTableCmd'>,
  sql: string,
  at: FormContext,
): readonly Piece[] {
  const name = command.name!;
  const column = columnOf(table, name, at);
  if (column === undefined) return [];
  const definition = nodeAs(command.def, 'ColumnDef')!;
  const [from, to] = [column.type, typeText(definition.typeName!)];
  const change = definition.raw_default === undefined ? typeChange(from, to) : 'rewrites';
  const collated = column.collation === undefined ? from : `${from} COLLATE ${column.collation}`;
  const detail = `${relationKey(table)} is written anew, with its indexes, while readers and writers wait.`;
  const help = 'add a column of the new type, fill it with a backfill, and swap them';
  const hazards: readonly PieceHazard[] =
    change === 'free' || at.isNew(table)
      ? []
      : [
          { name: 'rewrites_table', detail, help },
          { name: 'blocks_reads', detail, help },
        ];
  const label = `change the type of ${name} of ${relationKey(table)} to ${to}`;
  return [{ ...quick('type', label, [sql], typeBack(table, name, collated, change)), hazards }];
}

/**
 * `free`: the server only changes the catalog, since every stored value is one of the new type already (PostgreSQL
 * documentation, ALTER TABLE, Notes). `widens`: every value is kept, but stored otherwise. Both come back by an assignment,
 * which refuses what has grown too large since.
 */
export function typeChange(from: string, to: string): 'free' | 'widens' | 'rewrites' {
  const [old, wanted] = [parsed(from), parsed(to)];
  if (TEXTS.has(old.name) && TEXTS.has(wanted.name)) {
    if (wanted.name === 'text' || wanted.sizes.length === 0) return 'free';
    return old.name !== 'text' && old.sizes.length > 0 && wanted.sizes[0]! >= old.sizes[0]! ? 'free' : 'rewrites';
  }
  if (old.name === 'numeric' && wanted.name === 'numeric') {
    if (wanted.sizes.length === 0) return 'free';
    const fits = old.sizes.length > 0 && wanted.sizes[1] === old.sizes[1] && wanted.sizes[0]! >= old.sizes[0]!;
    return fits ? 'free' : 'rewrites';
  }
  const [narrow, wide] = [WHOLE_NUMBERS.indexOf(old.name), WHOLE_NUMBERS.indexOf(wanted.name)];
  return narrow !== -1 && wide > narrow ? 'widens' : 'rewrites';
}

const TEXTS: ReadonlySet<string> = new Set(['text', 'character varying']);
const WHOLE_NUMBERS: readonly string[] = ['smallint', 'integer', 'bigint'];

function parsed(type: string): { readonly name: string; readonly sizes: readonly number[] } {
  const [, name = type, sizes = ''] = /^([^(]*?)(?:\(([\d,]+)\))?$/.exec(type) ?? [];
  return { name, sizes: sizes === '' ? [] : sizes.split(',').map(Number) };
}

function typeBack(table: Relation, name: string, from: string, change: ReturnType<typeof typeChange>): WayBack {
  const sql = `${alter(table)} ALTER COLUMN ${quoteIdentifier(name)} TYPE ${from}`;
  if (change !== 'rewrites') return [quickBack(`change the type of ${name} back to ${from}`, sql)];
  return { none: 'whether every value comes back from the new type is not known' };
}

export function columnOf(table: Relation, name: string, at: FormContext): Relation['columns'][number] | undefined {
  const column = table.columns.find((candidate) => candidate.name === name);
  if (column === undefined)
    at.refuse('LS6204', `${relationKey(table)} has no column \`${name}\`.`, 'name a column that is there');
  return column;
}
