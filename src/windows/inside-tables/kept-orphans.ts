/**
 * Old values that stand nowhere else: of references that find nothing, where the plan keeps them. They have no new value, or one that
 * nobody can turn back, so they go for good with the old column.
 */
import { summarise } from '../../operation/check-query.js';
import { quoteLiteral } from '../../sql/identifier.js';
import { columnNames, type ColumnsWindow, type LookedUp, type Twin, type TwinTable } from './columns-window.js';
import type { TwinComparison } from './compare-twins.js';
import { keyTexts, parentLookUp } from './twin-values.js';

/** Asked behind a cutover, before old columns go without consent: violated by every such row. */
export function nothingKeptIsLost(window: ColumnsWindow): readonly TwinComparison[] {
  return window.tables.flatMap((table) =>
    table.twins.flatMap((twin): readonly TwinComparison[] => {
      const { value } = twin;
      if (!twin.swaps || value.kind === 'own' || !mayBeKept(value)) return [];
      const rows = keptRows(window, table, twin, value);
      const name = `${columnNames(twin, 'new').old} of ${table.name} holds no value that goes for good: consent to it (\`allow: { data_loss: reason }\`), or keep it (\`old: keep\`)`;
      return [
        {
          table: `${table.name}.${twin.old}`,
          reads: [...new Set([table.name, value.parent])],
          query: { check: 'kept', name, severity: 'error', rows, summary: summarise(rows, 10), mask: [] },
        },
      ];
    }),
  );
}

/**
 * The text of a uuid comes back from the uuid. Who stands aside is asked for by name before the window ends (`note-orphans`), and what
 * `set_null` overwrites the plan gives up.
 */
function mayBeKept({ upheld, orphans, by: { how } }: LookedUp): boolean {
  return !upheld && how !== 'cast' && (orphans === 'keep' || (orphans === 'quarantine' && how === 'derived'));
}

function keptRows(window: ColumnsWindow, table: TwinTable, twin: Twin, value: LookedUp): string {
  const { old, new: twinName } = columnNames(twin, 'new');
  const { finds } = parentLookUp(window, table, twin.old, value, 'old', 'new', 't');
  const from = value.where === null ? table.name : `(SELECT * FROM ${table.name} WHERE (${value.where}\n))`;
  return `SELECT ${quoteLiteral(`${table.name}.${old}`)} AS "column", ${keyTexts(table, 'new', 't')} AS key, t.${old}::pg_catalog.text AS old, t.${twinName}::pg_catalog.text AS new
FROM ${from} AS t WHERE t.${old} IS NOT NULL AND NOT EXISTS (SELECT FROM ${value.parent} AS p WHERE ${finds})`;
}
