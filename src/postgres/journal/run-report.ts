/**
 * All that the journal knows of one run, as plain data. For one snapshot, call it in a REPEATABLE READ transaction; READ
 * ONLY will do. Long, because the shape of each row stands beside the report that is made of it.
 */
import { sql } from 'kysely';

import type { OperationOutcome, OperationState, QuarantinedRow } from '../../executor/journal.js';
import type { Counts } from '../../executor/run-types.js';
import type { OperationId } from '../../operation/operation.js';
import type { Session } from '../../executor/session.js';
import type { Approvers } from '../../operation/approvers.js';
import type { OperationGraph } from '../../operation/operation-graph.js';
import { approvals, type KnownApproval } from './approvals.js';
import { throttleReport, type ThrottleReport } from './holds.js';
import { isoText, journalTables, keyJson, send } from './journal-query.js';
import { inOrder, UNDO_PREFIX } from './operation-order.js';
import { quarantinedRows } from './quarantine.js';
import { REPLAY_RANGE } from './replay.js';
import type { RunDirection } from './run-status.js';
import { summaryOf, type RunSummary } from './runs.js';
import type { EventName } from './event-name.js';
import { events } from './trail.js';
import { windowReports, type WindowReport } from './windows.js';

export interface RunReport {
  readonly run: RunSummary;
  /** In the graph's order; those of the way back come last. */
  readonly operations: readonly OperationReport[];
  /** Rows that stand aside, in the order in which they were met. */
  readonly quarantined: readonly QuarantinedRow[];
  /** Null where no batch was committed. */
  readonly overlap: Overlap | null;
  /** Null where nothing ever held it back. */
  readonly throttle: ThrottleReport | null;
  /** All that happened, in its order. */
  readonly history: readonly HistoryEntry[];
  /** In the order of their opening. */
  readonly windows: readonly WindowReport[];
}

export interface OperationReport {
  readonly id: OperationId;
  readonly direction: RunDirection;
  readonly state: OperationState;
  readonly outcome: OperationOutcome | null;
  /** Turns that ended with a result; a killed one leaves none. */
  readonly attempts: number;
  readonly firstLeftPendingAt: string | null;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  /** Null for what has no ranges. */
  readonly walk: WalkReport | null;
  readonly findings: { readonly count: number; readonly samples: readonly FindingReport[] };
  readonly approvals: readonly ApprovalReport[];
}

export interface WalkReport {
  readonly counts: Counts;
  readonly ranges: number;
  readonly rangesDone: number;
  /** When the first batch began and the last one was written; null before the first. */
  readonly firstBatchAt: string | null;
  readonly lastBatchAt: string | null;
  /** The checkpoint that was written last: up to and with this key its range is done. Null before the first. */
  readonly lastKey: readonly string[] | null;
  /** Operations whose time between first and last batch meets this one's. */
  readonly overlaps: readonly OperationId[];
}

export interface FindingReport {
  readonly what: string;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly at: string;
}

export interface ApprovalReport {
  readonly by: string;
  readonly at: string;
  readonly comment: string | null;
  readonly counts: boolean;
  /** Why it does not count, or what was not looked at. */
  readonly note: string | null;
}

/** The most transactions at one moment, from their beginning to their checkpoint. */
export interface Overlap {
  readonly batchesAtOnce: number;
  readonly operationsAtOnce: number;
}

export interface HistoryEntry {
  readonly time: string;
  readonly event: EventName;
  /** Null: of the run as a whole. */
  readonly operation: OperationId | null;
  readonly from: string | null;
  readonly to: string | null;
  readonly details: Readonly<Record<string, unknown>> | null;
  readonly user: string;
}

const SAMPLES = 20;

/** `approvers`: whose approvals count, as the configuration says. */
export async function runReport(session: Session, runId: string, approvers: Approvers = {}): Promise<RunReport> {
  const run = await summaryOf(session, runId);
  const operations = await readOperations(session, runId);
  const walks = await readWalks(session, runId);
  const findings = await readFindings(session, runId);
  const given = await readApprovals(session, runId, approvers);
  const quarantined = await quarantinedRows(session, runId);
  const overlap = await readOverlap(session, runId);
  return {
    run,
    operations: operations.map((operation) => {
      const found = findings.filter((finding) => finding.operation === operation.id);
      return {
        ...operation,
        direction: operation.id.startsWith(UNDO_PREFIX) ? 'rollback' : 'apply',
        walk: toWalk(operation.id, walks),
        findings: {
          count: Number(found[0]?.count ?? 0),
          samples: found.map(({ what, detail, at }) => ({ what, detail, at })),
        },
        approvals: given
          .filter((approval) => approval.operation === operation.id)
          .map(({ by, at, comment, counts, note }) => ({ by, at, comment, counts, note })),
      };
    }),
    quarantined,
    overlap,
    throttle: await throttleReport(session, runId),
    history: (await events(session, runId)).map(({ at, event, operation, from, to, details, by }) => {
      return { time: at, event, operation, from, to, details, user: by };
    }),
    windows: await windowReports(session, runId),
  };
}

function readOperations(session: Session, runId: string) {
  return send(
    session,
    journalTables
      .selectFrom('lockstep.operation')
      .select([
        'id',
        'state',
        'outcome',
        'attempts',
        isoText<string | null>('first_left_pending_at').as('firstLeftPendingAt'),
        isoText<string | null>('started_at').as('startedAt'),
        isoText<string | null>('finished_at').as('finishedAt'),
      ])
      .where('run_id', '=', runId)
      .orderBy(inOrder),
  );
}

type WalkRow = Awaited<ReturnType<typeof readWalks>>[number];

/** Each side is aggregated before they meet: joined first, a range would count once per batch. */
function readWalks(session: Session, runId: string) {
  return send(
    session,
    journalTables
      .with('walked', (db) =>
        db
          .selectFrom('lockstep.range')
          .select([
            'operation_id',
            sql<string>`count(*)`.as('ranges'),
            sql<string>`count(*) FILTER (WHERE done)`.as('rangesDone'),
            sql<string>`sum(rows_read)`.as('read'),
            sql<string>`sum(rows_changed)`.as('changed'),
            sql<string>`sum(rows_skipped)`.as('skipped'),
            sql<string>`sum(rows_kept)`.as('kept'),
            sql<string>`sum(rows_quarantined)`.as('quarantined'),
            sql<string>`sum(batches)`.as('batches'),
          ])
          .where('run_id', '=', runId)
          .groupBy('operation_id'),
      )
      .with('committed', (db) =>
        db
          .selectFrom('lockstep.batch')
          .select([
            'operation_id',
            sql<string>`min(began_at)`.as('first_at'),
            sql<string>`max(checkpointed_at)`.as('last_at'),
          ])
          .where('run_id', '=', runId)
          .where('range_number', '<>', REPLAY_RANGE)
          .groupBy('operation_id'),
      )
      .with('latest', (db) =>
        db
          .selectFrom('lockstep.batch')
          .innerJoin('lockstep.range', (join) =>
            join
              .onRef('lockstep.range.run_id', '=', 'lockstep.batch.run_id')
              .onRef('lockstep.range.operation_id', '=', 'lockstep.batch.operation_id')
              .onRef('lockstep.range.number', '=', 'lockstep.batch.range_number'),
          )
          .distinctOn('lockstep.batch.operation_id')
          .select(['lockstep.batch.operation_id', 'lockstep.range.cursor'])
          .where('lockstep.batch.run_id', '=', runId)
          .where('lockstep.batch.range_number', '<>', REPLAY_RANGE)
          .orderBy('lockstep.batch.operation_id')
          .orderBy('lockstep.batch.checkpointed_at', 'desc'),
      )
      .selectFrom('walked')
      .leftJoin('committed', 'committed.operation_id', 'walked.operation_id')
      .leftJoin('latest', 'latest.operation_id', 'walked.operation_id')
      .selectAll('walked')
      .select([
        keyJson('latest.cursor').as('lastKey'),
        isoText<string | null>('committed.first_at').as('firstBatchAt'),
        isoText<string | null>('committed.last_at').as('lastBatchAt'),
      ]),
  );
}

function toWalk(id: OperationId, walks: readonly WalkRow[]): WalkReport | null {
  const walk = walks.find((row) => row.operation_id === id);
  if (walk === undefined) return null;
  return {
    counts: {
      read: Number(walk.read),
      changed: Number(walk.changed),
      skipped: Number(walk.skipped),
      kept: Number(walk.kept),
      quarantined: Number(walk.quarantined),
      batches: Number(walk.batches),
    },
    ranges: Number(walk.ranges),
    rangesDone: Number(walk.rangesDone),
    firstBatchAt: walk.firstBatchAt,
    lastBatchAt: walk.lastBatchAt,
    lastKey: walk.lastKey,
    overlaps: walks.filter((other) => other !== walk && meets(walk, other)).map((other) => other.operation_id),
  };
}

/** Times of one form and one zone compare as text. */
function meets(a: WalkRow, b: WalkRow): boolean {
  if (a.firstBatchAt === null || a.lastBatchAt === null || b.firstBatchAt === null || b.lastBatchAt === null)
    return false;
  return a.firstBatchAt < b.lastBatchAt && b.firstBatchAt < a.lastBatchAt;
}

function readFindings(session: Session, runId: string) {
  return send(
    session,
    journalTables
      .with('numbered', (db) =>
        db
          .selectFrom('lockstep.finding')
          .select([
            'operation_id as operation',
            'id',
            'what',
            'detail',
            isoText('at').as('at'),
            sql<string>`row_number() OVER (PARTITION BY operation_id ORDER BY id)`.as('number'),
            sql<string>`count(*) OVER (PARTITION BY operation_id)`.as('count'),
          ])
          .where('run_id', '=', runId),
      )
      .selectFrom('numbered')
      .select(['operation', 'what', 'detail', 'at', 'count'])
      .where(sql<boolean>`number <= ${SAMPLES}`)
      .orderBy('operation')
      .orderBy('id'),
  );
}

async function readApprovals(session: Session, runId: string, approvers: Approvers) {
  const given = await send(
    session,
    journalTables
      .selectFrom('lockstep.approval')
      .select('operation_id as operation')
      .distinct()
      .where('run_id', '=', runId),
  );
  if (given.length === 0) return [];
  const [run] = await send(session, journalTables.selectFrom('lockstep.run').select('graph').where('id', '=', runId));
  const { operations } = JSON.parse(run!.graph) as OperationGraph;
  const found: (KnownApproval & { readonly operation: OperationId })[] = [];
  for (const { operation } of given) {
    const gate = operations.find(({ id }) => id === operation);
    const group = (gate?.kind === 'gate' ? gate.approval : null) ?? '';
    const own = await approvals(session, { id: runId }, operation, group, approvers[group]);
    found.push(...own.map((approval) => ({ ...approval, operation })));
  }
  return found;
}

/**
 * A sweep: every batch counts one more where it began and one less where it was written; ends come before beginnings of
 * the same moment. An operation counts from the first of its batches under way to the last.
 * What was replayed later is left out.
 */
async function readOverlap(session: Session, runId: string): Promise<Overlap | null> {
  const { rows } = await session.query<{ batches: string | null; operations: string | null }>(
    `WITH edge AS (
       SELECT operation_id, began_at AS at, 1 AS step FROM lockstep.batch WHERE run_id = $1 AND range_number <> ${REPLAY_RANGE}
       UNION ALL SELECT operation_id, checkpointed_at, -1 FROM lockstep.batch WHERE run_id = $1 AND range_number <> ${REPLAY_RANGE}
     ), of_operation AS (
       SELECT at, step, operation_id,
         sum(step) OVER (ORDER BY at, step, operation_id ROWS UNBOUNDED PRECEDING) AS batches,
         sum(step) OVER (PARTITION BY operation_id ORDER BY at, step ROWS UNBOUNDED PRECEDING) AS own
       FROM edge
     ), of_run AS (
       SELECT batches,
         sum(CASE WHEN step = 1 AND own = 1 THEN 1 WHEN step = -1 AND own = 0 THEN -1 ELSE 0 END)
           OVER (ORDER BY at, step, operation_id ROWS UNBOUNDED PRECEDING) AS operations
       FROM of_operation
     )
     SELECT max(batches) AS batches, max(operations) AS operations FROM of_run`,
    [runId],
  );
  const { batches, operations } = rows[0]!;
  if (batches === null || operations === null) return null;
  return { batchesAtOnce: Number(batches), operationsAtOnce: Number(operations) };
}
