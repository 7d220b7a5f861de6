/** Columns of a key's type that are called like a reference to it, and are none that anybody declared. */
import type { Relation } from '../../catalog/catalog-snapshot.js';
import { sqlName } from '../../mapping/mapping.js';
import { quoteIdentifier } from '../../sql/identifier.js';
import type { LowerContext, Suspicion } from '../step-definition.js';
import { CONVERT_CODES } from './codes.js';
import { nodeKey, type KeyNode } from './key-node.js';
import { isCalledLike } from './soft-references.js';

/** Values that are looked at: the first that a scan meets. */
const MOST_LOOKED_AT = 1_000;

export function lookalikes(nodes: readonly KeyNode[], context: LowerContext): readonly Suspicion[] {
  const known = new Set(nodes.map(({ relation, column }) => nodeKey(relation, column.name)));
  const tables = Object.values(context.catalog.relations).filter(
    ({ kind, partition }) => (kind === 'table' || kind === 'partitioned table') && !partition,
  );
  return nodes.flatMap((key) =>
    key.from !== null
      ? []
      : tables.flatMap((relation) =>
          relation.columns
            .filter(({ name, type }) => type === key.column.type && isCalledLike(name, key.relation.name))
            .filter(({ name }) => !known.has(nodeKey(relation, name)))
            .map(({ name }) => suspicionOf(relation, name, key, context)),
        ),
  );
}

function suspicionOf(relation: Relation, column: string, key: KeyNode, context: LowerContext): Suspicion {
  const [child, parent] = [sqlName(relation), sqlName(key.relation)];
  const span = context.locate(context.path);
  const value = `c.${quoteIdentifier(column)}`;
  return {
    sql: `SELECT count(*) AS looked, count(*) FILTER (WHERE EXISTS (SELECT FROM ${parent} AS p WHERE p.${quoteIdentifier(key.column.name)} = v.value)) AS found
FROM (SELECT DISTINCT value FROM (SELECT ${value} AS value FROM ${child} AS c WHERE ${value} IS NOT NULL LIMIT ${MOST_LOOKED_AT}) AS first) AS v`,
    diagnostic: {
      code: 'LS6607',
      severity: 'warning',
      summary: CONVERT_CODES.LS6607.summary,
      detail: `\`${child}.${column}\` is ${key.column.type} like \`${parent}.${key.column.name}\`.`,
      help: `references: [${relation.name}.${column}], or nothing where it is none`,
      ...(span !== undefined && { span }),
    },
  };
}
