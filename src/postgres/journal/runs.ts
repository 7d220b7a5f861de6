/** Finds runs, and begins them. A run's later life is in `take-over`, `move-run` and `begin-rollback`. */
import { sql } from 'kysely';

import type { RunHandle } from '../../executor/journal.js';
import { DatabaseError, type Session } from '../../executor/session.js';
import { canonicalJson } from '../../kernel/digest.js';
import { graphDigest, type OperationGraph } from '../../operation/operation-graph.js';
import { isoText, journalTables, jsonParameter, send } from './journal-query.js';
import { JournalRefusal } from './journal-refusal.js';
import { refuseChanged } from './stored-graph.js';
import type { Asked, RunDirection, RunStatus } from './run-status.js';

export interface RunSummary {
  /** bigint as text. */
  readonly id: string;
  readonly plan: string;
  /** 1, 2, … per plan. */
  readonly ordinal: number;
  /** `plan@2`: how a person names it. */
  readonly name: string;
  readonly status: RunStatus;
  readonly direction: RunDirection;
  /** Set while it runs, and left where it stopped, until somebody goes on. */
  readonly asked: Asked | null;
  /** Why it stands where it stands, where something was said about it. */
  readonly why: string | null;
  readonly epoch: number;
  readonly sourceDigest: string;
  readonly graphDigest: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** Host and pid of the latest executor. */
  readonly executor: string;
  /** ISO 8601, UTC, microseconds, by the server's clock; so are all times here. */
  readonly createdAt: string;
  readonly createdBy: string;
  /** Null until it is `done` or `rolled back`. */
  readonly finishedAt: string | null;
}

export interface StoredRun extends RunSummary {
  /** The canonical JSON as it was stored: JSON.parse gives the graph. */
  readonly graph: string;
  readonly rollbackGraph: string | null;
  readonly fingerprintBefore: string;
}

export interface NewRun {
  readonly graph: OperationGraph;
  readonly sourceDigest: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** The canonical JSON of the fingerprint's definitions. */
  readonly fingerprintBefore: string;
  readonly executor: string;
  /**
   * Ordinal of the plan's latest run when this one was compiled, 0 for none: where another has begun since, this one is
   * refused, even if that one has ended. Absent: whatever the latest is.
   */
  readonly latest?: number;
}

/**
 * `name` is a plan, whose latest run is meant, or a run: `plan@2`. Undefined where there is none. Its graphs are those that were
 * stored when it began, and when its way back did; rejects with a JournalRefusal (`changed`) where they are not.
 */
export async function findRun(session: Session, name: string): Promise<StoredRun | undefined> {
  const [, plan = name, ordinal] = /^(.*)@(\d{1,9})$/s.exec(name) ?? [];
  const [row] = await send(
    session,
    summaries()
      .select(['graph', 'rollback_graph as rollbackGraph', 'fingerprint_before as fingerprintBefore'])
      .select([ROLLBACK_DIGEST.as('rollbackDigest'), toldDigest('run begun'), toldDigest('rollback begun')])
      .where('plan', '=', plan)
      .$if(ordinal !== undefined, (query) => query.where('ordinal', '=', Number(ordinal)))
      .orderBy('ordinal', 'desc')
      .limit(1),
  );
  if (row === undefined) return undefined;
  const { rollbackDigest, 'run begun': begun, 'rollback begun': backBegun, ...run } = row;
  refuseChanged(run.name, 'graph', run.graph, [run.graphDigest, begun]);
  if (run.rollbackGraph !== null)
    refuseChanged(run.name, 'graph of its way back', run.rollbackGraph, [rollbackDigest, backBegun]);
  return run;
}

/** The latest first. */
export function listRuns(session: Session): Promise<readonly RunSummary[]> {
  return send(session, summaries().orderBy(sql`lockstep.run.id`, 'desc'));
}

export async function summaryOf(session: Session, runId: string): Promise<RunSummary> {
  const [row] = await send(session, summaries().where('id', '=', runId));
  if (row === undefined) throw new Error(`run ${runId} is not in the journal`);
  return row;
}

/**
 * The run, a row per operation and the first event, in one statement. Its status is `running`.
 * Rejects with a JournalRefusal (`live run`) where another run of the plan has not ended.
 */
export async function beginRun(session: Session, run: NewRun): Promise<RunHandle> {
  const { graph } = run;
  const digest = graphDigest(graph);
  try {
    const [row] = await send(
      session,
      journalTables
        .with('begun', (db) =>
          db
            .insertInto('lockstep.run')
            .values({
              plan: graph.plan,
              ordinal:
                run.latest === undefined
                  ? sql<number>`(SELECT coalesce(max(ordinal), 0) + 1 FROM lockstep.run WHERE plan = ${graph.plan})`
                  : run.latest + 1,
              status: 'running',
              source_digest: run.sourceDigest,
              graph_digest: digest,
              graph: canonicalJson(graph),
              params: jsonParameter(run.params),
              fingerprint_before: run.fingerprintBefore,
              executor: run.executor,
            })
            .returning(['id', 'epoch']),
        )
        .with('listed', (db) =>
          db
            .insertInto('lockstep.operation')
            .columns(['run_id', 'id', 'ordinal', 'epoch'])
            .expression((eb) => eb.selectFrom(['begun', listedIn(graph)]).select(LISTED)),
        )
        .with('told', (db) =>
          db
            .insertInto('lockstep.event')
            .columns(['run_id', 'event', 'to_state', 'details', 'before'])
            .expression((eb) =>
              eb
                .selectFrom('begun')
                .select([
                  'begun.id',
                  sql<'run begun'>`'run begun'`.as('event'),
                  sql<RunStatus>`'running'`.as('to_state'),
                  jsonParameter({ executor: run.executor, digest }).as('details'),
                  sql<string>`'{}'::json`.as('before'),
                ]),
            ),
        )
        .selectFrom('begun')
        .select(['id', 'epoch']),
    );
    return row!;
  } catch (error) {
    throw asLiveRun(error, graph.plan);
  }
}

/** The rows of a graph's operations, to stand in FROM beside `begun`, which has the run's id and epoch. */
export function listedIn(graph: OperationGraph) {
  const ids = graph.operations.map((operation) => operation.id);
  return sql<{ id: string; ordinal: string }>`unnest(${ids}::text[]) WITH ORDINALITY`.as<'listed'>(
    sql`listed(id, ordinal)`,
  );
}

export const LISTED = [
  'begun.id as run_id',
  'listed.id',
  sql<number>`listed.ordinal::int`.as('ordinal'),
  'begun.epoch',
] as const;

/** Two live runs of one plan, or two that wanted the same ordinal at the same moment. */
export function asLiveRun(error: unknown, plan: string): unknown {
  if (!(error instanceof DatabaseError)) return error;
  if (error.facts.constraint !== 'run_live' && error.facts.constraint !== 'run_plan_ordinal') return error;
  return new JournalRefusal(
    'live run',
    `another run of ${plan} has not ended`,
    `Look at it with \`lockstep status\`, then go on with it or take it back.`,
    { cause: error },
  );
}

/**
 * A journal from before it had the column is read too, by a command that will bring it up to date or only looks: there the
 * name means the column of `absent`.
 */
export const ASKED = sql<Asked | null>`(SELECT asked FROM lockstep.run AS own WHERE own.id = lockstep.run.id)`;
const ROLLBACK_DIGEST = sql<
  string | null
>`(SELECT rollback_digest FROM lockstep.run AS own WHERE own.id = lockstep.run.id)`;
export const ABSENT = sql<object>`(SELECT NULL::text AS asked, NULL::text AS rollback_digest)`.as<'absent'>(
  sql`absent`,
);

/** What the trail says of it; null: it is from before that was told. */
function toldDigest<Event extends 'run begun' | 'rollback begun'>(event: Event) {
  return sql<string | null>`(
    SELECT details ->> 'digest' FROM lockstep.event AS e
    WHERE e.run_id = lockstep.run.id AND e.event = ${event} ORDER BY e.id LIMIT 1)`.as(event);
}

const WHY = sql<string | null>`(
  SELECT details ->> 'why' FROM lockstep.event AS e
  WHERE e.run_id = lockstep.run.id AND e.event = 'run moved' ORDER BY e.id DESC LIMIT 1)`;

function summaries() {
  return journalTables
    .selectFrom(['lockstep.run', ABSENT])
    .select([
      ASKED.as('asked'),
      WHY.as('why'),
      sql<string>`id::text`.as('id'),
      'plan',
      'ordinal',
      sql<string>`plan || '@' || ordinal`.as('name'),
      'status',
      sql<RunDirection>`CASE WHEN rollback_graph IS NULL THEN 'apply' ELSE 'rollback' END`.as('direction'),
      'epoch',
      'source_digest as sourceDigest',
      'graph_digest as graphDigest',
      'params',
      'executor',
      isoText('created_at').as('createdAt'),
      'created_by as createdBy',
      isoText<string | null>('finished_at').as('finishedAt'),
    ]);
}
