/** `unique`: no two rows have the same values in the columns. NULL is equal to nothing, as in a unique index. */
import { columnAt, tableAt } from '../catalog/scope.js';
import { list, name, object } from '../kernel/json-schema.js';
import { sqlName } from '../mapping/mapping.js';
import { quoteIdentifier } from '../sql/identifier.js';
import type { CheckDefinition } from './check-definition.js';

interface ColumnsFields {
  readonly table: string;
  readonly columns: readonly string[];
}

export const unique: CheckDefinition<ColumnsFields> = {
  name: 'unique',
  holds: 'no two rows have the same values in the columns; NULL equals nothing, as in a unique index',
  example: '- unique: { table: users, columns: [google_user_id] }',
  schema: object(
    'Columns without doubles.',
    { table: name('relation', 'the table'), columns: list(name('column', 'a column'), 'the columns, taken together') },
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
    const columns = sound.map((column) => `t.${quoteIdentifier(column.name)}`);
    const given = columns.map((column) => `${column} IS NOT NULL`).join(' AND ');
    return {
      says: `${fields.columns.join(', ')} of ${fields.table} ${fields.columns.length === 1 ? 'is' : 'are'} unique`,
      rows: `SELECT ${columns.join(', ')}, count(*) AS rows FROM ${named} AS t\nWHERE ${given}\nGROUP BY ${columns.join(', ')} HAVING count(*) > 1`,
      reads: [named],
    };
  },
};
