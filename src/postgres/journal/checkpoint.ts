/**
 * The checkpoint of a batch: range, batch row and findings in one statement, in the transaction of the rows. It only goes
 * on from where the claim began, so that a batch that nobody claimed, or one that is recorded twice, is a defect and not a
 * lost row.
 */
import { sql } from 'kysely';

import type { BatchRecord, RangeClaim, RunHandle } from '../../executor/journal.js';
import type { Session } from '../../executor/session.js';
import { refuseWrite } from './fence.js';
import { journalTables, jsonParameter, keyParameter, send } from './journal-query.js';

/** Of one operation. Workers do not see each other's uncommitted ones and may go over it by what one batch finds. */
const FINDINGS_KEPT = 20;

export async function writeCheckpoint(
  session: Session,
  run: RunHandle,
  claim: RangeClaim,
  batch: BatchRecord,
): Promise<void> {
  const { counts, cursor, done, durationMs, provenance, quarantined = 0 } = batch;
  const advanced = journalTables
    .with('advanced', (db) =>
      db
        .updateTable('lockstep.range')
        .set((eb) => ({
          cursor: keyParameter(cursor),
          done,
          rows_read: eb('rows_read', '+', String(counts.read)),
          rows_changed: eb('rows_changed', '+', String(counts.changed)),
          rows_skipped: eb('rows_skipped', '+', String(counts.skipped)),
          rows_kept: eb('rows_kept', '+', String(counts.kept)),
          rows_quarantined: eb('rows_quarantined', '+', String(quarantined)),
          batches: eb('batches', '+', 1),
        }))
        .where('run_id', '=', run.id)
        .where('operation_id', '=', claim.operation)
        .where('number', '=', claim.number)
        .where('epoch', '=', run.epoch)
        .where('done', '=', false)
        .where(sql<boolean>`coalesce(cursor, lower) IS NOT DISTINCT FROM ${keyParameter(claim.cursor)}`)
        .returning(['run_id', 'operation_id', 'number', 'batches']),
    )
    .with('recorded', (db) =>
      db
        .insertInto('lockstep.batch')
        .columns(['run_id', 'operation_id', 'range_number', 'number', 'xid', 'rows', 'duration_ms'])
        .expression((eb) =>
          eb
            .selectFrom('advanced')
            .select([
              'run_id',
              'operation_id',
              'number as range_number',
              'batches as number',
              sql<string | null>`CASE WHEN ${provenance}::boolean THEN pg_current_xact_id() END`.as('xid'),
              sql<number>`${counts.read}::int`.as('rows'),
              sql<number>`${Math.round(durationMs)}::int`.as('duration_ms'),
            ]),
        ),
    )
    .with('noted', (db) =>
      db
        .insertInto('lockstep.finding')
        .columns(['run_id', 'operation_id', 'what', 'detail'])
        .expression((eb) =>
          eb
            .selectFrom(['advanced', sql<Found>`json_array_elements(${jsonParameter(counts.findings)})`.as('found')])
            .select([
              'advanced.run_id',
              'advanced.operation_id',
              sql<string>`coalesce(found.value ->> 'what', '')`.as('what'),
              sql<string>`found.value`.as('detail'),
            ])
            .limit(
              sql<number>`greatest(0, ${FINDINGS_KEPT} - (SELECT count(*) FROM lockstep.finding WHERE run_id = ${run.id} AND operation_id = ${claim.operation}))`,
            ),
        ),
    )
    .selectFrom('advanced')
    .select('number');
  if ((await send(session, advanced)).length === 1) return;
  await refuseWrite(session, run, claim.operation, `has no range ${claim.number} that is where the batch began`);
}

interface Found {
  readonly value: unknown;
}
