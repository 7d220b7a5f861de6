/**
 * What a takeover of a run means, whoever implements the journal: the old executor writes nothing any more, what it had under way
 * is waited for, and the new one goes on where it was.
 */
import { describe, expect, test } from 'vitest';

import { FencedError, type Journal, type RunHandle } from '../../src/executor/journal.js';
import type { Session } from '../../src/executor/session.js';
import { inTransaction, rangesOf, untilWaiting, wholeRange, type JournalWorld } from './journal-world.js';

type Write = (journal: Journal, session: Session, run: RunHandle) => Promise<unknown>;

/** Everything that an executor of the old epoch may still try. */
const WRITES: Readonly<Record<string, Write>> = {
  lockedState: (journal, session, run) => journal.lockedState(session, run, 'fill'),
  'moveOperation to another state': (journal, session, run) => journal.moveOperation(session, run, 'fill', 'done'),
  'moveOperation to the same state': (journal, session, run) =>
    journal.moveOperation(session, run, 'fill', 'running', {}),
  createRanges: (journal, session, run) => journal.createRanges(session, run, 'fill', rangesOf(9)),
  claimRange: (journal, session, run) => journal.claimRange(session, run, 'fill'),
  'claimRange of one': (journal, session, run) => journal.claimRange(session, run, 'fill', 2),
  unfinishedRanges: (journal, session, run) => journal.unfinishedRanges(session, run, 'fill'),
  checkpoint: (journal, session, run) => {
    const claim = { operation: 'fill', number: 2, cursor: ['10'], upper: ['20'] };
    return journal.checkpoint(session, run, claim, wholeRange(claim));
  },
  'checkpoint of a range that is done': (journal, session, run) => {
    const claim = { operation: 'fill', number: 1, cursor: ['10'], upper: ['10'] };
    return journal.checkpoint(session, run, claim, wholeRange(claim));
  },
  setAside: (journal, session, run) => {
    const claim = { operation: 'fill', number: 2, cursor: ['10'], upper: ['20'] };
    const poison = { key: ['11'], row: null, sqlstate: '22P02', message: 'no', detail: null };
    return inTransaction(session, () => journal.setAside(session, run, claim, poison));
  },
  recordHold: (journal, session, run) => journal.recordHold(session, run, { reason: 'lag', heldMs: null }),
};

export function takeoverContract(name: string, world: JournalWorld): void {
  const { database, journal } = world;
  const withTwo = (work: (old: Session, next: Session) => Promise<void>): Promise<void> =>
    database.withSession((old) => database.withSession((next) => work(old, next)));
  const running = async (session: Session, ranges: number): Promise<RunHandle> => {
    const run = await world.begin(session, 'fill');
    await inTransaction(session, async () => {
      await journal.createRanges(session, run, 'fill', rangesOf(ranges));
      await journal.moveOperation(session, run, 'fill', 'running');
    });
    return run;
  };

  describe(`a takeover ${name}`, () => {
    test.each(Object.entries(WRITES))('fences %s, which writes nothing', async (_, write) => {
      await withTwo(async (old, next) => {
        const run = await running(old, 2);
        const first = (await journal.claimRange(old, run, 'fill'))!;
        await journal.checkpoint(old, run, first, wholeRange(first));
        const handle = await world.takeOver(next, run);
        expect(handle).toEqual({ id: run.id, epoch: run.epoch + 1 });
        const before = await world.written(run);
        await expect(write(journal, old, run)).rejects.toBeInstanceOf(FencedError);
        expect(await world.written(run)).toEqual(before);
        // The new one goes on where the old one was.
        expect(await journal.claimRange(next, handle, 'fill')).toMatchObject({ number: 2 });
      });
    });

    test('waits for the batch in flight, keeps it, and fences the next one', async () => {
      await withTwo(async (old, next) => {
        const run = await running(old, 2);
        await old.query('BEGIN');
        const claim = (await journal.claimRange(old, run, 'fill'))!;
        const taking = world.takeOver(next, run);
        await untilWaiting(world);
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
        const run = await running(old, 2);
        await old.query('BEGIN');
        await journal.operations(old, run);
        await journal.counts(old, run, 'fill');
        expect(await world.takeOver(next, run)).toEqual({ id: run.id, epoch: 2 });
        await old.query('ROLLBACK');
      });
    });

    test('also gets the ranges that were being made while it waited', async () => {
      await withTwo(async (old, next) => {
        const run = await world.begin(old, 'fill');
        await old.query('BEGIN');
        await journal.createRanges(old, run, 'fill', rangesOf(2));
        const taking = world.takeOver(next, run);
        await untilWaiting(world);
        await old.query('COMMIT');
        const handle = await taking;
        await expect(journal.claimRange(old, run, 'fill')).rejects.toBeInstanceOf(FencedError);
        expect(await journal.claimRange(next, handle, 'fill')).toMatchObject({ number: 1 });
      });
    });

    test('of two at the same moment, the later one has the run', async () => {
      await withTwo(async (one, two) => {
        const run = await running(one, 1);
        const handles = await Promise.all([world.takeOver(one, run), world.takeOver(two, run)]);
        const [first, last] = handles.toSorted((a, b) => a.epoch - b.epoch);
        expect([first!.epoch, last!.epoch]).toEqual([2, 3]);
        await expect(journal.claimRange(one, first!, 'fill')).rejects.toBeInstanceOf(FencedError);
        expect(await journal.claimRange(one, last!, 'fill')).toMatchObject({ number: 1 });
      });
    });
  });
}
