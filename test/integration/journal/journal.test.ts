import { describe, expect, test } from 'vitest';

import type { Session } from '../../../src/executor/session.js';
import { postgresJournal as journal } from '../../../src/postgres/journal/journal.js';
import { migrate } from '../../../src/postgres/journal/migrate.js';
import { beginRun } from '../../../src/postgres/journal/runs.js';
import { approve } from '../../../src/postgres/journal/trail.js';
import { testDatabase } from '../../support/database.js';
import { ON_OLD } from '../../support/majors.js';
import { inTransaction, wholeRange } from '../../contracts/journal-world.js';
import { journalContract } from '../../contracts/journals.js';
import { takeoverContract } from '../../contracts/takeovers.js';
import { graphOf, newRun, runWithRanges } from './journal-fixture.js';
import { postgresWorld } from './postgres-world.js';

const UNCHECKED = { counts: true, note: 'not checked: no group dba, and began the run', why: 'not checked' };

for (const major of ON_OLD) {
  const { database, query, value } = await testDatabase({ major });
  await database.withSession((session) => migrate(session));
  const withSession = <T>(work: (session: Session) => Promise<T>): Promise<T> => database.withSession(work);

  const world = postgresWorld(database, query, value);
  journalContract(`on server ${major}`, world);
  takeoverContract(`on server ${major}`, world);

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
    test('count each attempt that came to an end', async () => {
      await withSession(async (session) => {
        const run = await beginRun(session, newRun(graphOf('attempts', 'a')));
        const error = { code: 'x', message: 'no' };
        await journal.moveOperation(session, run, 'a', 'running');
        await journal.moveOperation(session, run, 'a', 'failed', { error });
        await journal.moveOperation(session, run, 'a', 'failed', { error: { ...error, code: 'y' } });
        await journal.moveOperation(session, run, 'a', 'running');
        await journal.moveOperation(session, run, 'a', 'done', { reason: 'r' });
        // The same end told twice: a COMMIT whose answer was lost.
        await journal.moveOperation(session, run, 'a', 'done', { reason: 's' });
        expect(await value(`SELECT attempts FROM lockstep.operation WHERE run_id = ${run.id} AND id = 'a'`)).toBe(3);
      });
    });

    test('are approved by the user of the session, and only where the run has them', async () => {
      await withSession(async (session) => {
        const run = await beginRun(session, newRun(graphOf('gates', 'gate')));
        expect(await approve(session, run.id, 'gate', 'looks "good"')).toBe(true);
        const { rows } = await session.query<{ by: string }>('SELECT session_user::text AS by');
        expect(await journal.approvals(session, run, 'gate', 'dba')).toEqual([
          {
            ...UNCHECKED,
            comment: 'looks "good"',
            by: rows[0]!.by,
            at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/) as string,
          },
        ]);
        await expect(approve(session, run.id, 'no such gate')).rejects.toMatchObject({ facts: { sqlstate: '23503' } });
      });
    });
  });
}
