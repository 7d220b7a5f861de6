/** `foreign_keys_valid`: every foreign key of the tables is validated, and holds when it is looked at now. */
import { tableAt } from '../catalog/scope.js';
import { list, name } from '../kernel/json-schema.js';
import { sqlName } from '../mapping/mapping.js';
import { quoteIdentifier, quoteLiteral, relationKey } from '../sql/identifier.js';
import type { CheckDefinition } from './check-definition.js';

export const foreignKeysValid: CheckDefinition<readonly string[]> = {
  name: 'foreign_keys_valid',
  holds: 'every foreign key of the tables is validated, and every row of theirs has what it refers to',
  example: '- foreign_keys_valid: [journal_entries, tags]',
  schema: list(name('relation', 'a table'), 'the tables whose foreign keys are looked at'),
  compile(tables, context) {
    const found = tables.map((table, index) => tableAt(context, table, [...context.path, index]));
    const relations = found.filter((relation) => relation !== undefined);
    if (relations.length < found.length) return undefined;
    const reads = new Set(relations.map(sqlName));
    // What is declared now, whatever was declared when the plan was compiled.
    const parts = relations.map(
      (relation) =>
        `SELECT k.conrelid::regclass::text AS "table", k.conname::text AS foreign_key, 'not validated' AS problem, NULL::jsonb AS row\n` +
        `FROM pg_catalog.pg_constraint k WHERE k.contype = 'f' AND NOT k.convalidated AND k.conrelid = ${quoteLiteral(sqlName(relation))}::regclass`,
    );
    for (const relation of relations) {
      for (const key of relation.constraints) {
        if (key.kind !== 'foreign key' || key.references === undefined) continue;
        const parent = relationKey(key.references.table);
        reads.add(parent);
        const { columns } = key.references;
        const given = key.columns.map((column) => `c.${quoteIdentifier(column)} IS NOT NULL`).join(' AND ');
        const same = key.columns.map(
          (column, index) => `p.${quoteIdentifier(columns[index]!)} = c.${quoteIdentifier(column)}`,
        );
        parts.push(
          `SELECT ${quoteLiteral(sqlName(relation))}, ${quoteLiteral(key.name)}, 'no such row', to_jsonb(c.*)\n` +
            `FROM ${sqlName(relation)} AS c WHERE ${given} AND NOT EXISTS (SELECT FROM ${parent} AS p WHERE ${same.join(' AND ')})`,
        );
      }
    }
    return {
      says: `foreign keys of ${tables.join(', ')} are valid`,
      rows: parts.join('\nUNION ALL\n'),
      reads: [...reads],
    };
  },
};
