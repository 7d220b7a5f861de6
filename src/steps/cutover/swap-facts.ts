/** What the change of names has to know of the catalog besides the windows: what it makes again, and what is said on what. */
import { sqlName } from '../../mapping/mapping.js';
import { commentStatement, objectKey, type ObjectName } from '../../sql/object-key.js';
import { affectedPolicies } from '../../windows/inside-tables/affected-policies.js';
import { affectedViews } from '../../windows/inside-tables/affected-views.js';
import { relationsOf, type ColumnsWindow, type Counterpart } from '../../windows/inside-tables/columns-window.js';
import type { SwapFacts } from '../../windows/inside-tables/swap-columns.js';
import type { LowerContext } from '../step-definition.js';

export function swapFacts(windows: readonly ColumnsWindow[], context: LowerContext): SwapFacts {
  const { catalog, statementsOf } = context;
  const tables = windows.flatMap((window) => window.tables);
  const views = affectedViews(tables, catalog, statementsOf);
  return {
    views,
    policies: affectedPolicies(tables, views, catalog, statementsOf),
    dressing: (counterpart) => dressingOf(counterpart, windows, context),
    notValidOnPartitioned: catalog.server.versionNum >= 180_000,
    comment: (relation, column) =>
      catalog.objects[objectKey({ kind: 'table column', name: [relation.schema, relation.name, column] })]?.comment ??
      undefined,
  };
}

/** Marks of the table on its index, and comments: each stands on the object, not on its name. */
function dressingOf(
  { kind, table, schema, name }: Counterpart,
  windows: readonly ColumnsWindow[],
  { catalog }: LowerContext,
): readonly string[] {
  const relation = windows
    .flatMap(({ tables }) => tables)
    .flatMap(relationsOf)
    .find((one) => sqlName(one) === table)!;
  const index: ObjectName = { kind: 'index', name: [schema, name] };
  const constraint: ObjectName = { kind: 'table constraint', name: [schema, relation.name, name] };
  const said = (object: ObjectName): readonly string[] => {
    const comment = catalog.objects[objectKey(object)]?.comment;
    return comment == null ? [] : [commentStatement(object, comment)];
  };
  const marks = (catalog.objects[objectKey(index)]?.dressing ?? []).filter((text) =>
    / CLUSTER ON | REPLICA IDENTITY USING INDEX /.test(text),
  );
  return [...(kind === 'foreign key' ? [] : [...marks, ...said(index)]), ...(kind === 'index' ? [] : said(constraint))];
}
