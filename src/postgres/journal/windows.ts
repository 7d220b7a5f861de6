/**
 * What the journal knows of windows: where each stands, how far its targets are filled, what was last compared, and what its mirrors
 * wrote down. Which operations fill and compare a window the run's graph says, by the tables that they read and write.
 */
import { sql, type RawBuilder } from 'kysely';

import { windowMovesAreKept, windowsAreKept } from './advisory.js';
import type { Session } from '../../executor/session.js';
import type { CheckAnswer } from '../../operation/check-query.js';
import type { OperationGraph } from '../../operation/operation-graph.js';
import type { Operation } from '../../operation/operation.js';
import type { WindowState } from '../../windows/window-state.js';
import { isoText, journalTables, send } from './journal-query.js';
import type { WindowSides } from './schema.js';
import { refuseChanged } from './stored-graph.js';
import { NO_NOTES, notesOf, type WindowNotes } from './window-notes.js';

export interface WindowSummary {
  /** `plan@2`. */
  readonly run: string;
  /** The step that opened it. */
  readonly step: string;
  /** `plan/step`: what errors of its mirrors say. */
  readonly name: string;
  readonly direction: 'forward' | 'both';
  readonly state: WindowState;
  readonly sides: readonly WindowSides[];
  readonly openedAt: string;
  /** When it came to its state. */
  readonly movedAt: string;
  /** Since the opening, by the server's clock. */
  readonly ageMs: number;
  /** Writes that one side did not take, and that nobody has accepted. */
  readonly failures: number;
  /** Each move since the opening, and the run that made it: of this plan or a later one. In order. */
  readonly moves: readonly WindowMove[];
}

export interface WindowMove {
  readonly to: WindowState;
  readonly at: string;
  /** `plan@2`. */
  readonly by: string;
}

export interface WindowReport extends WindowSummary, WindowNotes {
  /** Until it is closed, or was taken back. */
  readonly wayBackIsOpen: boolean;
  /** Of all its mappings; null before the first batch. */
  readonly fill: { readonly ranges: number; readonly rangesDone: number; readonly rows: number } | null;
  /** The last comparison of each mapping, in the order of `sides`; those that were never compared are left out. */
  readonly compared: readonly WindowComparison[];
}

export interface WindowComparison {
  readonly mapping: string;
  readonly operation: string;
  readonly at: string;
  readonly differences: number;
  readonly figures: CheckAnswer['figures'];
}

/** Those of all runs that are open; none where the journal is from before there were windows. */
export async function openWindows(session: Session): Promise<readonly WindowSummary[]> {
  const windows = (await windowsAreKept(session)) ? await send(session, await summaries(session)) : [];
  return windows.filter(isOpen).map(toSummary);
}

/** Those of a run, and those of others that it goes on with or has moved; in the order of their opening. */
export async function windowReports(session: Session, runId: string): Promise<readonly WindowReport[]> {
  if (!(await windowsAreKept(session))) return [];
  const windows = await send(session, (await summaries(session)).where(await isOfRun(session, runId)));
  const reports: WindowReport[] = [];
  for (const row of windows) {
    const window = toSummary(row);
    // What filled it is of the run that opened it; what compared it last may be of a later one.
    const names = [...new Set([window.run, ...window.moves.map(({ by }) => by)])];
    const runs = await graphsOf(session, names, runId);
    const opener = runs.find(({ name }) => name === window.run)!;
    const compared: WindowComparison[] = [];
    for (const run of runs) compared.push(...(await comparisonsOf(session, run, window)));
    reports.push({
      ...window,
      wayBackIsOpen: isOpen(window),
      fill: await fillOf(session, opener, window),
      compared: latestOf(compared, window),
      ...(isOpen(window) ? await notesOf(session, window) : NO_NOTES),
    });
  }
  return reports;
}

async function isOfRun(session: Session, runId: string): Promise<RawBuilder<boolean>> {
  const moved = (await windowMovesAreKept(session))
    ? sql<boolean>`EXISTS (SELECT FROM lockstep.window_move AS m WHERE m.window_run_id = w.run_id AND m.step = w.step AND m.by_run_id = ${runId})`
    : sql<boolean>`false`;
  const goesOn = sql<boolean>`w.state NOT IN ('gone', 'closed')
    AND w.name IN (SELECT json_array_elements_text(own.graph::json -> 'goesOnWith') FROM lockstep.run AS own WHERE own.id = ${runId})`;
  return sql<boolean>`(w.run_id = ${runId} OR ${moved} OR ${goesOn})`;
}

interface RunWithGraph {
  readonly id: string;
  readonly name: string;
  readonly operations: readonly Operation[];
}

async function graphsOf(session: Session, names: readonly string[], runId: string): Promise<readonly RunWithGraph[]> {
  const rows = await send(
    session,
    journalTables
      .selectFrom('lockstep.run')
      .select(['id', 'graph', 'graph_digest as digest', sql<string>`plan || '@' || ordinal`.as('name')])
      .where(sql<boolean>`(id = ${runId} OR plan || '@' || ordinal = ANY (${names}::text[]))`)
      .orderBy('lockstep.run.id'),
  );
  return rows.map(({ graph, digest, ...run }) => {
    refuseChanged(run.name, 'graph', graph, [digest]);
    return { ...run, operations: (JSON.parse(graph) as OperationGraph).operations };
  });
}

/** In the order of the sides; of each mapping the last one. */
function latestOf(compared: readonly WindowComparison[], { sides }: WindowSummary): readonly WindowComparison[] {
  return [...new Set(sides.map(({ mapping }) => mapping))].flatMap((mapping) => {
    const own = compared.filter((one) => one.mapping === mapping);
    return own.length === 0 ? [] : [own.reduce((last, one) => (one.at > last.at ? one : last))];
  });
}

/** A journal from before moves were kept has none to tell. */
async function summaries(session: Session) {
  const moves = (await windowMovesAreKept(session))
    ? sql<readonly WindowMove[]>`(
        SELECT coalesce(json_agg(json_build_object('to', m.to_state, 'by', b.plan || '@' || b.ordinal,
          'at', to_char(m.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')) ORDER BY m.id), '[]')
        FROM lockstep.window_move AS m JOIN lockstep.run AS b ON b.id = m.by_run_id
        WHERE m.window_run_id = w.run_id AND m.step = w.step)`
    : sql<readonly WindowMove[]>`'[]'::json`;
  return journalTables
    .selectFrom('lockstep.window as w')
    .innerJoin('lockstep.run as r', 'r.id', 'w.run_id')
    .select([
      sql<string>`r.plan || '@' || r.ordinal`.as('run'),
      ...(['w.step', 'w.name', 'w.direction', 'w.state', 'w.sides'] as const),
      moves.as('moves'),
      isoText('w.opened_at').as('openedAt'),
      isoText('w.moved_at').as('movedAt'),
      sql<string>`round(extract(epoch FROM clock_timestamp() - w.opened_at) * 1000)`.as('ageMs'),
      sql<string>`(SELECT count(*) FROM lockstep.mirror_failure AS f WHERE ${OF_WINDOW} AND f.accepted_at IS NULL)`.as(
        'failures',
      ),
    ])
    .orderBy('w.opened_at')
    .orderBy('w.name');
}

/** Another run of the plan opens a window of the same name once this one has ended. */
const OF_WINDOW = sql`f.window_name = w.name AND f.at >= w.opened_at AND (w.state NOT IN ('gone', 'closed') OR f.at <= w.moved_at)`;

type SummaryRow = Omit<WindowSummary, 'ageMs' | 'failures'> & { readonly ageMs: string; readonly failures: string };

function toSummary(row: SummaryRow): WindowSummary {
  return { ...row, ageMs: Number(row.ageMs), failures: Number(row.failures) };
}

function isOpen({ state }: Pick<WindowSummary, 'state'>): boolean {
  return state !== 'gone' && state !== 'closed';
}

async function fillOf(
  session: Session,
  { id: runId, operations }: RunWithGraph,
  { sides, step }: WindowSummary,
): Promise<WindowReport['fill']> {
  const fills = operations.filter(
    (operation) =>
      operation.kind === 'batch' &&
      // A window inside of tables fills itself; one between tables is filled by another step.
      (operation.id.startsWith(`${step}/fill/`) ||
        sides.some(
          ({ mapping, from, to }) =>
            operation.walk.relation === from && operation.writes.includes(to) && operation.id.endsWith(`/${mapping}`),
        )),
  );
  if (fills.length === 0) return null;
  const [row] = await send(
    session,
    journalTables
      .selectFrom('lockstep.range')
      .select([
        sql<string>`count(*)`.as('ranges'),
        sql<string>`count(*) FILTER (WHERE done)`.as('rangesDone'),
        sql<string>`coalesce(sum(rows_read), 0)`.as('rows'),
      ])
      .where('run_id', '=', runId)
      .where(
        'operation_id',
        'in',
        fills.map(({ id }) => id),
      ),
  );
  const { ranges, rangesDone, rows } = row!;
  return ranges === '0' ? null : { ranges: Number(ranges), rangesDone: Number(rangesDone), rows: Number(rows) };
}

async function comparisonsOf(
  session: Session,
  { id: runId, operations }: RunWithGraph,
  { sides, openedAt, step, name }: WindowSummary,
): Promise<readonly WindowComparison[]> {
  const compares = operations.filter((operation) => operation.kind === 'check' && operation.check.check === 'in_sync');
  if (compares.length === 0) return [];
  const asked = await send(
    session,
    journalTables
      .selectFrom('lockstep.operation')
      .select(['id', 'outcome', isoText('finished_at').as('at')])
      .where('run_id', '=', runId)
      .where(
        'id',
        'in',
        compares.map(({ id }) => id),
      )
      .where('finished_at', 'is not', null)
      .orderBy('finished_at', 'desc'),
  );
  return sides.flatMap(({ mapping, from, to }) => {
    // Several mappings may have the same two tables: then the sentence of the check says which one is meant.
    const alone = sides.filter((side) => side.from === from && side.to === to).length === 1;
    const isInside = from.startsWith(`${mapping}.`);
    const own = compares.filter(({ reads, label }) =>
      isInside
        ? reads.includes(mapping) &&
          (label.endsWith(`(${mapping})`) ||
            label.includes(` of ${step} is `) ||
            label.endsWith(`of ${name} correspond`))
        : reads.includes(from) &&
          reads.includes(to) &&
          (alone || label.endsWith(`(${mapping})`) || label.endsWith(`of ${name} correspond`)),
    );
    // What was asked before the opening is about rows of others.
    const last = asked.find(
      ({ id, at, outcome }) => at > openedAt && outcome?.answer && own.some((one) => one.id === id),
    );
    if (last === undefined) return [];
    const { violations, figures } = last.outcome!.answer!;
    return [{ mapping, operation: last.id, at: last.at, differences: violations, figures }];
  });
}
