/** `unique`: no two rows have the same values in the columns. NULL is equal to nothing, as in a unique index. */
import type { CheckDefinition } from './check-definition.js';
import { columnsOfTable, columnsSchema, type ColumnsFields } from './columns-of-table.js';

export const unique: CheckDefinition<ColumnsFields> = {
  name: 'unique',
  holds: 'no two rows have the same values in the columns; NULL equals nothing, as in a unique index',
  example: '- unique: { table: users, columns: [google_user_id] }',
  schema: columnsSchema('Columns without doubles.', 'the columns, taken together'),
  compile(fields, context) {
    const found = columnsOfTable(fields, context);
    if (found === undefined) return undefined;
    const columns = found.columns.join(', ');
    const given = found.columns.map((column) => `${column} IS NOT NULL`).join(' AND ');
    return {
      says: `${fields.columns.join(', ')} of ${fields.table} ${fields.columns.length === 1 ? 'is' : 'are'} unique`,
      rows: `SELECT ${columns}, count(*) AS rows FROM ${found.table} AS t\nWHERE ${given}\nGROUP BY ${columns} HAVING count(*) > 1`,
      reads: [found.table],
    };
  },
};
