/**
 * A window that one plan has left open and another goes on with: whose turn it is. Both sides ask here in the transaction that
 * begins their run or their way back, behind locks on the windows' rows: so of two that begin at the same moment the second sees
 * what the first has written.
 */
import { sql } from 'kysely';

import type { Session } from '../../executor/session.js';
import type { OperationGraph } from '../../operation/operation-graph.js';
import type { WindowState } from '../../windows/window-state.js';
import { windowMovesAreKept } from './advisory.js';
import { journalTables, send } from './journal-query.js';
import { changedGraph, isAsStored } from './stored-graph.js';
import { ENDED_STATUSES } from './run-status.js';
import type { StoredRun } from './runs.js';

/** Why a run may not begin: a sentence for each window. Empty: it may. */
export async function windowsNotToBeHad(
  session: Session,
  { plan, goesOnWith = [] }: Pick<OperationGraph, 'plan' | 'goesOnWith'>,
): Promise<readonly string[]> {
  if (goesOnWith.length === 0) return [];
  await lockOpen(session, goesOnWith);
  const { rows: openers } = await session.query<{ name: string; run: string; status: string }>(
    `SELECT w.name, r.plan || '@' || r.ordinal AS run, r.status FROM lockstep."window" AS w JOIN lockstep.run AS r ON r.id = w.run_id
     WHERE w.name = ANY ($1::text[]) AND w.state NOT IN ('gone', 'closed')`,
    [goesOnWith],
  );
  const notEnded = openers
    .filter(({ status }) => status !== 'done')
    .map(({ name, run, status }) => `\`${name}\`: \`${run}\`, which opened it, is ${status}.`);
  const others = await liveRunsOn(session, goesOnWith, plan);
  return [...notEnded, ...others.map(({ name, run }) => `\`${name}\`: \`${run}\` goes on with it, and has not ended.`)];
}

export interface StandsOn {
  /** The window. */
  readonly name: string;
  readonly state: WindowState;
  /** The run of another plan that goes on with it, or has moved it and was not taken back. */
  readonly run: string;
  /** Null: it has not moved it. */
  readonly at: string | null;
}

/**
 * Runs of other plans whose work stands on windows that this run has opened or moved: as long as they do, its own way back would
 * meet what it does not know. `lock`: where the answer must last until the transaction ends.
 */
export async function standingOn(session: Session, run: StoredRun, lock: boolean): Promise<readonly StandsOn[]> {
  if (!(await windowMovesAreKept(session))) return [];
  const { rows: own } = await session.query<{ name: string }>(
    `SELECT DISTINCT w.name FROM lockstep."window" AS w WHERE w.run_id = $1
       OR EXISTS (SELECT FROM lockstep.window_move AS m WHERE m.window_run_id = w.run_id AND m.step = w.step AND m.by_run_id = $1)`,
    [run.id],
  );
  const names = own.map(({ name }) => name);
  if (names.length === 0) return [];
  if (lock) await lockOpen(session, names);
  // Of a window that was opened by name again later, what happened to the earlier one is history.
  const { rows: moved } = await session.query<StandsOn>(
    `SELECT w.name, w.state, b.plan || '@' || b.ordinal AS run, to_char(m.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS at
     FROM lockstep."window" AS w
     JOIN LATERAL (SELECT * FROM lockstep.window_move AS l WHERE l.window_run_id = w.run_id AND l.step = w.step ORDER BY l.id DESC LIMIT 1) AS m ON true
     JOIN lockstep.run AS b ON b.id = m.by_run_id
     WHERE m.by_run_id <> $1 AND b.status <> 'rolled back'
       AND (w.run_id = $1 OR EXISTS (SELECT FROM lockstep.window_move AS o WHERE o.window_run_id = w.run_id AND o.step = w.step AND o.by_run_id = $1))
     ORDER BY w.name`,
    [run.id],
  );
  const live = await liveRunsOn(session, names, run.plan);
  const begun = live.filter(({ name, run: other }) => !moved.some((one) => one.name === name && one.run === other));
  return [
    ...moved,
    ...begun.map(({ name, run: other }) => ({ name, state: 'old leads' as const, run: other, at: null })),
  ];
}

/** Waits for whoever is about to begin or to take back a run on one of them. */
async function lockOpen(session: Session, names: readonly string[]): Promise<void> {
  await session.query(
    `SELECT FROM lockstep."window" WHERE name = ANY ($1::text[]) AND state NOT IN ('gone', 'closed') ORDER BY name FOR UPDATE`,
    [names],
  );
}

async function liveRunsOn(
  session: Session,
  names: readonly string[],
  plan: string,
): Promise<readonly { readonly name: string; readonly run: string }[]> {
  const runs = await send(
    session,
    journalTables
      .selectFrom('lockstep.run')
      .select([
        sql<string>`plan || '@' || ordinal`.as('run'),
        sql<boolean>`${sql.raw(isAsStored('lockstep.run'))}`.as('intact'),
        sql<
          readonly string[] | null
        >`CASE WHEN ${sql.raw(isAsStored('lockstep.run'))} THEN graph::json -> 'goesOnWith' END`.as('names'),
      ])
      .where('plan', '<>', plan)
      .where('status', 'not in', ENDED_STATUSES)
      .orderBy('lockstep.run.id'),
  );
  const changed = runs.find(({ intact }) => !intact);
  if (changed !== undefined) throw changedGraph(changed.run);
  return runs.flatMap(({ run, names: theirs }) =>
    names.filter((name) => theirs?.includes(name)).map((name) => ({ name, run })),
  );
}
