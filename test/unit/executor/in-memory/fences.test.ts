/** Another executor takes over while one is at work or frozen: from then on the old one writes nothing, wherever it was. */
import { expect, test } from 'vitest';

import { MemoryRun, OURS, upTo, type TurnEnd } from '../../../support/in-memory/memory-run.js';
import { batch, build, check, gate, statement, vacuum } from '../../../support/in-memory/operations.js';
import { AS_USUAL, meanwhile } from '../../../support/in-memory/script.js';
import { compare, scenario, told } from './scenario.js';
import { missingFence } from './seeds/wrong-journals.js';

scenario(
  'an executor that was frozen between two batches, and overtaken, writes no row any more',
  async (design) => {
    const run = new MemoryRun(design, [batch('fill')], { rows: { fill: upTo(50) } });
    const overtake = meanwhile(() => run.own());
    // Behind those of the ranges, of ten rows, and of the end of their range.
    run.script.at('', 'begin', AS_USUAL, AS_USUAL, AS_USUAL, overtake);
    const end = await run.turn();
    const found = compare(['end', told(end), 'fenced'], ['rows of the old one', run.rowsDone('fill'), 10]);
    const next = await run.turn();
    return [...found, ...compare(['next', told(next), 'done'], ['rows', run.notOnce('fill'), []])];
  },
  { 'there is no fence': { design: missingFence, caught: 'rows of the old one: 50' } },
);

scenario(
  'an executor that was overtaken before its statement does not have its effect',
  async (design) => {
    const run = new MemoryRun(design, [statement('a')]);
    run.script.at(
      'a',
      'begin',
      meanwhile(() => run.own()),
    );
    const end = await run.turn();
    return compare(['end', told(end), 'fenced'], ['done', run.done('a'), 0]);
  },
  { 'there is no fence': { design: missingFence, caught: 'done: 1' } },
);

test("the batch in flight is waited for and kept, and the next one is the new executor's", async () => {
  const run = new MemoryRun(OURS, [batch('fill')], { rows: { fill: upTo(50) } });
  let next: Promise<TurnEnd> | undefined;
  // Nobody waits for it here: it waits for this batch.
  const overtake = meanwhile(() => {
    next = run.turn();
  });
  run.script.at('fill', 'batch', AS_USUAL, overtake);
  expect(told(await run.turn())).toBe('fenced');
  expect(told(await next!)).toBe('done');
  expect(run.notOnce('fill')).toEqual([]);
});

const PLACES = ['begin', 'commit', 'rollback', 'journal lockedState', 'journal moveOperation', 'journal claimRange'];

test.each(PLACES)(
  'frozen at any %s while another one does all the rest: nothing is done twice, nothing moves',
  async (part) => {
    const operations = [
      statement('a', { writes: ['t'] }),
      batch('fill', { reads: ['t'], writes: ['u'] }),
      check('proof', { reads: ['u'], barrier: true }),
      gate('open'),
      build('i'),
      statement('b'),
    ];
    const contents = { rows: { fill: upTo(12) } };
    const whole = new MemoryRun(OURS, operations, contents);
    expect(told(await whole.turn())).toBe('done');
    for (const operation of ['', ...operations.map(({ id }) => id)])
      for (let nth = 0; nth < whole.script.times(operation, part); nth++) {
        const run = new MemoryRun(OURS, operations, contents);
        let next: Promise<TurnEnd> | undefined;
        const frozen = meanwhile(async () => {
          next = run.turn();
          // Until it is done; or waits for locks that the frozen one holds, until the server ends its idle transaction.
          await Promise.race([next, run.server.clock.sleep(2_000)]);
        });
        run.script.at(operation, part, ...Array.from({ length: nth }, () => AS_USUAL), frozen);
        const old = await run.turn();
        expect(['fenced', 'done']).toContain(old.state);
        expect(told(await next!)).toBe('done');
        expect([run.done('a'), run.done('b'), run.done('i'), run.notOnce('fill')]).toEqual([1, 1, 1, []]);
        expect(operations.map(({ id }) => run.state(id))).toEqual(operations.map(() => 'done'));
      }
  },
);

test('one that nothing shows is not sent by whoever was overtaken', async () => {
  const run = new MemoryRun(OURS, [vacuum('v')]);
  run.script.at(
    'v',
    'journal moveOperation',
    meanwhile(() => run.own()),
  );
  expect(told(await run.turn())).toBe('fenced');
  expect(run.script.times('v', 'statement')).toBe(0);
});

test('a build is not sent by whoever was overtaken just before', async () => {
  const run = new MemoryRun(OURS, [build('i')]);
  run.script.at(
    'i',
    'journal lockedState',
    meanwhile(() => run.own()),
  );
  expect(told(await run.turn())).toBe('fenced');
  expect(run.script.times('i', 'statement')).toBe(0);
});
