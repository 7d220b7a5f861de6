/** Stops: a signal, `pause`, the time budget. What is under way ends at its checkpoint, nothing begins, going on does the rest. */
import { afterEach, expect, test, vi } from 'vitest';

import { whileStoppable, type StopOptions } from '../../../../src/commands/run-stops.js';
import { StopRequest } from '../../../../src/executor/stop-request.js';
import { MemoryRun, OURS, upTo, type TurnEnd } from '../../../support/in-memory/memory-run.js';
import { batch, build, check, gate, statement } from '../../../support/in-memory/operations.js';
import { AS_USUAL, ENDED, meanwhile, refused, rows, STUCK } from '../../../support/in-memory/script.js';
import { compare, scenario, told } from './scenario.js';
import { stopDropsTheCheckpoint } from './seeds/wrong-journals.js';
import { deafToStops } from './seeds/wrong-walks.js';

scenario(
  'a stop lets the batch at hand commit with its checkpoint, and begins nothing',
  async (design) => {
    const run = new MemoryRun(design, [batch('fill', { writes: ['t'] }), statement('behind', { reads: ['t'] })], {
      rows: { fill: upTo(50) },
    });
    const stop = new AbortController();
    run.script.at(
      'fill',
      'batch',
      AS_USUAL,
      AS_USUAL,
      meanwhile(() => stop.abort(new StopRequest('paused by anna'))),
    );
    const first = await run.turn({ stop: stop.signal });
    const found = compare(
      ['first', told(first), 'stopped paused by anna'],
      ['done', [run.rowsDone('fill'), run.done('behind')], [20, 0]],
      ['states', [run.state('fill'), run.state('behind')], ['running', 'pending']],
    );
    const second = await run.turn();
    return [...found, ...compare(['second', told(second), 'done'], ['rows', run.notOnce('fill'), []])];
  },
  {
    'the stop drops the checkpoint': { design: stopDropsTheCheckpoint, caught: /rows: .*done 2 times/ },
    'nobody looks for stops': { design: deafToStops, caught: 'first: "done"' },
  },
);

const OPERATIONS = [
  statement('a', { writes: ['t'] }),
  batch('fill', { reads: ['t'], writes: ['u'] }),
  check('proof', { reads: ['u'], barrier: true }),
  gate('open'),
  build('i'),
];

test('a stop at any statement of a run is a stop or the end, never a failure; going on does all once', async () => {
  const contents = { rows: { fill: upTo(12) } };
  const whole = new MemoryRun(OURS, OPERATIONS, contents);
  await whole.turn();
  const places = whole.script.seen.map((place) => (place.includes(' ') ? place : ` ${place}`));
  const counted = new Map<string, number>();
  for (const place of places) {
    const nth = counted.get(place) ?? 0;
    counted.set(place, nth + 1);
    const [operation, ...part] = place.split(' ');
    if (part.join(' ') === 'journal beginRun') continue;
    const run = new MemoryRun(OURS, OPERATIONS, contents);
    const stop = new AbortController();
    run.script.at(
      operation!,
      part.join(' '),
      ...Array.from({ length: nth }, () => AS_USUAL),
      meanwhile(() => stop.abort()),
    );
    const first = await run.turn({ stop: stop.signal });
    expect(['stopped', 'done'], place).toContain(first.state);
    expect(told(await run.turn()), place).toBe('done');
    expect([run.done('a'), run.done('i'), run.notOnce('fill')], place).toEqual([1, 1, []]);
  }
});

test.each([
  ['waits for a lock', refused('55P03')],
  ['has lost its connection', ENDED],
])('a run that %s when the stop comes is stopped', async (_, answer) => {
  const run = new MemoryRun(OURS, [statement('a')]);
  const stop = new AbortController();
  run.script.always('a', 'statement', answer);
  const turn = run.turn({ stop: stop.signal });
  void run.server.clock.sleep(500).then(() => stop.abort());
  expect(told(await turn)).toBe('stopped');
  run.script.always('a', 'statement', AS_USUAL);
  expect(told(await run.turn())).toBe('done');
});

test('what a cancellation cuts off is stopped, and nothing of it stays', async () => {
  const run = new MemoryRun(OURS, [batch('fill')], { rows: { fill: upTo(20) } });
  const stop = new AbortController();
  run.script.at('fill', 'batch', AS_USUAL, STUCK);
  const turn = run.turn({ stop: stop.signal });
  void run.server.clock.sleep(500).then(() => {
    stop.abort(new StopRequest('cancelled by anna'));
    return run.process.cancelRunning();
  });
  expect(told(await turn)).toBe('stopped cancelled by anna');
  expect(run.rowsDone('fill')).toBe(10);
  expect(told(await run.turn())).toBe('done');
  expect(run.notOnce('fill')).toEqual([]);
});

afterEach(() => void vi.useRealTimers());

/** Ten batches; when the third has been sent, so much time passes for those who look for stops. */
async function stopped(run: MemoryRun, afterMs: number, options: Partial<StopOptions>): Promise<TurnEnd> {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const pass = meanwhile(() => vi.advanceTimersByTimeAsync(afterMs));
  run.script.at('fill', 'batch', AS_USUAL, AS_USUAL, pass);
  const database = run.process;
  const stop = new AbortController().signal;
  return whileStoppable(await run.own(), { database, stop, ...options }, (either) => run.turn({ stop: either }));
}

test('a time budget that is used up stops the run, and says so', async () => {
  const run = new MemoryRun(OURS, [batch('fill')], { rows: { fill: upTo(50) } });
  run.script.always('', 'asked', rows());
  expect(told(await stopped(run, 5_000, { timeBudgetMs: 5_000 }))).toBe('stopped its time budget of 5s is used up');
  expect(run.rowsDone('fill')).toBe(20);
  expect(told(await run.turn())).toBe('done');
  expect(run.notOnce('fill')).toEqual([]);
});

test('what somebody asked for in the journal is seen while batches are at work', async () => {
  const run = new MemoryRun(OURS, [batch('fill')], { rows: { fill: upTo(50) } });
  run.script.always('', 'asked', rows({ asked: 'pause', by: 'anna' }));
  expect(told(await stopped(run, 1_500, {}))).toBe('stopped paused by anna');
  expect(run.rowsDone('fill')).toBe(20);
});

test('a stop that comes in the pause before a try lets nothing begin', async () => {
  const run = new MemoryRun(OURS, [check('proof')]);
  const stop = new AbortController();
  run.script.at('proof', 'check', refused('55P03'));
  const turn = run.turn({ stop: stop.signal });
  void run.server.clock.sleep(20).then(() => stop.abort());
  expect(told(await turn)).toBe('stopped');
  expect(run.script.times('proof', 'check')).toBe(1);
});
