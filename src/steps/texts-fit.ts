/**
 * Whether the server takes the texts of views and policies over the new keys: asked before anything changes, and again where a
 * later plan cuts a window over, since somebody may have made some in between.
 */
import type { PlannedCheck } from '../checks/compile-checks.js';
import { summarise } from '../operation/check-query.js';
import { affectedPolicies } from '../windows/inside-tables/affected-policies.js';
import { affectedViews } from '../windows/inside-tables/affected-views.js';
import type { TwinTable } from '../windows/inside-tables/columns-window.js';
import { queriesWithTwins } from '../windows/inside-tables/queries-with-twins.js';
import type { LowerContext } from './step-definition.js';

/** What it will be asked under the lock: a view may unite the key with one that stays an integer. */
export function textsFit(
  tables: readonly TwinTable[],
  { catalog, statementsOf }: Pick<LowerContext, 'catalog' | 'statementsOf'>,
): readonly PlannedCheck[] {
  const names = tables.map(({ name }) => name);
  const views = affectedViews(tables, catalog, statementsOf);
  const policies = affectedPolicies(tables, views, catalog, statementsOf);
  return [...queriesWithTwins(views, policies, tables, statementsOf)].map(([name, query]) => {
    const rows = `SELECT FROM (${query}\n) AS v WHERE false`;
    return {
      reads: names,
      query: {
        check: 'view',
        name: `${name} can be made with the new keys`,
        severity: 'error',
        rows,
        summary: summarise(rows, 1),
        mask: [],
      },
    };
  });
}
