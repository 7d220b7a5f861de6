/**
 * The definitions that a run left behind, as it went: after each operation that may have changed some, and where a person
 * took a change by somebody else for given. The fingerprint that is expected at a point is made of them.
 */
import { sql } from 'kysely';

import type { Definitions } from '../../catalog/fingerprint.js';
import type { RecordedDefinitions } from '../../catalog/expected-definitions.js';
import type { RunHandle } from '../../executor/journal.js';
import type { Session } from '../../executor/session.js';
import { canonicalJson } from '../../kernel/digest.js';
import type { OperationId } from '../../operation/operation.js';
import { readFingerprintOf } from '../read-fingerprint.js';
import { eventsBefore } from './event-chain.js';
import { journalTables, jsonParameter, send } from './journal-query.js';

export interface DefinitionsOf extends RecordedDefinitions {
  /** Null: a drift that was accepted. */
  readonly operation: OperationId | null;
}

/** `defs` in ASCII. */
const RECORDS = 0x64656673;

/**
 * In the transaction that completes the operation, so that what it did and what is expected after it are one commit. The
 * epoch is the business of the move beside it.
 */
export async function recordDefinitions(
  session: Session,
  run: RunHandle,
  operation: OperationId,
  keys: readonly string[],
): Promise<void> {
  if (keys.length === 0) return;
  // Held to the end of the transaction. What hangs on one operation's tables another one may be changing: whoever reads
  // later records later, and so the last record is the newest.
  await session.query(`SELECT pg_advisory_xact_lock(${RECORDS}, ${BigInt(run.id) % 2n ** 31n})`);
  await insert(session, run.id, operation, keys, await readFingerprintOf(session, keys));
}

/** From now on this is what is expected; the differences stay in the trail, with who accepted them. */
export async function acceptDrift(
  session: Session,
  runId: string,
  { keys, definitions }: RecordedDefinitions,
  differences: readonly string[],
): Promise<void> {
  await insert(session, runId, null, keys, definitions);
  await send(
    session,
    journalTables.insertInto('lockstep.event').values({
      run_id: runId,
      event: 'drift accepted',
      details: jsonParameter({ differences }),
      before: eventsBefore(runId),
    }),
  );
}

/** In the order in which they were made. */
export async function recordedDefinitions(session: Session, runId: string): Promise<readonly DefinitionsOf[]> {
  const rows = await send(
    session,
    journalTables
      .selectFrom('lockstep.definitions')
      .select(['operation_id as operation', 'keys', 'definitions'])
      .where('run_id', '=', runId)
      .orderBy('id'),
  );
  return rows.map((row) => ({ ...row, definitions: JSON.parse(row.definitions) as Definitions }));
}

async function insert(
  session: Session,
  runId: string,
  operation: OperationId | null,
  keys: readonly string[],
  definitions: Definitions,
): Promise<void> {
  await send(
    session,
    journalTables
      .insertInto('lockstep.definitions')
      .values({
        run_id: runId,
        operation_id: operation,
        keys: sql<string>`${JSON.stringify(keys)}::json`,
        definitions: canonicalJson(definitions),
      })
      // The same end told twice: a COMMIT whose answer was lost.
      .onConflict((conflict) => conflict.doNothing()),
  );
}
