/**
 * Where a window of a run can stand, and how it gets there. Each arrow is one commit together with what it means, so there is
 * nothing between two states: what was asked for stands in the run's operations, what was reached in the window.
 *
 *   (none)    → old leads   the mirrors fire; every write from here on is on both sides, the fill brings what was before
 *   old leads → new leads   a cutover: nothing differed under the lock; the old side is kept in step from the new one
 *   new leads → old leads   the cutover taken back, as carefully as it was made
 *   old leads → leaving     a way back: the mirrors only take away what the window put there
 *   old leads → gone        a way back inside of tables: the new columns go, and with them all that the window brought
 *   leaving   → gone        nothing of the window is left
 *   old leads → closed      without a cutover: the target stays as it is
 *   new leads → closed      the old side stays as it is; there is no way back from here
 */
import { quoteLiteral } from '../sql/identifier.js';
import { RUN_ID } from '../sql/pinned-settings.js';
import { summarise, type CheckQuery } from '../operation/check-query.js';
import { sqlName } from '../mapping/mapping.js';
import type { Window } from './window.js';

export type WindowState = 'old leads' | 'new leads' | 'leaving' | 'gone' | 'closed';

export const WINDOW_MOVES: Readonly<Record<WindowState, readonly WindowState[]>> = {
  'old leads': ['new leads', 'leaving', 'gone', 'closed'],
  'new leads': ['old leads', 'closed'],
  leaving: ['gone'],
  gone: [],
  closed: [],
};

/** `INSERT`: the window of this run, from the moment that its mirrors fire. */
export function recordWindow({ id, name, direction, mirrors }: Window): string {
  const sides = mirrors.map(({ mapping }) => ({
    mapping: mapping.name,
    from: sqlName(mapping.source),
    to: sqlName(mapping.target),
  }));
  return `INSERT INTO lockstep."window" (run_id, step, name, direction, state, sides)
VALUES (${RUN_ID}, ${quoteLiteral(id)}, ${quoteLiteral(name)}, ${quoteLiteral(direction)}, 'old leads', ${quoteLiteral(JSON.stringify(sides))})`;
}

export function moveWindow({ id }: Pick<Window, 'id'>, to: WindowState): string {
  return `UPDATE lockstep."window" SET state = ${quoteLiteral(to)}, moved_at = clock_timestamp() WHERE run_id = ${RUN_ID} AND step = ${quoteLiteral(id)}`;
}

/** Violated where the window is not in a state from which it may go there: the journal was changed by hand. */
export function windowMayMove({ id, name }: Pick<Window, 'id' | 'name'>, to: WindowState): CheckQuery {
  const from = (Object.keys(WINDOW_MOVES) as WindowState[]).filter((state) => WINDOW_MOVES[state].includes(to));
  const rows = `SELECT state FROM (SELECT 1) AS one LEFT JOIN lockstep."window" ON run_id = ${RUN_ID} AND step = ${quoteLiteral(id)}
WHERE state IS NULL OR state NOT IN (${from.map(quoteLiteral).join(', ')})`;
  return {
    check: 'window',
    name: `the window ${name} can become: ${to}`,
    severity: 'error',
    rows,
    summary: summarise(rows, 1),
    mask: [],
  };
}
