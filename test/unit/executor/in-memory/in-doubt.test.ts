/** An answer that never comes: what became of a COMMIT is read under its lock, of a build from the catalog, else a person is asked. */
import { expect, test } from 'vitest';

import { MemoryRun, OURS, upTo } from '../../../support/in-memory/memory-run.js';
import { leftoverKey } from '../../../support/in-memory/operation-answers.js';
import { batch, build, check, gate, statement, vacuum } from '../../../support/in-memory/operations.js';
import {
  AS_USUAL,
  ENDED,
  late,
  LOST_ANSWER,
  LOST_REQUEST,
  meanwhile,
  refused,
  type Answer,
} from '../../../support/in-memory/script.js';
import { compare, scenario, told } from './scenario.js';
import {
  intentForgotten,
  plainReadOfTheRange,
  plainReadOfTheState,
  resendsTheBatch,
  sendsAgainWithoutALook,
} from './seeds/wrong-journals.js';
import { catalogNotAsked, leftoverNotLookedFor, ownProcessesNotLookedFor } from './seeds/wrong-sessions.js';

const COMMITS: Readonly<Record<string, Answer>> = {
  'was done and its answer lost': LOST_ANSWER,
  'never arrived': LOST_REQUEST,
  'arrives late': late(400),
  'never arrived, which the server notices late': { kind: 'lost', at: 'request', noticedMs: 400 },
  'ended with the session': ENDED,
};

test.each(Object.entries(COMMITS))('each COMMIT of a run may be one that %s: all is done once', async (_, answer) => {
  const operations = [
    statement('a', { writes: ['t'] }),
    batch('fill', { reads: ['t'], writes: ['u'] }),
    check('proof', { reads: ['u'], barrier: true }),
    gate('sign'),
    statement('b'),
  ];
  const whole = new MemoryRun(OURS, operations, { rows: { fill: upTo(12) } });
  await whole.turn();
  for (const { id } of operations) {
    const commits = whole.script.times(id, 'commit');
    expect(commits).toBeGreaterThan(0);
    for (let nth = 0; nth < commits; nth++) {
      const run = new MemoryRun(OURS, operations, { rows: { fill: upTo(12) } });
      run.script.at(id, 'commit', ...Array.from({ length: nth }, () => AS_USUAL), answer);
      expect(told(await run.turn())).toBe('done');
      expect([run.done('a'), run.done('b'), run.notOnce('fill')]).toEqual([1, 1, []]);
    }
  }
});

scenario(
  'a batch whose COMMIT was answered by nobody is not done again',
  async (design) => {
    const run = new MemoryRun(design, [batch('fill')], { rows: { fill: upTo(30) } });
    // The first COMMIT is that of the ranges.
    run.script.at('fill', 'commit', AS_USUAL, LOST_ANSWER);
    return compare(['end', told(await run.turn()), 'done'], ['rows', run.notOnce('fill'), []]);
  },
  { 'the retry sends it again': { design: resendsTheBatch, caught: /rows: .*done 2 times/ } },
);

scenario(
  'a batch whose COMMIT is still on its way is waited for',
  async (design) => {
    const run = new MemoryRun(design, [batch('fill')], { rows: { fill: upTo(30) } });
    run.script.at('fill', 'commit', AS_USUAL, late(400));
    return compare(['end', told(await run.turn()), 'done'], ['rows', run.notOnce('fill'), []]);
  },
  { 'the range is read without its lock': { design: plainReadOfTheRange, caught: /rows: .*done 2 times/ } },
);

scenario(
  'a statement whose COMMIT is still on its way, or has arrived, is not sent again',
  async (design) => {
    const run = new MemoryRun(design, [statement('a'), statement('b')]);
    run.script.at('a', 'commit', late(400)).at('b', 'commit', LOST_ANSWER);
    const end = await run.turn();
    return compare(
      ['end', told(end), 'done'],
      ['done', [run.done('a'), run.done('b')], [1, 1]],
      ['sent', [run.script.times('a', 'statement'), run.script.times('b', 'statement')], [1, 1]],
    );
  },
  {
    'its state is read without its lock': { design: plainReadOfTheState, caught: 'end: "failed a defect' },
    'nobody looks': { design: sendsAgainWithoutALook, caught: 'end: "failed' },
  },
);

scenario(
  'a statement that nothing shows is in doubt until a person says what became of it',
  async (design) => {
    const run = new MemoryRun(design, [vacuum('v'), statement('behind', { after: ['v'] })]);
    run.script.at('v', 'statement', LOST_ANSWER, AS_USUAL);
    const ends = [await run.turn(), await run.turn()];
    const sent = run.script.times('v', 'statement');
    const found = compare(
      ['ends', ends.map(told), ['failed v in_doubt', 'failed v in_doubt']],
      ['state', run.state('v'), 'in doubt'],
      ['sent', sent, 1],
      ['behind', run.done('behind'), 0],
    );
    const resolved = await run.turn({ resolve: { v: 'done' } });
    return [
      ...found,
      ...compare(['resolved', told(resolved), 'done'], ['sent then', run.script.times('v', 'statement'), 1]),
    ];
  },
  { 'the intent is forgotten': { design: intentForgotten, caught: 'sent: 2' } },
);

test('what a person calls not done is sent again; what a killed process has sent is in doubt', async () => {
  const run = new MemoryRun(OURS, [vacuum('v')]);
  run.script.at(
    'v',
    'statement',
    meanwhile(() => run.process.die()),
  );
  // The dying process itself finds its connections gone.
  await run.turn();
  expect(run.state('v')).toBe('running');
  expect(told(await run.turn())).toBe('failed v in_doubt');
  expect(told(await run.turn({ resolve: { v: 'again' } }))).toBe('done');
  expect(run.done('v')).toBe(1);
});

scenario(
  'a build whose answer was lost is found in the catalog',
  async (design) => {
    const run = new MemoryRun(design, [build('i')]);
    run.script.at('i', 'statement', LOST_ANSWER);
    return compare(['end', told(await run.turn()), 'done'], ['done', run.done('i'), 1]);
  },
  { 'the catalog is not asked': { design: catalogNotAsked, caught: 'done: 2' } },
);

scenario(
  'a build that goes on without its client is waited for, and not begun beside',
  async (design) => {
    const run = new MemoryRun(design, [build('i')]);
    run.script.at('i', 'statement', late(5_000));
    return compare(['end', told(await run.turn()), 'done'], ['sent', run.script.times('i', 'statement'), 1]);
  },
  { 'nobody looks for its process': { design: ownProcessesNotLookedFor, caught: 'sent: 2' } },
);

scenario(
  'a build that was killed leaves nothing, and is sent again; one that is refused leaves nothing either',
  async (design) => {
    const run = new MemoryRun(design, [build('i'), build('j')]);
    const leaves = (id: string, answer: Answer): unknown =>
      run.script
        .at(
          id,
          'pid',
          meanwhile(() => run.server.store.write(new Map([[leftoverKey(id), true]]))),
        )
        .at(id, 'statement', answer)
        // Before it is sent there is nothing: the first look finds that.
        .at(id, 'leftover', AS_USUAL);
    leaves('i', ENDED);
    leaves('j', refused('22012'));
    const end = await run.turn();
    return compare(
      ['end', told(end), 'failed j 22012'],
      ['left', [run.server.store.read(leftoverKey('i')), run.server.store.read(leftoverKey('j'))], [false, false]],
    );
  },
  { 'what is left is not looked for': { design: leftoverNotLookedFor, caught: 'left: [true,true]' } },
);
