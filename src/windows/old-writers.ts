/** Who still writes the side that no longer leads: until nobody does, closing would cut somebody off from the other side. */
import { formatDuration } from '../kernel/duration.js';
import { summarise, type CheckQuery } from '../operation/check-query.js';
import { quoteLiteral } from '../sql/identifier.js';
import type { TablesWindow } from './between-tables/tables-window.js';

export function oldSideIsQuiet({ name }: Pick<TablesWindow, 'name'>, quietMs: number): CheckQuery {
  const rows = `SELECT by_user, application, mapping, count(*) AS transactions, max(at) AS last_at FROM lockstep.old_writer
WHERE window_name = ${quoteLiteral(name)} AND side = 'old' AND at > clock_timestamp() - interval '${quietMs} milliseconds'
GROUP BY by_user, application, mapping`;
  return {
    check: 'old_writers',
    name: `nobody has written to the old side of ${name} for ${formatDuration(quietMs)}`,
    severity: 'error',
    rows,
    summary: summarise(rows, 10),
    mask: [],
  };
}
