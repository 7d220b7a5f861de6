/** Rows that stand aside: set aside in the transaction that passes over them, and listed. Replaying them is beside. */
import { idOf, type PoisonRow, type QuarantinedRow, type RangeClaim, type RunHandle } from '../../executor/journal.js';
import type { Session } from '../../executor/session.js';
import type { OperationGraph } from '../../operation/operation-graph.js';
import type { AsideRow, OperationId } from '../../operation/operation.js';
import { writeCheckpoint } from './checkpoint.js';
import { isoText, journalTables, jsonParameter, keyJson, keyParameter, send } from './journal-query.js';

/** The part of the journal that executors need. */
export const quarantine = { standingAside, setAside, setAsideAlso };

async function standingAside(session: Session, run: Pick<RunHandle, 'id'>, id: OperationId): Promise<number> {
  const [row] = await send(
    session,
    journalTables
      .selectFrom('lockstep.quarantined')
      .select((eb) => eb.fn.countAll<string>().as('rows'))
      .where('run_id', '=', run.id)
      .where('operation_id', '=', id)
      .where('replayed_at', 'is', null),
  );
  return Number(row!.rows);
}

async function setAside(session: Session, run: RunHandle, claim: RangeClaim, poison: PoisonRow): Promise<void> {
  const counts = { read: 1, changed: 0, skipped: 0, kept: 0, findings: [], problem: null };
  const record = { cursor: poison.key, done: false, counts, durationMs: 0, provenance: false, quarantined: 1 };
  await writeCheckpoint(session, run, claim, record);
  const { key, row, ...why } = poison;
  await send(
    session,
    journalTables.insertInto('lockstep.quarantined').values({
      ...why,
      run_id: run.id,
      operation_id: claim.operation,
      range_number: claim.number,
      key: keyParameter(key),
      row: jsonParameter(row),
    }),
  );
}

/** The batch counts them in its own checkpoint. */
async function setAsideAlso(
  session: Session,
  run: RunHandle,
  claim: RangeClaim,
  aside: readonly AsideRow[],
): Promise<number> {
  const { rows } = await session.query<{ recorded: string }>(
    `WITH recorded AS (
       INSERT INTO lockstep.quarantined (run_id, operation_id, range_number, key, row, message)
       SELECT $1, $2, $3, a.key, a.row, a.message FROM (
         SELECT ARRAY(SELECT json_array_elements_text(e.value -> 'key')) AS key, e.value -> 'row' AS row, e.value ->> 'message' AS message
         FROM json_array_elements($4::json) AS e
       ) AS a
       WHERE NOT EXISTS (SELECT FROM lockstep.quarantined AS q
         WHERE q.run_id = $1 AND q.operation_id = $2 AND q.key = a.key AND q.replayed_at IS NULL)
       RETURNING 1
     ) SELECT count(*) AS recorded FROM recorded`,
    [run.id, claim.operation, claim.number, JSON.stringify(aside)],
  );
  return Number(rows[0]!.recorded);
}

/** In the order in which they were met; those that were replayed are not among them. */
export async function quarantinedRows(session: Session, runId: string): Promise<readonly QuarantinedRow[]> {
  const rows = await send(
    session,
    journalTables
      .selectFrom('lockstep.quarantined')
      .select([
        'id as number',
        'operation_id as operation',
        'range_number as range',
        keyJson('key').as('key'),
        'row',
        'sqlstate',
        'message as error',
        'detail',
        isoText('at').as('timestamp'),
      ])
      .where('run_id', '=', runId)
      .where('replayed_at', 'is', null)
      .orderBy('id'),
  );
  if (rows.length === 0) return [];
  const tables = await walkedTables(session, runId);
  return rows.map((row) => ({ ...row, table: tables.get(row.operation) ?? '', id: idOf(row.key) }));
}

/** By operation. The journal has them in the graph alone. */
async function walkedTables(session: Session, runId: string): Promise<ReadonlyMap<OperationId, string>> {
  const [run] = await send(session, journalTables.selectFrom('lockstep.run').select('graph').where('id', '=', runId));
  const { operations } = JSON.parse(run!.graph) as OperationGraph;
  return new Map(operations.flatMap((one) => (one.kind === 'batch' ? [[one.id, one.walk.relation] as const] : [])));
}
