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
import type { TablesWindow } from './between-tables/tables-window.js';
import type { WindowBase } from './window.js';

type Moved = Pick<WindowBase, 'id' | 'name' | 'ofOtherPlan'> & Partial<Pick<WindowBase, 'leads'>>;

export type WindowState = 'old leads' | 'new leads' | 'leaving' | 'gone' | 'closed';

export const WINDOW_MOVES: Readonly<Record<WindowState, readonly WindowState[]>> = {
  'old leads': ['new leads', 'leaving', 'gone', 'closed'],
  'new leads': ['old leads', 'closed'],
  leaving: ['gone'],
  gone: [],
  closed: [],
};

/** `INSERT`: the window of this run, from the moment that its mirrors fire. */
export function recordWindow({ id, name, direction, mirrors }: TablesWindow): string {
  const sides = mirrors.map(({ mapping }) => ({
    mapping: mapping.name,
    from: sqlName(mapping.source),
    to: sqlName(mapping.target),
  }));
  return `INSERT INTO lockstep."window" (run_id, step, name, direction, state, sides)
VALUES (${RUN_ID}, ${quoteLiteral(id)}, ${quoteLiteral(name)}, ${quoteLiteral(direction)}, 'old leads', ${quoteLiteral(JSON.stringify(sides))})`;
}

/** And which run has moved it: another plan may go on with what this one left open. */
export function moveWindow(window: Moved, to: WindowState): string {
  return `WITH moved AS (
UPDATE lockstep."window" AS w SET state = ${quoteLiteral(to)}, moved_at = clock_timestamp() WHERE ${isWindow(window)} RETURNING w.run_id, w.step, w.state, w.moved_at
)
INSERT INTO lockstep.window_move (window_run_id, step, to_state, at, by_run_id) SELECT run_id, step, state, moved_at, ${RUN_ID} FROM moved`;
}

/** Of one name at most one is open. */
function isWindow({ id, name, ofOtherPlan }: Moved): string {
  if (ofOtherPlan === true) return `w.name = ${quoteLiteral(name)} AND w.state NOT IN ('gone', 'closed')`;
  return `w.run_id = ${RUN_ID} AND w.step = ${quoteLiteral(id)}`;
}

/** Violated where the window is not in a state from which it may go there: the journal was changed by hand. */
export function windowMayMove(window: Moved, to: WindowState): CheckQuery {
  const from = (Object.keys(WINDOW_MOVES) as WindowState[]).filter(
    (state) =>
      WINDOW_MOVES[state].includes(to) && (window.ofOtherPlan !== true || to !== 'closed' || leads(window, state)),
  );
  const rows = `SELECT w.state FROM (SELECT 1) AS one LEFT JOIN lockstep."window" AS w ON ${isWindow(window)}
WHERE w.state IS NULL OR w.state NOT IN (${from.map(quoteLiteral).join(', ')})`;
  return {
    check: 'window',
    name: `the window ${window.name} can become: ${to}`,
    severity: 'error',
    rows,
    summary: summarise(rows, 1),
    mask: [],
  };
}

/** Which side led when it was compiled: closing one that somebody has cut over since would end the other shape. */
function leads({ leads: side }: Moved, state: WindowState): boolean {
  return state === (side === 'new' ? 'new leads' : 'old leads');
}
