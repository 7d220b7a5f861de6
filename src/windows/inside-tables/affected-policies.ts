/**
 * Policies that mean converted columns, of their own table or of others that they ask. A policy follows a column that is renamed, and
 * would go on meaning the old key: so the cutover makes them again, with the text that they have, in the commit of the names.
 * Nobody sees the table without them.
 */
import type { CatalogSnapshot, RelationName } from '../../catalog/catalog-snapshot.js';
import type { ParsedStatement } from '../../sql/grammar.js';
import { quoteIdentifier, relationKey } from '../../sql/identifier.js';
import { nodeAs } from '../../sql/tree-walk.js';
import { meansConverted, type AffectedView } from './affected-views.js';
import type { TwinTable } from './columns-window.js';

export interface AffectedPolicy {
  /** Among the objects of the catalog. */
  readonly key: string;
  readonly name: string;
  /** That it is a policy of. */
  readonly relation: RelationName;
  readonly definition: string;
  readonly dressing: readonly string[];
  /** What stands behind USING and WITH CHECK, in brackets. */
  readonly conditions: readonly string[];
}

/** `views`: those that are made again; a policy that reads one would be in the way. */
export function affectedPolicies(
  tables: readonly TwinTable[],
  views: readonly AffectedView[],
  catalog: CatalogSnapshot,
  statementsOf: (sql: string) => readonly ParsedStatement[],
): readonly AffectedPolicy[] {
  const found = Object.entries(catalog.objects).flatMap(([key, { definition, dressing, partOf }]) => {
    const relation = catalog.relations[partOf ?? ''];
    if (!key.startsWith('policy ') || definition === null || relation === undefined) return [];
    const [statement] = statementsOf(definition);
    if (statement === undefined || !meansConverted(statement, tables, views)) return [];
    const name = nodeAs(statement.node, 'CreatePolicyStmt')!.policy_name!;
    return [{ key, name, relation, definition, dressing, conditions: conditionsOf(statement) }];
  });
  return found.sort((one, other) => (one.key < other.key ? -1 : 1));
}

export function dropPolicy({ name, relation }: AffectedPolicy): string {
  return `DROP POLICY ${quoteIdentifier(name)} ON ${relationKey(relation)}`;
}

function conditionsOf(statement: ParsedStatement): readonly string[] {
  const conditions: string[] = [];
  let depth = 0;
  let start = 0;
  for (const { text, start: from, end } of statement.tokens()) {
    if (text === '(' && depth++ === 0) start = from;
    if (text === ')' && --depth === 0)
      conditions.push(statement.text.slice(start - statement.start, end - statement.start));
  }
  return conditions;
}
