/**
 * What the executor counts on in a `Journal`, whoever implements it: played on the one in PostgreSQL and on the one in memory.
 * Long, because it is one contract, read beside the port. Takeovers are in `takeovers`; what only SQL shows is tested where the SQL is.
 */
import { describe, expect, test } from 'vitest';

import { FencedError, type BatchRecord, type RunHandle } from '../../src/executor/journal.js';
import type { Session } from '../../src/executor/session.js';
import { inTransaction, rangesOf, untilWaiting, wholeRange, type JournalWorld } from './journal-world.js';

export function journalContract(name: string, world: JournalWorld): void {
  const { database, journal } = world;
  const withSession = <T>(work: (session: Session) => Promise<T>): Promise<T> => database.withSession(work);
  const withTwo = (work: (one: Session, two: Session) => Promise<void>): Promise<void> =>
    withSession((one) => withSession((two) => inTransaction(one, () => inTransaction(two, () => work(one, two)))));
  const runWithRanges = async (session: Session, count: number): Promise<RunHandle> => {
    const run = await world.begin(session, 'fill');
    await inTransaction(session, () => journal.createRanges(session, run, 'fill', rangesOf(count)));
    return run;
  };

  describe(`ranges ${name}`, () => {
    test('two sessions claim two of them, a third gets none while they are unfinished', async () => {
      const run = await withSession((session) => runWithRanges(session, 2));
      await withTwo(async (one, two) => {
        expect(await journal.claimRange(one, run, 'fill')).toEqual({
          ...{ operation: 'fill', number: 1, cursor: null, upper: ['10'] },
        });
        expect(await journal.claimRange(two, run, 'fill')).toMatchObject({ number: 2, cursor: ['10'], upper: ['20'] });
        await withSession(async (three) => {
          expect(await journal.claimRange(three, run, 'fill')).toBeNull();
          expect(await journal.claimRange(three, run, 'fill', 2)).toBeNull();
          expect(await journal.unfinishedRanges(three, run, 'fill')).toBe(2);
        });
      });
      await withSession(async (session) => {
        expect(await journal.claimRange(session, run, 'fill', 2)).toMatchObject({ number: 2 });
      });
    });

    test('are made once, also by two at the same moment', async () => {
      const run = await withSession((session) => world.begin(session, 'fill'));
      await withSession((one) =>
        withSession(async (two) => {
          await one.query('BEGIN');
          await journal.createRanges(one, run, 'fill', rangesOf(2));
          const second = inTransaction(two, () => journal.createRanges(two, run, 'fill', rangesOf(5)));
          await untilWaiting(world);
          await one.query('COMMIT');
          await second;
          await journal.createRanges(two, run, 'fill', rangesOf(3));
          expect(await journal.unfinishedRanges(two, run, 'fill')).toBe(2);
        }),
      );
    });

    test('none at all is a walk that has ended', async () => {
      await withSession(async (session) => {
        const run = await world.begin(session, 'fill');
        await journal.createRanges(session, run, 'fill', []);
        expect(await journal.claimRange(session, run, 'fill')).toBeNull();
        expect(await journal.unfinishedRanges(session, run, 'fill')).toBe(0);
        expect(await journal.counts(session, run, 'fill')).toEqual({
          ...{ read: 0, changed: 0, skipped: 0, kept: 0, quarantined: 0, batches: 0 },
        });
      });
    });

    test('of one operation are no ranges of another', async () => {
      await withSession(async (session) => {
        const run = await world.begin(session, 'fill', 'fill/more');
        await journal.createRanges(session, run, 'fill/more', rangesOf(2));
        expect(await journal.unfinishedRanges(session, run, 'fill')).toBe(0);
        expect(await journal.unfinishedRanges(session, run, 'fill/more')).toBe(2);
      });
    });
  });

  describe(`checkpoints ${name}`, () => {
    test('are lost and kept with their transaction', async () => {
      await withSession(async (session) => {
        const run = await runWithRanges(session, 1);
        const batch = async (): Promise<void> => {
          const claim = (await journal.claimRange(session, run, 'fill'))!;
          expect(claim.cursor).toBeNull();
          await journal.checkpoint(session, run, claim, wholeRange(claim));
        };
        await session.query('BEGIN');
        await batch();
        expect(await journal.unfinishedRanges(session, run, 'fill')).toBe(0);
        await session.query('ROLLBACK');
        expect(await journal.counts(session, run, 'fill')).toMatchObject({ read: 0, batches: 0 });
        expect(await journal.unfinishedRanges(session, run, 'fill')).toBe(1);
        await inTransaction(session, batch);
        expect(await journal.counts(session, run, 'fill')).toMatchObject({ read: 10, batches: 1 });
        expect(await journal.unfinishedRanges(session, run, 'fill')).toBe(0);
        expect(await journal.claimRange(session, run, 'fill')).toBeNull();
      });
    });

    test.each([
      ['2026-03-01 12:00:00.123456+00', '9223372036854775807'],
      ['a,b', '{"x"}', 'back\\slash', "it's", 'NULL', '', ' ', '日本 🙂', 'line\nbreak'],
    ])('keep a cursor to the last character: %j', async (...cursor: string[]) => {
      await withSession(async (session) => {
        const run = await world.begin(session, 'fill');
        const upper = cursor.map((part) => `${part}~`);
        await journal.createRanges(session, run, 'fill', [{ lower: null, upper }]);
        await inTransaction(session, async () => {
          const claim = (await journal.claimRange(session, run, 'fill'))!;
          await journal.checkpoint(session, run, claim, { ...wholeRange(claim), cursor, done: false });
        });
        const next = await journal.claimRange(session, run, 'fill');
        expect(next).toEqual({ operation: 'fill', number: 1, cursor, upper });
      });
    });

    test('go on only from where the claim began, and never after the end', async () => {
      await withSession(async (session) => {
        const run = await runWithRanges(session, 1);
        const claim = (await journal.claimRange(session, run, 'fill'))!;
        const half: BatchRecord = { ...wholeRange(claim, 5), cursor: ['5'], done: false };
        await journal.checkpoint(session, run, claim, half);
        await expect(journal.checkpoint(session, run, claim, half)).rejects.toThrow('where the batch began');
        const rest = (await journal.claimRange(session, run, 'fill'))!;
        expect(rest.cursor).toEqual(['5']);
        await journal.checkpoint(session, run, rest, wholeRange(rest, 5));
        const again = journal.checkpoint(session, run, rest, wholeRange(rest, 5));
        await expect(again).rejects.toThrow('where the batch began');
        expect(await journal.counts(session, run, 'fill')).toMatchObject({ read: 10, batches: 2 });
      });
    });

    test('of one row that stands aside: passed over, counted, and gone with a transaction that is rolled back', async () => {
      await withSession(async (session) => {
        const run = await runWithRanges(session, 1);
        const setAside = async (): Promise<void> => {
          const claim = (await journal.claimRange(session, run, 'fill'))!;
          const poison = { key: ['1'], row: { id: 1 }, sqlstate: '22P02', message: 'no', detail: null };
          await journal.setAside(session, run, claim, poison);
        };
        await session.query('BEGIN');
        await setAside();
        await session.query('ROLLBACK');
        expect(await journal.standingAside(session, run, 'fill')).toBe(0);
        await inTransaction(session, setAside);
        expect(await journal.standingAside(session, run, 'fill')).toBe(1);
        const claim = (await journal.claimRange(session, run, 'fill'))!;
        expect(claim.cursor).toEqual(['1']);
        expect(await journal.counts(session, run, 'fill')).toMatchObject({ read: 1, quarantined: 1 });
        const aside = ['1', '2'].map((key) => ({ key: [key], row: { id: key }, message: 'no' }));
        expect(await journal.setAsideAlso(session, run, claim, aside)).toBe(1);
        expect(await journal.standingAside(session, run, 'fill')).toBe(2);
      });
    });
  });

  describe(`operations ${name}`, () => {
    test('move with their events; the same state again keeps the outcome only', async () => {
      await withSession(async (session) => {
        const run = await world.begin(session, 'a', 'b');
        const error = { code: 'x', message: 'it\'s "bad" \\ 🙂' };
        await inTransaction(session, async () => {
          await journal.moveOperation(session, run, 'a', 'running');
          await journal.moveOperation(session, run, 'a', 'failed', { error });
          await journal.moveOperation(session, run, 'a', 'failed', { error: { ...error, code: 'y' } });
          await journal.moveOperation(session, run, 'a', 'failed');
        });
        expect(await journal.operations(session, run)).toEqual([
          { id: 'a', state: 'failed', outcome: { error: { ...error, code: 'y' } } },
          { id: 'b', state: 'pending', outcome: null },
        ]);
        expect(await world.moves(run)).toEqual([
          ['a', 'pending', 'running'],
          ['a', 'running', 'failed'],
        ]);
        await journal.moveOperation(session, run, 'a', 'running');
        expect((await journal.operations(session, run))[0]).toMatchObject({ state: 'running', outcome: null });
        await journal.moveOperation(session, run, 'a', 'done', { reason: 'r' });
        await journal.moveOperation(session, run, 'a', 'done', { reason: 's' });
        await expect(journal.moveOperation(session, run, 'a', 'running')).rejects.toThrow('is done and cannot become');
        const [a] = await journal.operations(session, run);
        expect(a).toEqual({ id: 'a', state: 'done', outcome: { reason: 's' } });
        // A check that is asked again.
        await journal.moveOperation(session, run, 'a', 'pending');
        expect((await journal.operations(session, run))[0]).toMatchObject({ state: 'pending', outcome: null });
      });
    });

    test('that are rolled back leave no event', async () => {
      await withSession(async (session) => {
        const run = await world.begin(session, 'a');
        await session.query('BEGIN');
        await journal.moveOperation(session, run, 'a', 'running');
        await session.query('ROLLBACK');
        expect(await world.moves(run)).toEqual([]);
        expect(await journal.lockedState(session, run, 'a')).toBe('pending');
      });
    });

    test('lockedState waits for a transaction that may still commit, and a plain read does not', async () => {
      await withSession((one) =>
        withSession(async (two) => {
          const run = await world.begin(one, 'a');
          await one.query('BEGIN');
          await journal.moveOperation(one, run, 'a', 'done');
          expect(await journal.operations(two, run)).toMatchObject([{ state: 'pending' }]);
          const state = journal.lockedState(two, run, 'a');
          await untilWaiting(world);
          await one.query('COMMIT');
          expect(await state).toBe('done');
        }),
      );
    });

    test('wait from when they first left pending, and collect approvals', async () => {
      await withSession(async (session) => {
        const run = await world.begin(session, 'gate');
        expect(await journal.waitedMs(session, run, 'gate')).toBe(0);
        await journal.moveOperation(session, run, 'gate', 'waiting');
        await world.pass(run, 90 * 60_000);
        await journal.moveOperation(session, run, 'gate', 'failed');
        await journal.moveOperation(session, run, 'gate', 'waiting');
        expect(await journal.waitedMs(session, run, 'gate')).toBeGreaterThanOrEqual(90 * 60_000);
        expect(await journal.approvals(session, run, 'gate', 'dba')).toEqual([]);
        expect(await world.approve(session, run, 'gate')).toBe(true);
        expect(await world.approve(session, run, 'gate')).toBe(false);
        const at = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/) as string;
        expect(await journal.approvals(session, run, 'gate', 'dba')).toMatchObject([
          { by: expect.any(String) as string, at, counts: true, why: 'not checked' },
        ]);
      });
    });

    test('that the run does not have are a defect, not a fence', async () => {
      await withSession(async (session) => {
        const run = await world.begin(session, 'a');
        const refusal: unknown = await journal
          .moveOperation(session, run, 'b', 'done')
          .catch((error: unknown) => error);
        expect(refusal).not.toBeInstanceOf(FencedError);
        expect(refusal).toMatchObject({ message: expect.stringContaining('operation b of run') as string });
      });
    });
  });
}
