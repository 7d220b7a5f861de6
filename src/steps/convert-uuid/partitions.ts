/**
 * Partitioned tables among what refers to a key. Columns and triggers are the whole table's, and reach each partition; indexes and
 * foreign keys are built on every partition and then taken in. What the server has no such form for is refused.
 */
import type { CatalogSnapshot, Constraint, Index, Relation } from '../../catalog/catalog-snapshot.js';
import { report } from '../../catalog/scope.js';
import { sqlName } from '../../mapping/mapping.js';
import { quoteIdentifier, relationKey } from '../../sql/identifier.js';
import { withColumnRenamed } from '../../sql/renamed-text.js';
import { descendantsOf } from '../catalog-locks.js';
import type { LowerContext } from '../step-definition.js';
import { CONVERT_CODES } from './codes.js';
import type { KeyNode } from './key-node.js';

/** At any depth, each behind the one that it is a partition of; of another table none. */
export function partsOf(relation: Relation, catalog: CatalogSnapshot): readonly Relation[] {
  if (relation.kind !== 'partitioned table') return [];
  return descendantsOf(relationKey(relation), catalog).flatMap((key) => catalog.relations[key] ?? []);
}

/** The table that all of its rows belong to; of one that is no partition itself. */
export function wholeOf(relation: Relation, { relations }: CatalogSnapshot): Relation {
  let whole = relation;
  while (whole.partition) whole = relations[relationKey(whole.parent!)]!;
  return whole;
}

/** True where each can be converted. */
export function partitionsCanFollow(nodes: readonly KeyNode[], context: LowerContext): boolean {
  const { catalog } = context;
  const problems = [
    ...nodes.filter(({ relation }) => !relation.partition).flatMap((node) => problemsOf(node, catalog)),
    ...problemsOfSome(
      nodes.filter(({ relation }) => relation.partition),
      catalog,
    ),
  ];
  for (const { detail, help } of problems)
    report(context, CONVERT_CODES, 'LS6604', context.locate(context.path), { detail, help });
  return problems.length === 0;
}

interface PartitionProblem {
  readonly detail: string;
  readonly help: string;
}

/** Nodes of partitions themselves: each table and column is told once, with all of its partitions. */
function problemsOfSome(nodes: readonly KeyNode[], catalog: CatalogSnapshot): readonly PartitionProblem[] {
  const columns = new Map<string, readonly KeyNode[]>();
  for (const node of nodes) {
    const column = `${sqlName(wholeOf(node.relation, catalog))}.${node.column.name}`;
    columns.set(column, [...(columns.get(column) ?? []), node]);
  }
  return [...columns].map(([column, some]): PartitionProblem => {
    const whole = sqlName(wholeOf(some[0]!.relation, catalog));
    const named = some.slice(0, MOST_NAMED).map(({ relation }) => `\`${sqlName(relation)}\``);
    const parts = `${named.join(', ')}${some.length > MOST_NAMED ? `, and ${some.length - MOST_NAMED} more,` : ''}`;
    if (some.some(({ from }) => from === null))
      return {
        detail: `${parts} is a partition: its columns are those of \`${whole}\`.`,
        help: 'convert a key of a table that is not partitioned',
      };
    return {
      detail: `\`${column}\` refers to the key in ${parts} by itself, and a new column is one of all partitions.`,
      help: `say that it does in all of its rows: \`references: [${column}]\`, or a foreign key of \`${whole}\``,
    };
  });
}

const MOST_NAMED = 12;

function problemsOf({ relation, column, from }: KeyNode, catalog: CatalogSnapshot): readonly PartitionProblem[] {
  if (relation.kind !== 'partitioned table') return [];
  if (from === null)
    return [
      {
        detail: `\`${sqlName(relation)}\` is partitioned: its key cannot take over an index that was built before (\`USING INDEX\`).`,
        help: 'leave it out, or move its rows to a table with the new key: `dual_write`',
      },
    ];
  return [relation, ...partsOf(relation, catalog)].flatMap((part) => problemsOfPart(part, column.name));
}

/** Of a partitioned table, or of one of its partitions. */
function problemsOfPart(relation: Relation, column: string): readonly PartitionProblem[] {
  const name = sqlName(relation);
  const shown = `\`${name}.${column}\``;
  const { partitionKey } = relation;
  if (relation.kind === 'foreign table')
    return [
      {
        detail: `the partition \`${name}\` is a foreign table, whose rows are kept elsewhere.`,
        help: 'detach it first',
      },
    ];
  const cut =
    partitionKey !== undefined && withColumnRenamed(partitionKey, column, `${column}?`) !== partitionKey
      ? [
          {
            detail: `${shown} says which partition a row belongs to (${partitionKey}), and a row cannot belong to partitions by both keys.`,
            help: 'move its rows to a table that is cut otherwise: `dual_write`',
          },
        ]
      : [];
  const keys = relation.constraints.filter((constraint) => isKeyOver(constraint, relation, column));
  const key = keys.map((constraint) => ({
    detail: `${shown} is part of \`${constraint.name}\`, ${constraint.definition}: a key of a partitioned table cannot take over an index that was built before (\`USING INDEX\`).`,
    help: `make it a unique index in a step before: DROP CONSTRAINT ${quoteIdentifier(constraint.name)}, CREATE UNIQUE INDEX; or convert it by hand`,
  }));
  return [...cut, ...key];
}

/** Those of partitions that are part of the whole's are told once, of that. */
function isKeyOver({ kind, columns, name }: Constraint, { indexes }: Relation, column: string): boolean {
  if ((kind !== 'primary key' && kind !== 'unique') || !columns.includes(column)) return false;
  return !indexes.some((index: Index) => index.name === name && index.partOf !== undefined);
}
