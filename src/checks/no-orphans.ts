/** `no_orphans`: every value of a child column stands in the parent column; NULL refers to nothing. */
import { tableColumnAt } from '../catalog/scope.js';
import { name, object, sql } from '../kernel/json-schema.js';
import { sqlName } from '../mapping/mapping.js';
import { quoteIdentifier } from '../sql/identifier.js';
import type { CheckDefinition } from './check-definition.js';

interface NoOrphansFields {
  readonly from: string;
  readonly to: string;
  readonly where?: string;
}

export const noOrphans: CheckDefinition<NoOrphansFields> = {
  name: 'no_orphans',
  holds: 'every value of the child column that is not NULL stands in the parent column',
  example: '- no_orphans: { from: user_credentials.user_id, to: users.id }',
  schema: object(
    'A reference that always finds its row.',
    {
      from: name('table.column', 'the child column'),
      to: name('table.column', 'the parent column'),
      where: {
        ...sql('condition', 'only child rows for which this holds'),
        'x-lockstep-no-empty': 'an empty condition would mean all rows',
      },
    },
    ['from', 'to'],
  ),
  compile(fields, context) {
    const child = tableColumnAt(context, fields.from, [...context.path, 'from']);
    const parent = tableColumnAt(context, fields.to, [...context.path, 'to']);
    if (child === undefined || parent === undefined) return undefined;
    const [from, to] = [sqlName(child.table), sqlName(parent.table)];
    const column = quoteIdentifier(child.column.name);
    // The condition is written over the child alone, so the parent is looked up outside its scope.
    const rows = fields.where === undefined ? from : `(SELECT * FROM ${from}\n  WHERE (${fields.where}\n))`;
    return {
      says: `every ${fields.from} has its ${fields.to}`,
      rows:
        `SELECT c.* FROM ${rows} AS c\nWHERE c.${column} IS NOT NULL AND NOT EXISTS (\n` +
        `  SELECT FROM ${to} AS p WHERE p.${quoteIdentifier(parent.column.name)} = c.${column})`,
      reads: [from, to, ...(fields.where === undefined ? [] : context.readsOf('condition', fields.where))],
    };
  },
};
