/** Batches: ranges, checkpoints, workers, processes that die, rows that are refused. */
import { expect, test } from 'vitest';

import { joinBatchOperation } from '../../../../src/executor/join-batch-operation.js';
import { MemoryDatabase } from '../../../support/in-memory/memory-database.js';
import { call } from '../../../support/in-memory/journal-rows.js';
import { MemoryRun, OURS, upTo, type TurnEnd } from '../../../support/in-memory/memory-run.js';
import { batch } from '../../../support/in-memory/operations.js';
import { AS_USUAL, meanwhile, refused, slow } from '../../../support/in-memory/script.js';
import { compare, scenario, told } from './scenario.js';
import { checkpointAfterTheRows, cursorStaysBeforeTheRow, emptyClaimIsTheEnd } from './seeds/wrong-journals.js';
import { errorsBlamedOnRows } from './seeds/wrong-sessions.js';

const PACE = { rows: 4, targetMs: null, maxRows: 1_000 };

test('two workers do each row of all ranges once, and the counts say so', async () => {
  const run = new MemoryRun(OURS, [batch('fill', { pace: { ...PACE, workers: 2 } })], { rows: { fill: upTo(60) } });
  run.script.always('fill', 'batch', slow(10));
  const beganAt = run.server.clock.now();
  expect(told(await run.turn())).toBe('done');
  expect(run.notOnce('fill')).toEqual([]);
  expect(run.outcome('fill')).toMatchObject({ counts: { read: 60, changed: 60, batches: 18 } });
  expect(run.server.clock.now() - beganAt).toBe(90);
});

test('an empty table is done', async () => {
  expect(told(await new MemoryRun(OURS, [batch('fill')]).turn())).toBe('done');
});

scenario(
  'whatever kills the process at a checkpoint, the next one goes on behind the last committed row',
  async (design) => {
    const found: string[] = [];
    for (let nth = 0; nth < 6; nth++) {
      const run = new MemoryRun(design, [batch('fill', { pace: { ...PACE, workers: 1 } })], {
        rows: { fill: upTo(20) },
      });
      const dies = meanwhile(() => run.process.die());
      run.script.at('fill', 'journal checkpoint', ...Array.from({ length: nth }, () => AS_USUAL), dies);
      await run.turn();
      found.push(...compare(['end', told(await run.turn()), 'done'], ['rows', run.notOnce('fill'), []]));
    }
    return found;
  },
  { 'the checkpoint comes after the rows': { design: checkpointAfterTheRows, caught: /rows: .*done 2 times/ } },
);

scenario(
  'an empty claim is not the end: somebody else may hold what is left, and never finish it',
  async (design) => {
    const run = new MemoryRun(design, [batch('fill')], { rows: { fill: upTo(20) } });
    const elsewhere = new MemoryDatabase(run.server);
    // As a connection that was cut off and whose server process does not know it yet.
    const hold = meanwhile(() => {
      void elsewhere.transaction(async (session) => {
        await call(session, 'hold', 'fill', ({ transaction }) =>
          transaction.keys('range/').every((key) => transaction.tryLock(key)),
        );
        await run.server.clock.sleep(600);
      });
      return run.server.clock.sleep(1);
    });
    run.script.at('fill', 'journal claimRange', hold);
    return compare(['end', told(await run.turn()), 'done'], ['rows', run.notOnce('fill'), []]);
  },
  { 'an empty claim is taken for finished': { design: emptyClaimIsTheEnd, caught: /rows: .*done 0 times/ } },
);

scenario(
  'rows that are refused stand aside, exactly they, and the others are done once',
  async (design) => {
    const run = new MemoryRun(design, [batch('fill', { quarantine: 3 })], {
      rows: { fill: upTo(40) },
      bad: { fill: new Map([7, 8, 33].map((row) => [row, '22P02'])) },
    });
    const end = told(await run.turn());
    const wrong = run.notOnce('fill').map((text) => text.split(' ').slice(0, 2).join(' '));
    return compare(
      ['end', end, 'done'],
      ['aside', run.aside, ['7', '8', '33']],
      ['not done', wrong, ['row 7', 'row 8', 'row 33']],
    );
  },
  { 'the cursor stays before the row': { design: cursorStaysBeforeTheRow, caught: /end|aside/ } },
);

scenario(
  'a lock that a row waits for is nobody’s fault',
  async (design) => {
    const run = new MemoryRun(design, [batch('fill', { quarantine: 100 })], { rows: { fill: upTo(20) } });
    run.script.at('fill', 'batch', ...Array.from({ length: 5 }, () => refused('55P03')));
    return compare(
      ['end', told(await run.turn()), 'done'],
      ['aside', run.aside, []],
      ['rows', run.notOnce('fill'), []],
    );
  },
  { 'every error is a row’s': { design: errorsBlamedOnRows, caught: 'aside: ["' } },
);

test('one bad row more than may stand aside ends the operation, with its key; mended, going on does it', async () => {
  const bad = new Map([
    [7, '23502'],
    [13, '23502'],
  ]);
  const run = new MemoryRun(OURS, [batch('fill', { quarantine: 1 })], { rows: { fill: upTo(20) }, bad: { fill: bad } });
  expect(told(await run.turn())).toBe('failed fill 23502');
  expect(run.outcome('fill')).toMatchObject({ error: { code: 'row_failed', key: { id: '13' } } });
  bad.clear();
  expect(told(await run.turn())).toBe('done');
  expect([run.aside, run.notOnce('fill')]).toEqual([['7'], ['row 7 of fill was done 0 times']]);
});

test('a batch that takes longer than statement_timeout is tried again with fewer rows, without a pause', async () => {
  const run = new MemoryRun(OURS, [batch('fill')], {
    rows: { fill: upTo(10) },
    limits: { statementTimeoutMs: 500 },
  });
  run.script.at('fill', 'batch', slow(10_000));
  expect(told(await run.turn())).toBe('done');
  expect(run.notOnce('fill')).toEqual([]);
  expect(run.script.times('fill', 'batch')).toBe(7);
});

test('another process joins the batches of a run, and each row is done once', async () => {
  const run = new MemoryRun(
    {
      execution: (execution) => {
        const [operation] = run.graph.operations;
        const join = meanwhile(() => {
          if (operation?.kind === 'batch') joined = joinBatchOperation(operation, 2, execution);
        });
        run.script.at('fill', 'batch', slow(10), join);
        return execution;
      },
    },
    [batch('fill')],
    { rows: { fill: upTo(60) } },
  );
  let joined: Promise<unknown> | undefined;
  const end: TurnEnd = await run.turn();
  expect([told(end), await joined, run.notOnce('fill')]).toEqual(['done', null, []]);
});
