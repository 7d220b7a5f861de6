import { describe, expect, test } from 'vitest';

import { FencedError, type RunHandle } from '../../../src/executor/journal.js';
import type { Session } from '../../../src/executor/session.js';
import { letGoOfRun, tryHoldRun } from '../../../src/postgres/journal/advisory.js';
import { beginRollback } from '../../../src/postgres/journal/begin-rollback.js';
import { postgresJournal as journal } from '../../../src/postgres/journal/journal.js';
import { JournalRefusal } from '../../../src/postgres/journal/journal-refusal.js';
import { migrate } from '../../../src/postgres/journal/migrate.js';
import { moveRun } from '../../../src/postgres/journal/move-run.js';
import { beginRun } from '../../../src/postgres/journal/runs.js';
import { takeOver } from '../../../src/postgres/journal/take-over.js';
import { testDatabase } from '../../support/database.js';
import { graphOf, newRun, rangesOf, runWithRanges, wholeRange } from './journal-fixture.js';

const other = { executor: 'other pid 2' };

/** Everything that an executor of the old epoch may still try. */
const WRITES: Readonly<Record<string, (session: Session, run: RunHandle) => Promise<unknown>>> = {
  lockedState: (session, run) => journal.lockedState(session, run, 'fill'),
  'moveOperation to another state': (session, run) => journal.moveOperation(session, run, 'fill', 'done'),
  'moveOperation to the same state': (session, run) => journal.moveOperation(session, run, 'fill', 'running', {}),
  createRanges: (session, run) => journal.createRanges(session, run, 'fill', rangesOf(9)),
  claimRange: (session, run) => journal.claimRange(session, run, 'fill'),
  unfinishedRanges: (session, run) => journal.unfinishedRanges(session, run, 'fill'),
  checkpoint: (session, run) => {
    const claim = { operation: 'fill', number: 2, cursor: ['10'], upper: ['20'] };
    return journal.checkpoint(session, run, claim, wholeRange(claim));
  },
  'checkpoint of a range that is done': (session, run) => {
    const claim = { operation: 'fill', number: 1, cursor: ['10'], upper: ['10'] };
    return journal.checkpoint(session, run, claim, wholeRange(claim));
  },
  moveRun: (session, run) => moveRun(session, run, 'failed'),
  'moveRun to the same status': (session, run) => moveRun(session, run, 'running'),
  beginRollback: (session, run) => beginRollback(session, run, graphOf('fenced', 'undo/fill')),
};

for (const major of [18, 15]) {
  const { database, query, value } = await testDatabase({ major });
  await database.withSession((session) => migrate(session));
  const withTwo = (work: (old: Session, next: Session) => Promise<void>): Promise<void> =>
    database.withSession((old) => database.withSession((next) => work(old, next)));
  const isWaiting = (): Promise<unknown> =>
    value(`SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`);

  describe(`a takeover on server ${major}`, () => {
    test.each(Object.entries(WRITES))('fences %s, which writes nothing', async (name, write) => {
      await withTwo(async (old, next) => {
        const run = await runWithRanges(old, `fenced ${name}`, 2);
        const first = (await journal.claimRange(old, run, 'fill'))!;
        await journal.checkpoint(old, run, first, wholeRange(first));
        const handle = await takeOver(next, run.id, other);
        expect(handle).toEqual({ id: run.id, epoch: run.epoch + 1 });
        const before = await written(run);
        await expect(write(old, run)).rejects.toBeInstanceOf(FencedError);
        expect(await written(run)).toEqual(before);
        // The new one goes on where the old one was.
        expect(await journal.claimRange(next, handle, 'fill')).toMatchObject({ number: 2 });
      });
    });

    /** All that the journal has of the run, with the versions of the rows. */
    const written = (run: RunHandle): Promise<readonly unknown[]> =>
      query(
        `SELECT 'run' AS of, xmin, to_json(t)::text AS row FROM lockstep.run t WHERE id = ${run.id}
         UNION ALL SELECT 'operation', xmin, to_json(t)::text FROM lockstep.operation t WHERE run_id = ${run.id}
         UNION ALL SELECT 'range', xmin, to_json(t)::text FROM lockstep.range t WHERE run_id = ${run.id}
         UNION ALL SELECT 'batch', xmin, to_json(t)::text FROM lockstep.batch t WHERE run_id = ${run.id}
         UNION ALL SELECT 'event', xmin, to_json(t)::text FROM lockstep.event t WHERE run_id = ${run.id}
         ORDER BY 1, 3`,
      );

    test('waits for the batch in flight, keeps it, and fences the next one', async () => {
      await withTwo(async (old, next) => {
        const run = await runWithRanges(old, 'in flight', 2);
        await old.query('BEGIN');
        const claim = (await journal.claimRange(old, run, 'fill'))!;
        const taking = takeOver(next, run.id, { ...other, waitMs: 0 });
        await expect.poll(isWaiting).toBe(1);
        await journal.checkpoint(old, run, claim, { ...wholeRange(claim, 5), cursor: ['5'], done: false });
        await old.query('COMMIT');
        const handle = await taking;
        expect(await journal.counts(next, handle, 'fill')).toMatchObject({ read: 5, batches: 1 });
        await expect(journal.claimRange(old, run, 'fill')).rejects.toBeInstanceOf(FencedError);
        expect(await journal.claimRange(next, handle, 'fill')).toMatchObject({ number: 1, cursor: ['5'] });
      });
    });

    test('waits for nothing else: not for a transaction of the old one that only reads', async () => {
      await withTwo(async (old, next) => {
        const run = await runWithRanges(old, 'reading', 2);
        await old.query('BEGIN');
        await journal.operations(old, run);
        await journal.counts(old, run, 'fill');
        expect(await takeOver(next, run.id, { ...other, waitMs: 1 })).toEqual({ id: run.id, epoch: 2 });
        await old.query('ROLLBACK');
      });
    });

    test('also gets the ranges that were being made while it waited', async () => {
      await withTwo(async (old, next) => {
        const run = await beginRun(old, newRun(graphOf('cutting', 'fill')));
        await old.query('BEGIN');
        await journal.createRanges(old, run, 'fill', rangesOf(2));
        const taking = takeOver(next, run.id, { ...other, waitMs: 0 });
        await expect.poll(isWaiting).toBe(1);
        await old.query('COMMIT');
        const handle = await taking;
        await expect(journal.claimRange(old, run, 'fill')).rejects.toBeInstanceOf(FencedError);
        expect(await journal.claimRange(next, handle, 'fill')).toMatchObject({ number: 1 });
      });
    });

    test('gives up on a transaction that does not end, names it, and has changed nothing', async () => {
      await withTwo(async (old, next) => {
        const run = await runWithRanges(old, 'paused', 1);
        await old.query('BEGIN');
        const claim = (await journal.claimRange(old, run, 'fill'))!;
        const { rows } = await old.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
        const refusal: unknown = await takeOver(next, run.id, { ...other, waitMs: 20 }).catch(
          (error: unknown) => error,
        );
        expect(refusal).toBeInstanceOf(JournalRefusal);
        expect(refusal).toMatchObject({
          reason: 'held',
          message: `a transaction of the run does not end (server process ${rows[0]!.pid})`,
        });
        await journal.checkpoint(old, run, claim, wholeRange(claim));
        await old.query('COMMIT');
        expect(await journal.unfinishedRanges(old, run, 'fill')).toBe(0);
      });
    });

    test('of two at the same moment, the later one has the run', async () => {
      await withTwo(async (one, two) => {
        const run = await runWithRanges(one, 'both', 1);
        const handles = await Promise.all([takeOver(one, run.id, other), takeOver(two, run.id, other)]);
        const [first, last] = handles.toSorted((a, b) => a.epoch - b.epoch);
        expect([first!.epoch, last!.epoch]).toEqual([2, 3]);
        await expect(journal.claimRange(one, first!, 'fill')).rejects.toBeInstanceOf(FencedError);
        expect(await journal.claimRange(one, last!, 'fill')).toMatchObject({ number: 1 });
      });
    });
  });

  test(`one session holds a plan on server ${major}`, async () => {
    await withTwo(async (one, two) => {
      expect(await tryHoldRun(one, 'held')).toBe(true);
      expect(await tryHoldRun(two, 'held')).toBe(false);
      expect(await tryHoldRun(two, 'another')).toBe(true);
      await letGoOfRun(one, 'held');
      expect(await tryHoldRun(two, 'held')).toBe(true);
    });
  });
}
