/** The way back of a run begins: its graph is stored, its operations are listed, the status turns. Once per run. */
import { sql } from 'kysely';

import type { RunHandle } from '../../executor/journal.js';
import type { Session } from '../../executor/session.js';
import { canonicalJson } from '../../kernel/digest.js';
import { graphDigest, type OperationGraph } from '../../operation/operation-graph.js';
import { eventsBefore } from './event-chain.js';
import { lockRun } from './fence.js';
import { journalTables, jsonParameter, send } from './journal-query.js';
import { UNDO_PREFIX } from './operation-order.js';
import { asLiveRun, LISTED, listedIn } from './runs.js';

/**
 * One statement. Ids of the graph's operations begin with `undo/`. Rejects with a FencedError; with a JournalRefusal
 * (`live run`) where a later run of the plan has begun; with a defect where the way back was begun before.
 */
export async function beginRollback(session: Session, run: RunHandle, graph: OperationGraph): Promise<void> {
  const other = graph.operations.find((operation) => !operation.id.startsWith(UNDO_PREFIX));
  if (other !== undefined) throw new Error(`operation ${other.id} of a way back does not begin with ${UNDO_PREFIX}`);
  const digest = graphDigest(graph);
  const { status: from, goesBack } = await lockRun(session, run);
  if (goesBack) throw new Error(`run ${run.id} is on its way back already`);
  try {
    const begun = await send(
      session,
      journalTables
        .with('begun', (db) =>
          db
            .updateTable('lockstep.run')
            .set({
              status: 'rolling back',
              rollback_graph: canonicalJson(graph),
              rollback_digest: digest,
              finished_at: null,
            })
            .where('id', '=', run.id)
            .where('epoch', '=', run.epoch)
            .where('rollback_graph', 'is', null)
            .returning(['id', 'epoch']),
        )
        .with('listed_operations', (db) =>
          db
            .insertInto('lockstep.operation')
            .columns(['run_id', 'id', 'ordinal', 'epoch'])
            .expression((eb) => eb.selectFrom(['begun', listedIn(graph)]).select(LISTED)),
        )
        .insertInto('lockstep.event')
        .columns(['run_id', 'event', 'from_state', 'to_state', 'details', 'before'])
        .expression((eb) =>
          eb
            .selectFrom('begun')
            .select([
              'begun.id',
              sql<'rollback begun'>`'rollback begun'`.as('event'),
              sql<string>`${from}::text`.as('from_state'),
              sql<string>`'rolling back'`.as('to_state'),
              jsonParameter({ operations: graph.operations.length, digest }).as('details'),
              eventsBefore(run.id).as('before'),
            ]),
        )
        .returning('id'),
    );
    if (begun.length === 1) return;
  } catch (error) {
    throw asLiveRun(error, graph.plan);
  }
  await lockRun(session, run);
  throw new Error(`the way back of run ${run.id} was begun by somebody else`);
}
