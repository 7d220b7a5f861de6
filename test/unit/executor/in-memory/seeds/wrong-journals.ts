/** Wrong designs of the journal, on the one in memory; those of the one in PostgreSQL are in `test/faults/seeds`. */
import type { Journal, OperationRecord, RangeClaim, RunHandle } from '../../../../../src/executor/journal.js';
import type { Session } from '../../../../../src/executor/session.js';
import { call, rowsOf, type RangeRow } from '../../../../support/in-memory/journal-rows.js';
import type { Design } from '../../../../support/in-memory/memory-run.js';

/** Every write names whatever epoch there is now, so that a takeover stops nobody. */
export const missingFence: Design = {
  journal: (real) => {
    const now = async (session: Session, run: RunHandle): Promise<RunHandle> =>
      call(session, 'epoch', '', (backend) => ({ ...run, epoch: rowsOf(backend).run(run)!.epoch }));
    return {
      ...real,
      lockedState: async (session, run, id) => real.lockedState(session, await now(session, run), id),
      moveOperation: async (session, run, ...rest) => real.moveOperation(session, await now(session, run), ...rest),
      createRanges: async (session, run, ...rest) => real.createRanges(session, await now(session, run), ...rest),
      claimRange: async (session, run, ...rest) => real.claimRange(session, await now(session, run), ...rest),
      unfinishedRanges: async (session, run, id) => real.unfinishedRanges(session, await now(session, run), id),
      checkpoint: async (session, run, ...rest) => real.checkpoint(session, await now(session, run), ...rest),
    };
  },
};

/** A COMMIT whose answer was lost is taken for one that failed: the same batch is sent again. */
export const resendsTheBatch: Design = {
  journal: (real) => {
    const given: { claim?: RangeClaim; isDone?: boolean } = {};
    return {
      ...real,
      async claimRange(session, run, id, number) {
        if (given.claim !== undefined && given.isDone !== true) return given.claim;
        const claim = await real.claimRange(session, run, id, number);
        Object.assign(given, { claim: claim ?? undefined, isDone: false });
        return claim;
      },
      checkpoint: checkpointAnyhow,
      counts(session, run, id) {
        // Only behind a COMMIT that has been answered.
        given.isDone = true;
        return real.counts(session, run, id);
      },
    };
  },
};

/** After a lost COMMIT the range is read without its lock: a commit that is still on its way looks like none. */
export const plainReadOfTheRange: Design = {
  journal: (real) => ({
    ...real,
    claimRange: (session, run, id) =>
      call(session, 'claimRange', id, (backend) => {
        const range = rowsOf(backend)
          .ranges(run, id)
          .find(({ done }) => !done);
        return range === undefined
          ? null
          : { operation: id, number: range.number, cursor: range.cursor ?? range.lower, upper: range.upper };
      }),
    checkpoint: checkpointAnyhow,
  }),
};

/** Likewise the state of an operation. */
export const plainReadOfTheState: Design = {
  journal: (real) => ({
    ...real,
    async lockedState(session, run, id) {
      return (await real.operations(session, run)).find((record) => record.id === id)!.state;
    },
  }),
};

/** What was begun is sent again, whatever became of it. */
export const sendsAgainWithoutALook: Design = {
  journal: (real) => ({ ...real, lockedState: () => Promise.resolve('running') }),
};

/** Going on takes what has failed for done, as a step list with a pointer does that only moves forward. */
export const pastAFailure: Design = recordsAs((record) =>
  record.state === 'failed' ? { ...record, state: 'done' } : record,
);

/** Nobody remembers that a statement was sent. */
export const intentForgotten: Design = recordsAs((record) =>
  record.state === 'running' || record.state === 'in doubt' ? { ...record, state: 'pending' } : record,
);

/** That a condition was asked is remembered, and what it answered is not. */
export const answersForgotten: Design = recordsAs((record) => ({ ...record, outcome: null }));

/** SKIP LOCKED passes over what others hold, also what a dying connection holds and will never finish. */
export const emptyClaimIsTheEnd: Design = {
  journal: (real) => ({ ...real, unfinishedRanges: () => Promise.resolve(0) }),
};

/** Rows are committed first, the checkpoint in a transaction of its own. */
export const checkpointAfterTheRows: Design = {
  journal: (real) => ({
    ...real,
    async checkpoint(session, run, claim, batch) {
      await session.query('COMMIT');
      await session.query('BEGIN');
      await real.checkpoint(session, run, claim, batch);
    },
  }),
};

/** Whoever is to stop writes nothing down any more, and its batch commits all the same. */
export const stopDropsTheCheckpoint: Design = {
  journal: (real, stop) => ({
    ...real,
    checkpoint: (session, run, claim, batch) =>
      stop.aborted ? Promise.resolve() : real.checkpoint(session, run, claim, batch),
  }),
};

/** A row that stands aside is written down, and the walk stays before it. */
export const cursorStaysBeforeTheRow: Design = {
  journal: (real) => ({
    ...real,
    setAside: (session, run, claim, row) =>
      real
        .setAsideAlso(session, run, claim, [{ key: row.key, row: row.row ?? {}, message: row.message }])
        .then(() => undefined),
  }),
};

/** Wherever the range stands by now. */
const checkpointAnyhow: Journal['checkpoint'] = (session, run, claim, { cursor, done }) =>
  call(session, 'checkpoint', claim.operation, async (backend) => {
    const rows = rowsOf(backend);
    const find = (): RangeRow => rows.ranges(run, claim.operation).find(({ number }) => number === claim.number)!;
    await backend.lock(rows.rangeKey(run, find()));
    rows.putRange(run, { ...find(), cursor, done });
  });

function recordsAs(change: (record: OperationRecord) => OperationRecord): Design {
  return {
    journal: (real): Journal => ({
      ...real,
      operations: async (session, run) => (await real.operations(session, run)).map(change),
    }),
  };
}
