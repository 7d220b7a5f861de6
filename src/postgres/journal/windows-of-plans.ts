/**
 * Windows that runs of other plans have opened, for a plan that is compiled beside them or goes on with one of them: where each
 * stands, what its run is called, and what its graph keeps of it.
 */
import type { Session } from '../../executor/session.js';
import type { StoredWindow } from '../../operation/operation-graph.js';
import type { WindowOfPlan } from '../../planner/other-windows.js';
import type { WindowState } from '../../windows/window-state.js';
import { journalMayBeRead, windowMovesAreKept, windowsAreKept } from './advisory.js';
import { openJournal } from './open-journal.js';
import type { RunStatus } from './run-status.js';
import { changedGraph, isAsStored } from './stored-graph.js';

/**
 * All that are open and not of `plan`, and those of `names`, whatever has become of them. Only reads, in one snapshot if the
 * transaction has one; nothing where the journal is from before there were windows.
 */
export async function windowsOfPlans(
  session: Session,
  plan: string,
  names: readonly string[],
): Promise<readonly WindowOfPlan[]> {
  // What else the role lacks is said first, all of it; without a look into the journal no plan is applied.
  if (names.length === 0 && !(await journalMayBeRead(session))) return [];
  const there = (await openJournal(session)) && (await windowsAreKept(session));
  const known = there ? await session.query<Row>(await queryOf(session), [plan, names]) : { rows: [] };
  const missing = names.filter((name) => !known.rows.some((row) => row.name === name));
  const never = there && missing.length > 0 ? (await session.query<Row>(NEVER_OPENED, [missing])).rows : [];
  const changed = [...known.rows, ...never].find(({ intact }) => !intact);
  if (changed !== undefined) throw changedGraph(changed.run);
  const nowhere = missing
    .filter((name) => !never.some((row) => row.name === name))
    .map((name) => ({ name, run: null, status: null, state: null, stored: null, moved: null }));
  return [
    ...[...known.rows, ...never].map(({ name, run, status, state, stored, moved }) => ({
      name,
      run,
      status,
      state,
      stored,
      moved,
    })),
    ...nowhere,
  ];
}

interface Row {
  readonly name: string;
  readonly run: string;
  readonly status: RunStatus;
  readonly state: WindowState | null;
  readonly stored: StoredWindow | null;
  readonly moved: WindowOfPlan['moved'];
  /** Its run's graph is what was stored, or nothing is read of it. */
  readonly intact: boolean;
}

/** The graph is read of those alone with which a plan may go on. */
async function queryOf(session: Session): Promise<string> {
  const moved = (await windowMovesAreKept(session)) ? LAST_MOVE : 'NULL::json';
  return `SELECT w.name, r.plan || '@' || r.ordinal AS run, r.status, w.state, ${moved} AS moved, NOT ${IS_OPEN} OR ${isAsStored('r')} AS intact,
  CASE WHEN ${IS_OPEN} AND ${isAsStored('r')} THEN (SELECT e FROM json_array_elements(r.graph::json -> 'windows') AS e WHERE e ->> 'step' = w.step) END AS stored
FROM lockstep."window" AS w JOIN lockstep.run AS r ON r.id = w.run_id
WHERE r.plan <> $1 AND (${IS_OPEN} OR w.name = ANY ($2::text[]))
  AND NOT EXISTS (SELECT FROM lockstep."window" AS later WHERE later.name = w.name AND later.run_id > w.run_id)
ORDER BY w.name`;
}

const IS_OPEN = `w.state NOT IN ('gone', 'closed')`;

const LAST_MOVE = `(SELECT json_build_object('by', b.plan || '@' || b.ordinal, 'at', to_char(m.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))
    FROM lockstep.window_move AS m JOIN lockstep.run AS b ON b.id = m.by_run_id
    WHERE m.window_run_id = w.run_id AND m.step = w.step ORDER BY m.id DESC LIMIT 1)`;

/** Of the latest run of its plan, which has opened none of that name: it may have had nothing to convert. */
const NEVER_OPENED = `SELECT n.name, r.plan || '@' || r.ordinal AS run, r.status, NULL AS state, NULL::json AS moved, ${isAsStored('r')} AS intact,
  CASE WHEN ${isAsStored('r')} THEN (SELECT e FROM json_array_elements(r.graph::json -> 'windows') AS e WHERE e ->> 'name' = n.name) END AS stored
FROM unnest($1::text[]) AS n (name)
JOIN lockstep.run AS r ON r.plan = split_part(n.name, '/', 1)
WHERE NOT EXISTS (SELECT FROM lockstep.run AS later WHERE later.plan = r.plan AND later.ordinal > r.ordinal)
ORDER BY n.name`;
