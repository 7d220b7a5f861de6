/** `no_nulls`: no row of a table has NULL in one of the columns. */
import type { CheckDefinition } from './check-definition.js';
import { columnsOfTable, columnsSchema, type ColumnsFields } from './columns-of-table.js';

export const noNulls: CheckDefinition<ColumnsFields> = {
  name: 'no_nulls',
  holds: 'no row has NULL in any of the columns',
  example: '- no_nulls: { table: users, columns: [uuid_id] }',
  schema: columnsSchema('Columns without NULL.', 'the columns'),
  compile(fields, context) {
    const found = columnsOfTable(fields, context);
    if (found === undefined) return undefined;
    const conditions = found.columns.map((column) => `${column} IS NULL`);
    return {
      says: `no NULL in ${fields.columns.join(', ')} of ${fields.table}`,
      rows: `SELECT t.* FROM ${found.table} AS t\nWHERE ${conditions.join(' OR ')}`,
      reads: [found.table],
    };
  },
};
