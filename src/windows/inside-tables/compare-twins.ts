/** Whether the twins of a window agree: each with the value that its rule gives, or that its parent has. */
import type { CheckQuery } from '../../operation/check-query.js';
import { summarise } from '../../operation/check-query.js';
import { quoteLiteral } from '../../sql/identifier.js';
import {
  columnNames,
  type ColumnsWindow,
  type LookedUp,
  type Side,
  type Twin,
  type TwinTable,
} from './columns-window.js';
import { asksParent, computedValue, keyTexts, parentLookUp } from './twin-values.js';

export interface TwinComparison {
  readonly table: string;
  readonly query: CheckQuery;
  /** Keys of relations. */
  readonly reads: readonly string[];
}

/** One for each table, so that several can be compared at a time. */
export function compareTwins(window: ColumnsWindow, leads: Side): readonly TwinComparison[] {
  return window.tables.map((table) => {
    const rows = differences(window, table, leads);
    return {
      table: table.name,
      reads: readsOf(table),
      query: {
        check: 'in_sync',
        name: `${table.twins.map((twin) => columnNames(twin, leads).new).join(', ')} of ${table.name} ${table.twins.length === 1 ? 'is' : 'are'} what the old keys say (${table.name})`,
        severity: 'error',
        rows,
        summary: summarise(rows, 10),
        mask: [],
      },
    };
  });
}

/** Of all its tables in one statement. */
export function allDifferences(
  window: ColumnsWindow,
  leads: Side,
): { readonly rows: string; readonly reads: readonly string[] } {
  return {
    // Of a key that was a uuid before nothing can differ.
    rows:
      window.tables.length === 0
        ? 'SELECT WHERE false'
        : window.tables.map((table) => differences(window, table, leads)).join('\nUNION ALL\n'),
    reads: [...new Set(window.tables.flatMap(readsOf))],
  };
}

function readsOf({ name, twins }: TwinTable): readonly string[] {
  const parents = twins.flatMap(({ value }) => (value.kind === 'own' ? [] : [value.parent]));
  return [...new Set([name, ...parents])];
}

function differences(window: ColumnsWindow, table: TwinTable, leads: Side): string {
  return table.twins.map((twin) => twinDiffers(window, table, twin, leads)).join('\nUNION ALL\n');
}

function twinDiffers(window: ColumnsWindow, table: TwinTable, twin: Twin, leads: Side): string {
  const { old, new: twinName } = columnNames(twin, leads);
  const shown = (expected: string): string =>
    `SELECT ${quoteLiteral(`${table.name}.${twinName}`)} AS "column", ${keyTexts(table, leads, 't')} AS key, t.${old}::pg_catalog.text AS old, t.${twinName}::pg_catalog.text AS new, ${expected} AS expected`;
  if (twin.value.kind === 'own') {
    const { by } = twin.value;
    const computed = by.how === 'derived' && leads === 'new' ? null : computedValue(by, `t.${old}`);
    if (computed === null)
      return `${shown('NULL::pg_catalog.text')}\nFROM ${table.name} AS t WHERE t.${twinName} IS NULL`;
    return `${shown(`${computed}::pg_catalog.text`)}\nFROM ${table.name} AS t WHERE t.${twinName} IS DISTINCT FROM ${computed}`;
  }
  return referenceDiffers(window, table, twin, twin.value, leads, shown);
}

function referenceDiffers(
  window: ColumnsWindow,
  table: TwinTable,
  twin: Twin,
  value: LookedUp,
  leads: Side,
  shown: (expected: string) => string,
): string {
  const { old, new: twinName } = columnNames(twin, leads);
  const part = value.where === null ? 'true' : 't.lockstep_part';
  // The condition is written over the row alone: beside its parent a name could mean either.
  const from =
    value.where === null
      ? `${table.name} AS t`
      : `(SELECT *, (${value.where}\n) IS TRUE AS lockstep_part FROM ${table.name}) AS t`;
  if (!asksParent(value, leads)) {
    const expected = `CASE WHEN ${part} THEN ${computedValue(value.by, `t.${old}`)!} END`;
    return `${shown(`${expected}::pg_catalog.text`)}\nFROM ${from} WHERE t.${twinName} IS DISTINCT FROM ${expected}`;
  }
  const { takes, finds, complete } = parentLookUp(window, table, twin.old, value, 'old', leads, 't');
  const alone = value.by.how === 'cast' ? computedValue(value.by, `t.${old}`)! : 'NULL::pg_catalog.uuid';
  const expected = `CASE WHEN ${part} THEN CASE WHEN p.lockstep_there THEN p.${takes} ELSE ${alone} END END`;
  // What refers to nothing any more keeps the new value that it had, unless that means a row by now.
  const orphaned =
    value.upheld || value.orphans === 'fail'
      ? ''
      : ` AND NOT (${part} AND p.lockstep_there IS NULL AND NOT EXISTS (SELECT FROM ${value.parent} AS q WHERE q.${takes} = t.${twinName}))`;
  const orphan =
    value.upheld || value.orphans !== 'fail' ? '' : ` OR ${part} AND t.${old} IS NOT NULL AND p.lockstep_there IS NULL`;
  const differs = `t.${twinName} IS DISTINCT FROM (${expected})${orphaned}${orphan}`;
  // Of a composite reference with a part that is NULL no parent says anything: both sides lack the same parts, and that is all.
  const partly =
    value.also.length === 0 || value.upheld
      ? ''
      : `(${complete} OR (t.${old} IS NULL) <> (t.${twinName} IS NULL)) AND `;
  return `${shown(`(${expected})::pg_catalog.text`)}
FROM ${from} LEFT JOIN (SELECT true AS lockstep_there, * FROM ${value.parent}) AS p ON ${finds}
WHERE ${partly === '' ? differs : `${partly}(${differs})`}`;
}
