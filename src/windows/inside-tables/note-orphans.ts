/** Rows that come without their parent while a window is open: noted down at COMMIT, and asked for before the old keys go. */
import { summarise, type CheckQuery } from '../../operation/check-query.js';
import { quoteLiteral } from '../../sql/identifier.js';
import type { ColumnsWindow, Side, TwinTable } from './columns-window.js';
import { ASIDE_AT_MOST, cutRow, told, type Reference } from './set-aside.js';
import { keyTexts, pairsOf } from './twin-values.js';
import { stepOfWindow } from '../window-name.js';

/** PL/pgSQL: notes down the row that a trigger has at hand, unless it stands aside already. `says`: the side with a value; `fill`: whose replay it is. */
export function noteOrphan(
  window: ColumnsWindow,
  table: TwinTable,
  twin: Reference,
  { leads, says }: { readonly leads: Side; readonly says: Side },
  fill: string,
): string {
  const pairs = pairsOf(window, table, twin, says, leads);
  const message = told(pairs, (at) => `NEW.${pairs[at]!.own}`, twin);
  const ours = (row: string): string =>
    `${row}.run_id = w.run_id AND ${row}.operation_id = ${quoteLiteral(fill)} AND ${row}.replayed_at IS NULL`;
  return `      INSERT INTO lockstep.quarantined (run_id, operation_id, range_number, key, row, message)
      SELECT w.run_id, ${quoteLiteral(fill)}, 0, ${keyTexts(table, leads, 'NEW')}, ${cutRow('NEW')}, ${message}
      FROM lockstep."window" AS w WHERE w.name = ${quoteLiteral(window.name)} AND w.state IN ('old leads', 'new leads')
        AND NOT EXISTS (SELECT FROM lockstep.quarantined AS q WHERE ${ours('q')} AND q.key OPERATOR(pg_catalog.=) ${keyTexts(table, leads, 'NEW')})
        AND (SELECT pg_catalog.count(*) FROM (SELECT FROM lockstep.quarantined AS q WHERE ${ours('q')} LIMIT ${ASIDE_AT_MOST}) AS n) < ${ASIDE_AT_MOST};
`;
}

/** Before the old columns are nobody's any more: what stands aside would have lost what it refers to. */
export function noneStandsAside({ name }: Pick<ColumnsWindow, 'name'>): CheckQuery {
  const rows = `SELECT q.key, q.message AS error, q.at FROM lockstep.quarantined AS q JOIN lockstep."window" AS w ON w.run_id = q.run_id
WHERE w.name = ${quoteLiteral(name)} AND w.state NOT IN ('gone', 'closed') AND q.replayed_at IS NULL AND pg_catalog.starts_with(q.operation_id, ${quoteLiteral(`${stepOfWindow({ name })}/fill/`)})`;
  return {
    check: 'aside',
    name: `no row of ${name} stands aside: once it has its parent, or refers to nothing, \`lockstep replay\` takes it off the list`,
    severity: 'error',
    rows,
    summary: summarise(rows, 10),
    mask: [],
  };
}
