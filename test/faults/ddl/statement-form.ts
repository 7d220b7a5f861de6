/** Which form of a definition a statement is, so that samples and random statements can be held against each other. */
import type { ParsedStatement } from '../../../src/sql/grammar.js';
import { commandTag } from '../../../src/sql/command-tag.js';
import { fieldsOf, kindOf, nodeAs, type FieldsOf } from '../../../src/sql/tree-walk.js';
import { serialType } from '../../../src/sql/type-name.js';

type Command = FieldsOf<'AlterTableCmd'>;

/** One for each command of an ALTER TABLE. `partitioned`: the names of tables that are. */
export function formsOf({ node }: ParsedStatement, partitioned: ReadonlySet<string>): readonly string[] {
  const [kind, fields] = [kindOf(node), fieldsOf(node)];
  const on = (fields as { readonly relation?: { readonly relname?: string } }).relation?.relname;
  const where = on !== undefined && partitioned.has(on) ? ' (partitioned)' : '';
  const alter = nodeAs(node, 'AlterTableStmt');
  if (alter !== undefined)
    return (alter.cmds ?? []).map((command) => commandForm(nodeAs(command, 'AlterTableCmd')!) + where);
  const create = nodeAs(node, 'CreateStmt');
  if (create !== undefined) return [create.partbound === undefined ? 'CREATE TABLE' : 'CREATE TABLE … PARTITION OF'];
  const rename = nodeAs(node, 'RenameStmt');
  if (rename !== undefined) return [`RENAME ${rename.renameType!.replace('OBJECT_', '')}${where}`];
  const index = nodeAs(node, 'IndexStmt');
  if (index !== undefined) return [`CREATE ${index.unique === true ? 'UNIQUE ' : ''}INDEX${where}`];
  const tag = commandTag(kind, fields);
  return [kind === 'AlterObjectSchemaStmt' ? `${tag} SET SCHEMA` : tag];
}

function commandForm({ subtype = 'AT_AddColumn', def }: Command): string {
  const name = subtype.replace('AT_', '');
  const constraint = nodeAs(def, 'Constraint');
  if (subtype === 'AT_AddConstraint') {
    const using = constraint?.indexname === undefined ? '' : ' USING INDEX';
    return `${name} ${constraint!.contype!.replace('CONSTR_', '')}${using}`;
  }
  const column = nodeAs(def, 'ColumnDef');
  if (subtype === 'AT_ColumnDefault') return def === undefined ? 'DropDefault' : 'SetDefault';
  if (subtype === 'AT_AlterColumnType') return column?.raw_default === undefined ? name : `${name} USING`;
  if (subtype !== 'AT_AddColumn') return name;
  const parts = (column!.constraints ?? []).map((node) => nodeAs(node, 'Constraint')!);
  const has = parts.map(({ contype }) => contype!);
  if (serialType(column!.typeName!) !== undefined) return `${name} serial`;
  if (has.includes('CONSTR_FOREIGN')) return `${name} REFERENCES`;
  if (has.includes('CONSTR_UNIQUE')) return `${name} UNIQUE`;
  if (has.includes('CONSTR_CHECK')) return `${name} CHECK`;
  if (has.includes('CONSTR_IDENTITY')) return `${name} IDENTITY`;
  const generated = parts.find(({ contype }) => contype === 'CONSTR_GENERATED');
  if (generated !== undefined) return `${name} ${generated.generated_kind === 'v' ? 'VIRTUAL' : 'STORED'}`;
  const value = parts.find(({ contype }) => contype === 'CONSTR_DEFAULT')?.raw_expr;
  if (value === undefined) return name;
  const volatile = JSON.stringify(value).includes('gen_random_uuid');
  return `${name} DEFAULT${volatile ? ' volatile' : ''}${has.includes('CONSTR_NOTNULL') ? ' NOT NULL' : ''}`;
}
