/** `no_nulls`: no row of a table has NULL in one of the columns. */
import { columnAt, tableAt } from '../catalog/scope.js';
import { list, name, object } from '../kernel/json-schema.js';
import { sqlName } from '../mapping/mapping.js';
import { quoteIdentifier } from '../sql/identifier.js';
import type { CheckDefinition } from './check-definition.js';

interface ColumnsFields {
  readonly table: string;
  readonly columns: readonly string[];
}

export const noNulls: CheckDefinition<ColumnsFields> = {
  name: 'no_nulls',
  holds: 'no row has NULL in any of the columns',
  example: '- no_nulls: { table: users, columns: [uuid_id] }',
  schema: object(
    'Columns without NULL.',
    { table: name('relation', 'the table'), columns: list(name('column', 'a column'), 'the columns') },
    ['table', 'columns'],
  ),
  compile(fields, context) {
    const relation = tableAt(context, fields.table, [...context.path, 'table']);
    if (relation === undefined) return undefined;
    const found = fields.columns.map((column, index) =>
      columnAt(context, relation, column, [...context.path, 'columns', index]),
    );
    const sound = found.filter((column) => column !== undefined);
    if (sound.length < found.length) return undefined;
    const named = sqlName(relation);
    const conditions = sound.map((column) => `t.${quoteIdentifier(column.name)} IS NULL`);
    return {
      says: `no NULL in ${fields.columns.join(', ')} of ${fields.table}`,
      rows: `SELECT t.* FROM ${named} AS t\nWHERE ${conditions.join(' OR ')}`,
      reads: [named],
    };
  },
};
