/** What of a window inside tables a change of the catalog takes away: its twins, and what tells the rows of its tables. */
import type { CatalogSnapshot } from '../../catalog/catalog-snapshot.js';
import { quoteIdentifier } from '../../sql/identifier.js';
import { whatChangesUnder } from '../what-changes-under.js';
import { columnNames, nameThen, type ColumnsWindow } from './columns-window.js';

/** Sentences; empty: nothing. */
export function whatBreaksTwins(
  window: ColumnsWindow,
  before: CatalogSnapshot,
  after: CatalogSnapshot,
): readonly string[] {
  const leads = window.leads ?? 'old';
  return window.tables.flatMap((table) => {
    const twins = table.twins.flatMap((twin) => Object.values(columnNames(twin, leads)));
    const relation = before.relations[table.name];
    if (relation === undefined) return [];
    // What tells its rows may become another type, by the cutover of another window; but it has to be there.
    const keys = table.key.map(({ name }) => nameThen(table, name, leads));
    const now = after.relations[table.name]?.columns.map(({ name }) => quoteIdentifier(name));
    const gone = keys.filter((key) => now !== undefined && !now.includes(key));
    return [
      ...whatChangesUnder(relation, new Set(twins), before, after),
      ...gone.map((key) => `\`${table.name}.${key}\` is there no more under that name`),
    ];
  });
}
