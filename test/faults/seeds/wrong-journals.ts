/** Wrong designs of the journal, by name: each must be caught by the test that names it. See design/engine.md, 7. */
import type { BatchRecord, Journal, RunHandle } from '../../../src/executor/journal.js';
import type { Database, Session } from '../../../src/executor/session.js';
import { systemClock } from '../../../src/kernel/clock.js';
import { postgresJournal } from '../../../src/postgres/journal/journal.js';

export type WrongJournal = keyof typeof WRONG_JOURNALS;

export const WRONG_JOURNALS = {
  'checkpoint after the rows': checkpointAfterTheRows,
  'checkpoint ahead of the rows': checkpointAheadOfTheRows,
  'empty claim taken for finished': emptyClaimTakenForFinished,
  'missing fence': missingFence,
  'plain read of the range': plainReadOfTheRange,
  'past a failed check': pastAFailedCheck,
} as const satisfies Readonly<Record<string, (elsewhere: Database) => Journal>>;

/** Between two commits that should be one: as long again as the rows took, so that a few kills meet it. */
function betweenMs(batch: BatchRecord): number {
  return Math.max(20, batch.durationMs);
}

/** Rows are committed first, the checkpoint in a transaction of its own: a crash between them does the rows twice. */
function checkpointAfterTheRows(elsewhere: Database): Journal {
  return {
    ...postgresJournal,
    async checkpoint(session, run, claim, batch) {
      await session.query('COMMIT');
      await systemClock.sleep(betweenMs(batch));
      await elsewhere.transaction((other) => postgresJournal.checkpoint(other, run, claim, batch));
    },
  };
}

/** The checkpoint is committed first: a crash between them leaves the rows out for ever. */
function checkpointAheadOfTheRows(elsewhere: Database): Journal {
  return {
    ...postgresJournal,
    claimRange: (_session, run, id) => elsewhere.transaction((other) => postgresJournal.claimRange(other, run, id)),
    async checkpoint(_session, run, claim, batch) {
      await elsewhere.transaction((other) => postgresJournal.checkpoint(other, run, claim, batch));
      await systemClock.sleep(betweenMs(batch));
    },
  };
}

/** SKIP LOCKED passes over what others hold, also what a dying connection holds and will never finish. */
function emptyClaimTakenForFinished(): Journal {
  return { ...postgresJournal, unfinishedRanges: () => Promise.resolve(0) };
}

/** Every write names whatever epoch there is now, so that a takeover stops nobody. */
function missingFence(): Journal {
  const now = async (session: Session, run: RunHandle): Promise<RunHandle> => {
    const { rows } = await session.query<{ epoch: number }>('SELECT epoch FROM lockstep.run WHERE id = $1', [run.id]);
    return { ...run, epoch: rows[0]!.epoch };
  };
  const real = postgresJournal;
  return {
    ...real,
    lockedState: async (session, run, id) => real.lockedState(session, await now(session, run), id),
    moveOperation: async (session, run, id, to, outcome) =>
      real.moveOperation(session, await now(session, run), id, to, outcome),
    createRanges: async (session, run, id, ranges) => real.createRanges(session, await now(session, run), id, ranges),
    claimRange: async (session, run, id) => real.claimRange(session, await now(session, run), id),
    unfinishedRanges: async (session, run, id) => real.unfinishedRanges(session, await now(session, run), id),
    checkpoint: async (session, run, claim, batch) => real.checkpoint(session, await now(session, run), claim, batch),
  };
}

/** After a lost COMMIT the range is read without its lock: a commit that is still on its way looks like none. */
function plainReadOfTheRange(): Journal {
  return {
    ...postgresJournal,
    async claimRange(session, run, id) {
      const { rows } = await session.query<{ number: number; cursor: string[] | null; upper: string[] }>(
        `SELECT number, to_json(coalesce(cursor, lower)) AS cursor, to_json(upper) AS upper FROM lockstep.range
         WHERE run_id = $1 AND operation_id = $2 AND NOT done ORDER BY number LIMIT 1`,
        [run.id, id],
      );
      return rows[0] === undefined ? null : { operation: id, ...rows[0] };
    },
    async checkpoint(session, run, claim, batch) {
      await session.query(
        `UPDATE lockstep.range SET cursor = $4::text[], done = $5 WHERE run_id = $1 AND operation_id = $2 AND number = $3`,
        [run.id, claim.operation, claim.number, batch.cursor, batch.done],
      );
    },
  };
}

/** Going on takes what has failed for done, as a step list with a pointer does that only moves forward. */
function pastAFailedCheck(): Journal {
  return {
    ...postgresJournal,
    async operations(session, run) {
      const records = await postgresJournal.operations(session, run);
      return records.map((record) => (record.state === 'failed' ? { ...record, state: 'done' } : record));
    },
  };
}
