/** `{ table, columns }`: what several checks are about. */
import { columnAt, tableAt } from '../catalog/scope.js';
import { list, name, object, type JsonSchema } from '../kernel/json-schema.js';
import { sqlName } from '../mapping/mapping.js';
import { quoteIdentifier } from '../sql/identifier.js';
import type { CheckContext } from './check-definition.js';

export interface ColumnsFields {
  readonly table: string;
  readonly columns: readonly string[];
}

export function columnsSchema(description: string, meaning: string): JsonSchema {
  const columns = list(name('column', 'a column'), meaning);
  return object(description, { table: name('relation', 'the table'), columns }, ['table', 'columns']);
}

/** Quoted as SQL, the columns behind the alias `t`. Undefined where something was reported. */
export function columnsOfTable(
  fields: ColumnsFields,
  context: CheckContext,
): { readonly table: string; readonly columns: readonly string[] } | undefined {
  const relation = tableAt(context, fields.table, [...context.path, 'table']);
  if (relation === undefined) return undefined;
  const found = fields.columns.map((column, index) =>
    columnAt(context, relation, column, [...context.path, 'columns', index]),
  );
  const known = found.filter((column) => column !== undefined);
  if (known.length < found.length) return undefined;
  return { table: sqlName(relation), columns: known.map((column) => `t.${quoteIdentifier(column.name)}`) };
}
