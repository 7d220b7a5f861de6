/** `empty`: a table has no rows. */
import { tableAt } from '../catalog/scope.js';
import { name } from '../kernel/json-schema.js';
import { sqlName } from '../mapping/mapping.js';
import type { CheckDefinition } from './check-definition.js';

export const empty: CheckDefinition<string> = {
  name: 'empty',
  holds: 'the table has no rows',
  example: '- empty: legacy_sessions',
  schema: name('relation', 'the table that has no rows'),
  compile(table, context) {
    const relation = tableAt(context, table, context.path);
    if (relation === undefined) return undefined;
    const named = sqlName(relation);
    return { says: `${table} is empty`, rows: `SELECT t.* FROM ${named} AS t LIMIT 100`, reads: [named] };
  },
};
