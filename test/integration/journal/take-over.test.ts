import { describe, expect, test } from 'vitest';

import { FencedError, type RunHandle } from '../../../src/executor/journal.js';
import type { Session } from '../../../src/executor/session.js';
import { letGoOfRun, tryHoldRun } from '../../../src/postgres/journal/advisory.js';
import { beginRollback } from '../../../src/postgres/journal/begin-rollback.js';
import { postgresJournal as journal } from '../../../src/postgres/journal/journal.js';
import { JournalRefusal } from '../../../src/postgres/journal/journal-refusal.js';
import { migrate } from '../../../src/postgres/journal/migrate.js';
import { moveRun } from '../../../src/postgres/journal/move-run.js';
import { takeOver } from '../../../src/postgres/journal/take-over.js';
import { testDatabase } from '../../support/database.js';
import { ON_NEW } from '../../support/majors.js';
import { wholeRange } from '../../contracts/journal-world.js';
import { graphOf, runWithRanges } from './journal-fixture.js';
import { writtenOf } from './postgres-world.js';

const other = { executor: 'other pid 2' };

/** What an executor of the old epoch may still try beyond the port of the journal, which the contract plays. */
const WRITES: Readonly<Record<string, (session: Session, run: RunHandle) => Promise<unknown>>> = {
  moveRun: (session, run) => moveRun(session, run, 'failed'),
  'moveRun to the same status': (session, run) => moveRun(session, run, 'running'),
  beginRollback: (session, run) => beginRollback(session, run, graphOf('fenced', 'undo/fill')),
};

for (const major of ON_NEW) {
  const { database, query } = await testDatabase({ major });
  await database.withSession((session) => migrate(session));
  const withTwo = (work: (old: Session, next: Session) => Promise<void>): Promise<void> =>
    database.withSession((old) => database.withSession((next) => work(old, next)));

  describe(`a takeover on server ${major}`, () => {
    test.each(Object.entries(WRITES))('fences %s, which writes nothing', async (name, write) => {
      await withTwo(async (old, next) => {
        const run = await runWithRanges(old, `fenced ${name}`, 2);
        const first = (await journal.claimRange(old, run, 'fill'))!;
        await journal.checkpoint(old, run, first, wholeRange(first));
        const handle = await takeOver(next, run.id, other);
        expect(handle).toEqual({ id: run.id, epoch: run.epoch + 1 });
        const before = await writtenOf(query, run);
        await expect(write(old, run)).rejects.toBeInstanceOf(FencedError);
        expect(await writtenOf(query, run)).toEqual(before);
        // The new one goes on where the old one was.
        expect(await journal.claimRange(next, handle, 'fill')).toMatchObject({ number: 2 });
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
