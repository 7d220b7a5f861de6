import { describe, expect, test } from 'vitest';

import type { RunHandle } from '../../../src/executor/journal.js';
import type { Session } from '../../../src/executor/session.js';
import { canonicalJson } from '../../../src/kernel/digest.js';
import { graphDigest } from '../../../src/operation/operation-graph.js';
import { beginRollback } from '../../../src/postgres/journal/begin-rollback.js';
import { postgresJournal as journal } from '../../../src/postgres/journal/journal.js';
import { JournalRefusal } from '../../../src/postgres/journal/journal-refusal.js';
import { migrate } from '../../../src/postgres/journal/migrate.js';
import { moveRun } from '../../../src/postgres/journal/move-run.js';
import { runReport } from '../../../src/postgres/journal/run-report.js';
import { beginRun, findRun, listRuns } from '../../../src/postgres/journal/runs.js';
import { takeOver } from '../../../src/postgres/journal/take-over.js';
import { approve, events } from '../../../src/postgres/journal/trail.js';
import { testDatabase } from '../../support/database.js';
import { ON_OLD } from '../../support/majors.js';
import { inTransaction, rangesOf, wholeRange } from '../../contracts/journal-world.js';
import { EXECUTOR, graphOf, newRun } from './journal-fixture.js';

const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/) as string;

for (const major of ON_OLD) {
  const { database } = await testDatabase({ major });
  await database.withSession((session) => migrate(session));
  const withSession = <T>(work: (session: Session) => Promise<T>): Promise<T> => database.withSession(work);

  describe(`runs on server ${major}`, () => {
    test('are found by plan and by number, with what was stored', async () => {
      await withSession(async (session) => {
        await session.query(`SET TimeZone = 'Asia/Kathmandu'`);
        const graph = graphOf('split "users"', 'b', 'a');
        const first = await beginRun(session, newRun(graph));
        await moveRun(session, first, 'done');
        const second = await beginRun(session, newRun(graph));
        expect(second).toEqual({ id: expect.stringMatching(/^\d+$/) as string, epoch: 1 });
        const latest = await findRun(session, graph.plan);
        expect(latest).toEqual({
          ...{ id: second.id, plan: graph.plan, ordinal: 2, name: `${graph.plan}@2`, status: 'running', epoch: 1 },
          ...{
            direction: 'apply',
            asked: null,
            why: null,
            sourceDigest: 'ls1:1',
            graphDigest: graphDigest(graph),
            params: { of: 'é"\\' },
          },
          ...{ executor: EXECUTOR, createdAt: TIME, createdBy: expect.any(String) as string, finishedAt: null },
          ...{ graph: canonicalJson(graph), rollbackGraph: null, fingerprintBefore: '[]' },
        });
        expect(await findRun(session, `${graph.plan}@1`)).toMatchObject({
          id: first.id,
          status: 'done',
          finishedAt: TIME,
        });
        expect(await findRun(session, `${graph.plan}@3`)).toBeUndefined();
        expect(await findRun(session, 'nothing')).toBeUndefined();
        expect((await listRuns(session)).slice(0, 2).map(({ name }) => name)).toEqual([
          `${graph.plan}@2`,
          `${graph.plan}@1`,
        ]);
        expect((await journal.operations(session, second)).map(({ id }) => id)).toEqual(['b', 'a']);
        expect(await events(session, second.id)).toMatchObject([{ event: 'run begun', to: 'running', at: TIME }]);
      });
    });

    test('one live run per plan, also when several begin at the same moment', async () => {
      const begun = await Promise.allSettled(
        Array.from({ length: 5 }, () => withSession((session) => beginRun(session, newRun(graphOf('live', 'a'))))),
      );
      const refused = begun.filter((result) => result.status === 'rejected').map(({ reason }) => reason as unknown);
      expect(refused).toHaveLength(4);
      for (const refusal of refused) {
        expect(refusal).toBeInstanceOf(JournalRefusal);
        expect(refusal).toMatchObject({ reason: 'live run', message: 'another run of live has not ended' });
      }
      expect(await withSession((session) => findRun(session, 'live'))).toMatchObject({ ordinal: 1 });
    });

    test('move as the table says, and in no other way', async () => {
      await withSession(async (session) => {
        const run = await beginRun(session, newRun(graphOf('statuses', 'a')));
        const go = async (...path: readonly Parameters<typeof moveRun>[2][]): Promise<void> => {
          for (const to of path) await moveRun(session, run, to, { why: 'test' });
        };
        await go('waiting', 'running', 'stopped', 'running', 'failed', 'failed', 'running');
        await expect(go('rolled back')).rejects.toThrow('cannot move from running to rolled back');
        await expect(go('rolling back')).rejects.toThrow('cannot move from running to rolling back');
        await go('stopped');
        await expect(go('done')).rejects.toThrow('cannot move from stopped to done');
        await go('running', 'done');
        await expect(go('running')).rejects.toThrow('cannot move from done to running');
        const moved = (await events(session, run.id)).filter(({ event }) => event === 'run moved');
        expect(moved.map(({ to }) => to)).toEqual([
          ...['waiting', 'running', 'stopped', 'running', 'failed', 'running', 'stopped', 'running', 'done'],
        ]);
        expect(moved[0]).toMatchObject({ from: 'running', details: { why: 'test' } });
      });
    });

    test('take their way back once, with operations of its own', async () => {
      await withSession(async (session) => {
        const run = await beginRun(session, newRun(graphOf('back', 'a', 'b')));
        await moveRun(session, run, 'done');
        const undo = graphOf('back', 'undo/b', 'undo/a');
        await expect(beginRollback(session, run, graphOf('back', 'a'))).rejects.toThrow('does not begin with undo/');
        await beginRollback(session, run, undo);
        expect(await findRun(session, 'back')).toMatchObject({
          ...{ status: 'rolling back', direction: 'rollback', rollbackGraph: canonicalJson(undo), finishedAt: null },
        });
        expect((await journal.operations(session, run)).map(({ id }) => id)).toEqual(['a', 'b', 'undo/b', 'undo/a']);
        await expect(beginRollback(session, run, undo)).rejects.toThrow('on its way back already');
        await expect(beginRun(session, newRun(graphOf('back', 'a')))).rejects.toMatchObject({ reason: 'live run' });
        await moveRun(session, run, 'failed');
        await expect(moveRun(session, run, 'running')).rejects.toThrow('cannot move from failed to running');
        const handle = await takeOver(session, run.id, { executor: 'later' });
        await moveRun(session, handle, 'rolling back');
        await journal.moveOperation(session, handle, 'undo/b', 'done');
        await moveRun(session, handle, 'rolled back');
        expect(await findRun(session, 'back')).toMatchObject({
          status: 'rolled back',
          executor: 'later',
          finishedAt: TIME,
        });
        expect((await events(session, run.id)).map(({ event }) => event)).toEqual([
          ...['run begun', 'run moved', 'rollback begun', 'run moved', 'run taken over', 'run moved'],
          ...['operation moved', 'run moved'],
        ]);
        expect(await beginRun(session, newRun(graphOf('back', 'a')))).toMatchObject({ epoch: 1 });
        await expect(beginRollback(session, { ...handle, epoch: 1 }, undo)).rejects.toThrow('taken over');
      });
    });

    test('cannot go back under a later run of the plan', async () => {
      await withSession(async (session) => {
        const run = await beginRun(session, newRun(graphOf('older', 'a')));
        await moveRun(session, run, 'done');
        await beginRun(session, newRun(graphOf('older', 'a')));
        await expect(beginRollback(session, run, graphOf('older', 'undo/a'))).rejects.toMatchObject({
          reason: 'live run',
        });
        expect(await findRun(session, 'older@1')).toMatchObject({ status: 'done', rollbackGraph: null });
      });
    });
  });

  describe(`the report of a run on server ${major}`, () => {
    const batch = async (session: Session, run: RunHandle, id: string, findings: number): Promise<void> => {
      const claim = (await journal.claimRange(session, run, id))!;
      const whole = wholeRange(claim);
      const rows = Array.from({ length: findings }, (_, n) => ({ what: 'kept', key: [`${id} ${n}`] }));
      await journal.checkpoint(session, run, claim, { ...whole, counts: { ...whole.counts, kept: 1, findings: rows } });
    };
    const begin = (session: Session, plan: string): Promise<RunHandle> =>
      inTransaction(session, async () => {
        const run = await beginRun(session, newRun(graphOf(plan, 'z', 'a', 'gate')));
        for (const id of ['z', 'a']) {
          await journal.createRanges(session, run, id, rangesOf(2));
          await journal.moveOperation(session, run, id, 'running');
        }
        return run;
      });

    test('says what was done, when, and what a person should see', async () => {
      await withSession(async (session) => {
        const run = await begin(session, 'report');
        await inTransaction(session, () => batch(session, run, 'z', 3));
        await inTransaction(session, () => batch(session, run, 'z', 0));
        await journal.moveOperation(session, run, 'z', 'done', { reason: 'r' });
        await journal.moveOperation(session, run, 'gate', 'waiting');
        await approve(session, run.id, 'gate', 'yes');
        const report = await runReport(session, run.id);
        expect(report.run).toMatchObject({ name: 'report@1', status: 'running' });
        const [z, a, gate] = report.operations;
        expect(z).toEqual({
          ...{ id: 'z', direction: 'apply', state: 'done', outcome: { reason: 'r' }, attempts: 1 },
          ...{ firstLeftPendingAt: TIME, startedAt: TIME, finishedAt: TIME, approvals: [] },
          walk: {
            counts: { read: 20, changed: 20, skipped: 0, kept: 2, quarantined: 0, batches: 2 },
            ...{ ranges: 2, rangesDone: 2, firstBatchAt: TIME, lastBatchAt: TIME, lastKey: ['20'], overlaps: [] },
          },
          findings: {
            count: 3,
            samples: [0, 1, 2].map((n) => ({ what: 'kept', detail: { what: 'kept', key: [`z ${n}`] }, at: TIME })),
          },
        });
        expect(a).toMatchObject({ id: 'a', state: 'running', finishedAt: null });
        expect(a!.walk).toMatchObject({ ranges: 2, rangesDone: 0, firstBatchAt: null, lastBatchAt: null });
        expect(gate).toMatchObject({ state: 'waiting', walk: null, approvals: [{ at: TIME, comment: 'yes' }] });
        expect(report.overlap).toEqual({ batchesAtOnce: 1, operationsAtOnce: 1 });
      });
    });

    test('sees operations overlap when their transactions did', async () => {
      await withSession((one) =>
        withSession((two) =>
          withSession(async (three) => {
            const run = await begin(one, 'overlap');
            for (const session of [one, two, three]) await session.query('BEGIN');
            await batch(one, run, 'z', 0);
            await batch(two, run, 'a', 0);
            await batch(three, run, 'a', 0);
            for (const session of [one, two, three]) await session.query('COMMIT');
            const { operations, overlap } = await runReport(one, run.id);
            expect(overlap).toEqual({ batchesAtOnce: 3, operationsAtOnce: 2 });
            expect(operations.map(({ walk }) => walk?.overlaps)).toEqual([['a'], ['z'], undefined]);
          }),
        ),
      );
    });

    test('has no overlap before the first batch', async () => {
      await withSession(async (session) => {
        const run = await begin(session, 'early');
        expect((await runReport(session, run.id)).overlap).toBeNull();
      });
    });
  });
}
