import { describe, expect, test } from 'vitest';

import type { BatchRecord, RunHandle } from '../../../src/executor/journal.js';
import { FencedError } from '../../../src/executor/journal.js';
import type { Session } from '../../../src/executor/session.js';
import { postgresJournal as journal } from '../../../src/postgres/journal/journal.js';
import { migrate } from '../../../src/postgres/journal/migrate.js';
import { beginRun } from '../../../src/postgres/journal/runs.js';
import { approve, events } from '../../../src/postgres/journal/trail.js';
import { testDatabase } from '../../support/database.js';
import { graphOf, inTransaction, newRun, rangesOf, runWithRanges, wholeRange } from './journal-fixture.js';

for (const major of [18, 15]) {
  const { database, query, value } = await testDatabase({ major });
  await database.withSession((session) => migrate(session));
  const withSession = <T>(work: (session: Session) => Promise<T>): Promise<T> => database.withSession(work);
  /** Two sessions at once, with an open transaction each. */
  const withTwo = (work: (one: Session, two: Session) => Promise<void>): Promise<void> =>
    withSession((one) => withSession((two) => inTransaction(one, () => inTransaction(two, () => work(one, two)))));
  const isWaiting = (): Promise<unknown> =>
    value(`SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`);

  describe(`ranges on server ${major}`, () => {
    test('two sessions claim two of them, a third gets none while they are unfinished', async () => {
      const run = await withSession((session) => runWithRanges(session, `claims`, 2));
      await withTwo(async (one, two) => {
        expect(await journal.claimRange(one, run, 'fill')).toEqual({
          operation: 'fill',
          number: 1,
          cursor: null,
          upper: ['10'],
        });
        expect(await journal.claimRange(two, run, 'fill')).toMatchObject({ number: 2, cursor: ['10'], upper: ['20'] });
        await withSession(async (three) => {
          expect(await journal.claimRange(three, run, 'fill')).toBeNull();
          expect(await journal.unfinishedRanges(three, run, 'fill')).toBe(2);
        });
      });
    });

    test('are made once, also by two at the same moment', async () => {
      const run = await withSession((session) => beginRun(session, newRun(graphOf('cuts', 'fill'))));
      await withSession((one) =>
        withSession(async (two) => {
          await one.query('BEGIN');
          await journal.createRanges(one, run, 'fill', rangesOf(2));
          const second = inTransaction(two, () => journal.createRanges(two, run, 'fill', rangesOf(5)));
          await expect.poll(isWaiting).toBe(1);
          await one.query('COMMIT');
          await second;
          await journal.createRanges(two, run, 'fill', rangesOf(3));
          expect(await journal.unfinishedRanges(two, run, 'fill')).toBe(2);
        }),
      );
    });

    test('none at all is a walk that has ended', async () => {
      await withSession(async (session) => {
        const run = await beginRun(session, newRun(graphOf('empty', 'fill')));
        await journal.createRanges(session, run, 'fill', []);
        expect(await journal.claimRange(session, run, 'fill')).toBeNull();
        expect(await journal.unfinishedRanges(session, run, 'fill')).toBe(0);
        expect(await journal.counts(session, run, 'fill')).toEqual({
          ...{ read: 0, changed: 0, skipped: 0, kept: 0, quarantined: 0, batches: 0 },
        });
      });
    });
  });

  describe(`checkpoints on server ${major}`, () => {
    test('are lost and kept with the rows', async () => {
      await query('CREATE TABLE worked (id int)');
      await withSession(async (session) => {
        const run = await runWithRanges(session, 'atomic', 1);
        const batch = async (): Promise<void> => {
          const claim = (await journal.claimRange(session, run, 'fill'))!;
          expect(claim.cursor).toBeNull();
          await session.query('INSERT INTO worked VALUES (1)');
          await journal.checkpoint(session, run, claim, wholeRange(claim));
        };
        await session.query('BEGIN');
        await batch();
        await session.query('ROLLBACK');
        expect(await value('SELECT count(*)::int FROM worked')).toBe(0);
        expect(await journal.counts(session, run, 'fill')).toMatchObject({ read: 0, batches: 0 });
        expect(await journal.unfinishedRanges(session, run, 'fill')).toBe(1);
        expect(await value(`SELECT count(*)::int FROM lockstep.batch WHERE run_id = ${run.id}`)).toBe(0);

        await inTransaction(session, batch);
        expect(await value('SELECT count(*)::int FROM worked')).toBe(1);
        expect(await journal.counts(session, run, 'fill')).toMatchObject({ read: 10, batches: 1 });
        expect(await journal.unfinishedRanges(session, run, 'fill')).toBe(0);
        expect(await journal.claimRange(session, run, 'fill')).toBeNull();
      });
    });

    test.each([
      ['2026-03-01 12:00:00.123456+00', '9223372036854775807'],
      ['-9223372036854775808'],
      ['a,b', '{"x"}', 'back\\slash', "it's", 'NULL', '', ' ', '日本 🙂', 'line\nbreak'],
    ])('keep a cursor to the last character: %j', async (...cursor: string[]) => {
      await withSession(async (session) => {
        const run = await beginRun(session, newRun(graphOf(`cursor ${cursor[0]!}`, 'fill')));
        const top = cursor.map((part) => `${part}~`);
        await journal.createRanges(session, run, 'fill', [{ lower: null, upper: top }]);
        await inTransaction(session, async () => {
          const claim = (await journal.claimRange(session, run, 'fill'))!;
          expect(claim).toEqual({ operation: 'fill', number: 1, cursor: null, upper: top });
          await journal.checkpoint(session, run, claim, { ...wholeRange(claim), cursor, done: false });
        });
        expect((await journal.claimRange(session, run, 'fill'))!.cursor).toEqual(cursor);
        // The server compares it as what it is.
        if (cursor.length !== 2) return;
        const { rows } = await session.query<{ same: boolean }>(
          `SELECT cursor[1]::timestamptz = '2026-03-01 12:00:00.123456+00'::timestamptz
             AND cursor[2]::bigint = 9223372036854775807 AS same FROM lockstep.range WHERE run_id = $1`,
          [run.id],
        );
        expect(rows).toEqual([{ same: true }]);
      });
    });

    test('go on only from where the claim began, and never after the end', async () => {
      await withSession(async (session) => {
        const run = await runWithRanges(session, 'twice', 1);
        const claim = (await journal.claimRange(session, run, 'fill'))!;
        const half: BatchRecord = { ...wholeRange(claim, 5), cursor: ['5'], done: false };
        await journal.checkpoint(session, run, claim, half);
        await expect(journal.checkpoint(session, run, claim, half)).rejects.toThrow('where the batch began');
        const rest = (await journal.claimRange(session, run, 'fill'))!;
        await journal.checkpoint(session, run, rest, wholeRange(rest, 5));
        await expect(journal.checkpoint(session, run, rest, wholeRange(rest, 5))).rejects.toThrow(
          'where the batch began',
        );
        expect(await journal.counts(session, run, 'fill')).toMatchObject({ read: 10, batches: 2 });
      });
    });

    test('keep the transaction id where it is needed, and twenty findings', async () => {
      await withSession(async (session) => {
        const run = await runWithRanges(session, 'evidence', 3);
        const findings = Array.from({ length: 10 }, (_, n) => ({ what: 'kept', key: [`${n}`], note: "it's" }));
        const xids: unknown[] = [];
        for (const provenance of [true, false, true]) {
          await inTransaction(session, async () => {
            const claim = (await journal.claimRange(session, run, 'fill'))!;
            const batch = wholeRange(claim);
            await journal.checkpoint(session, run, claim, {
              ...batch,
              provenance,
              counts: { ...batch.counts, findings },
            });
            const { rows } = await session.query<{ xid: string }>('SELECT pg_current_xact_id() AS xid');
            xids.push(provenance ? rows[0]!.xid : null);
          });
        }
        const batches = await query<{ xid: string | null }>(
          `SELECT xid, range_number, number FROM lockstep.batch WHERE run_id = ${run.id} ORDER BY range_number`,
        );
        expect(batches.map(({ xid }) => xid)).toEqual(xids);
        const kept = await query(`SELECT what, detail FROM lockstep.finding WHERE run_id = ${run.id} ORDER BY id`);
        expect(kept).toHaveLength(20);
        expect(kept[0]).toEqual({ what: 'kept', detail: findings[0] });
      });
    });
  });

  describe(`operations on server ${major}`, () => {
    const moves = async (session: Session, run: RunHandle): Promise<readonly unknown[]> =>
      (await events(session, run.id))
        .filter(({ event }) => event === 'operation moved')
        .map(({ operation, from, to }) => [operation, from, to]);

    test('move with their events; the same state again keeps the outcome only', async () => {
      await withSession(async (session) => {
        const run = await beginRun(session, newRun(graphOf('moves', 'a', 'b')));
        const error = { code: 'x', message: 'it\'s "bad" \\ 🙂' };
        await inTransaction(session, async () => {
          await journal.moveOperation(session, run, 'a', 'running');
          await journal.moveOperation(session, run, 'a', 'failed', { error });
          await journal.moveOperation(session, run, 'a', 'failed', { error: { ...error, code: 'y' } });
        });
        expect(await journal.operations(session, run)).toEqual([
          { id: 'a', state: 'failed', outcome: { error: { ...error, code: 'y' } } },
          { id: 'b', state: 'pending', outcome: null },
        ]);
        expect(await moves(session, run)).toEqual([
          ['a', 'pending', 'running'],
          ['a', 'running', 'failed'],
        ]);
        await journal.moveOperation(session, run, 'a', 'running');
        expect((await journal.operations(session, run))[0]).toMatchObject({ state: 'running', outcome: null });
        await journal.moveOperation(session, run, 'a', 'done', { reason: 'r' });
        await journal.moveOperation(session, run, 'a', 'done', { reason: 's' });
        await expect(journal.moveOperation(session, run, 'a', 'running')).rejects.toThrow('is done and cannot become');
        expect((await journal.operations(session, run))[0]).toEqual({
          id: 'a',
          state: 'done',
          outcome: { reason: 's' },
        });
        expect(await value(`SELECT attempts FROM lockstep.operation WHERE run_id = ${run.id} AND id = 'a'`)).toBe(3);
      });
    });

    test('that are rolled back leave no event', async () => {
      await withSession(async (session) => {
        const run = await beginRun(session, newRun(graphOf('undone', 'a')));
        await session.query('BEGIN');
        await journal.moveOperation(session, run, 'a', 'running');
        await session.query('ROLLBACK');
        expect(await moves(session, run)).toEqual([]);
        expect(await journal.lockedState(session, run, 'a')).toBe('pending');
      });
    });

    test('lockedState waits for a transaction that may still commit', async () => {
      await withSession((one) =>
        withSession(async (two) => {
          const run = await beginRun(one, newRun(graphOf('doubt', 'a')));
          await one.query('BEGIN');
          await journal.moveOperation(one, run, 'a', 'done');
          const state = journal.lockedState(two, run, 'a');
          await expect.poll(isWaiting).toBe(1);
          await one.query('COMMIT');
          expect(await state).toBe('done');
        }),
      );
    });

    test('wait from when they first left pending, and collect approvals', async () => {
      await withSession(async (session) => {
        const run = await beginRun(session, newRun(graphOf('gates', 'gate')));
        expect(await journal.waitedMs(session, run, 'gate')).toBe(0);
        await journal.moveOperation(session, run, 'gate', 'waiting');
        await query(
          `UPDATE lockstep.operation SET first_left_pending_at = clock_timestamp() - interval '90 minutes' WHERE run_id = ${run.id}`,
        );
        await journal.moveOperation(session, run, 'gate', 'failed');
        await journal.moveOperation(session, run, 'gate', 'waiting');
        expect(await journal.waitedMs(session, run, 'gate')).toBeGreaterThanOrEqual(90 * 60_000);
        expect(await journal.approvals(session, run, 'gate')).toEqual([]);
        expect(await approve(session, run.id, 'gate', 'looks "good"')).toBe(true);
        expect(await approve(session, run.id, 'gate')).toBe(false);
        const { rows } = await session.query<{ by: string }>('SELECT session_user::text AS by');
        expect(await journal.approvals(session, run, 'gate')).toEqual([
          { by: rows[0]!.by, at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/) as string },
        ]);
        await expect(approve(session, run.id, 'no such gate')).rejects.toMatchObject({ facts: { sqlstate: '23503' } });
      });
    });

    test('that the run does not have are a defect, not a fence', async () => {
      await withSession(async (session) => {
        const run = await beginRun(session, newRun(graphOf('unknown', 'a')));
        const refusal: unknown = await journal
          .moveOperation(session, run, 'b', 'done')
          .catch((error: unknown) => error);
        expect(refusal).not.toBeInstanceOf(FencedError);
        expect(refusal).toMatchObject({ message: expect.stringContaining('operation b of run') as string });
      });
    });
  });
}
