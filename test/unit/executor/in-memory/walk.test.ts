/** The walk over a graph: what waits for what, how much runs at a time, what is skipped, and what a failure keeps back. */
import { MemoryRun, upTo } from '../../../support/in-memory/memory-run.js';
import { batch, check, gate, statement } from '../../../support/in-memory/operations.js';
import { refused, slow } from '../../../support/in-memory/script.js';
import { compare, scenario, told } from './scenario.js';
import { answersForgotten, pastAFailure } from './seeds/wrong-journals.js';
import { oneAfterTheOther, withoutEdges, withoutSkipping, withoutSlots } from './seeds/wrong-walks.js';

scenario(
  'who writes what others read goes first, whoever shares nothing does not wait',
  async (design) => {
    const run = new MemoryRun(design, [
      statement('make', { writes: ['t'] }),
      statement('use', { reads: ['t'], writes: ['u'] }),
      statement('aside', { writes: ['v'] }),
      statement('after', { reads: ['u', 'v'] }),
    ]);
    run.script.at('make', 'statement', slow(200));
    const end = await run.turn();
    const moved = run.events.flatMap((event) => (event.type === 'operation' ? [`${event.operation} ${event.to}`] : []));
    const order = [
      ...['make running', 'aside running', 'aside done', 'make done', 'use running', 'use done'],
      ...['after running', 'after done'],
    ];
    return compare(['end', told(end), 'done'], ['order', moved, order]);
  },
  { 'edges are not heeded': { design: withoutEdges, caught: /order: .*use running.*make done/ } },
);

scenario(
  'as many run side by side as there are workers',
  async (design) => {
    const run = new MemoryRun(
      design,
      ['a', 'b', 'c', 'd'].map((id) => statement(id, { writes: [id] })),
    );
    for (const id of ['a', 'b', 'c', 'd']) run.script.at(id, 'statement', slow(100));
    const beganAt = run.server.clock.now();
    const end = await run.turn();
    return compare(['end', told(end), 'done'], ['time', run.server.clock.now() - beganAt, 200]);
  },
  {
    'one after the other': { design: oneAfterTheOther, caught: 'time: 400' },
    'all at once': { design: withoutSlots, caught: 'time: 100' },
  },
);

scenario(
  'a check that fails is failed in the journal; going on asks it again and never steps over it',
  async (design) => {
    const run = new MemoryRun(design, [check('proof', { barrier: true }), statement('destroy')], {
      violations: { proof: 1 },
    });
    const first = await run.turn();
    const again = await run.turn();
    const before = compare(
      ['first', told(first), 'failed proof check_failed'],
      ['again', told(again), 'failed proof check_failed'],
      ['state', run.state('proof'), 'failed'],
      ['destroyed', run.done('destroy'), 0],
    );
    run.contents.violations['proof'] = 0;
    const mended = await run.turn();
    return [...before, ...compare(['mended', told(mended), 'done'], ['done', run.done('destroy'), 1])];
  },
  { 'going on takes what failed for done': { design: pastAFailure, caught: /again: "done".*\ndestroyed: 1/s } },
);

scenario(
  'what a condition keeps back is skipped, with what waits for it, also in a later turn',
  async (design) => {
    const run = new MemoryRun(
      design,
      [
        check('when', { effect: 'skip' }),
        check('other', { effect: 'skip', skipWhen: ['when'] }),
        gate('sign', { approval: 'anna' }),
        statement('a', { skipWhen: ['when'] }),
        statement('b', { skipWhen: ['other'] }),
        statement('c'),
      ],
      { violations: { when: 1 } },
    );
    const first = await run.turn();
    await run.approve('sign');
    const second = await run.turn();
    return compare(
      ['first', told(first), 'waiting approval'],
      ['second', told(second), 'done'],
      ['states', ['a', 'b', 'c'].map((id) => run.state(id)), ['skipped', 'skipped', 'done']],
      ['done', ['a', 'b', 'c'].map((id) => run.done(id)), [0, 0, 1]],
      ['reason', run.outcome('b'), { reason: 'does not hold: when' }],
    );
  },
  {
    'conditions are not heeded': { design: withoutSkipping, caught: /done: \[1,1,1\]/ },
    'answers are forgotten between turns': { design: answersForgotten, caught: /done: \[1,/ },
  },
);

scenario('a failure ends what is under way at its next checkpoint, and going on does the rest once', async (design) => {
  const run = new MemoryRun(design, [batch('fill', { writes: ['t'] }), statement('wrong', { writes: ['u'] })], {
    rows: { fill: upTo(100) },
  });
  run.script.always('fill', 'batch', slow(50));
  run.script.at('wrong', 'pid', slow(120)).at('wrong', 'statement', refused('42P01'));
  const first = await run.turn();
  const done = run.rowsDone('fill');
  const states = [run.state('fill'), run.state('wrong')];
  const second = await run.turn();
  return compare(
    ['first', told(first), 'failed wrong 42P01'],
    ['in part', done > 0 && done < 100, true],
    ['states', states, ['running', 'failed']],
    ['second', told(second), 'done'],
    ['rows', run.notOnce('fill'), []],
  );
});
