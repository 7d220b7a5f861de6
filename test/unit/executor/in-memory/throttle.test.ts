/** The throttle: nothing begins while a signal is above its limit, and a signal that cannot be read is no leave to go on. */
import { expect, test } from 'vitest';

import type { ThrottleLimits } from '../../../../src/operation/throttle.js';
import { MemoryRun, OURS, upTo, type Design } from '../../../support/in-memory/memory-run.js';
import { batch, statement } from '../../../support/in-memory/operations.js';
import { ENDED, LOST_ANSWER, meanwhile, refused, slow } from '../../../support/in-memory/script.js';
import { compare, scenario, told } from './scenario.js';
import { unreadableIsZero } from './seeds/wrong-sessions.js';
import { neverHolds, unreadableIsGo } from './seeds/wrong-walks.js';

const SIGNAL = 'signal query';

function runWith(design: Design, quietHours: ThrottleLimits['quietHours'] = null): MemoryRun {
  const signals = [{ name: 'query', reads: 'value', sql: 'SELECT lag', atMost: 5, unit: 'number' } as const];
  return new MemoryRun(design, [batch('fill', { writes: ['t'] }), statement('behind', { reads: ['t'] })], {
    limits: { throttle: { signals, quietHours } },
    rows: { fill: upTo(60) },
    signals: { query: 0 },
  });
}

scenario(
  'while a signal is above its limit no batch and no statement begins; then all goes on',
  async (design) => {
    const run = runWith(design);
    run.script.always('fill', 'batch', slow(400));
    let during: number | undefined;
    // The fifth reading and the next nine are above it; what is at work then ends.
    const is = (value: number) => meanwhile(() => (run.contents.signals['query'] = value));
    const fine = Array.from({ length: 3 }, () => is(0));
    const over = Array.from({ length: 8 }, () => is(9));
    const look = meanwhile(() => (during = run.script.times('fill', 'batch')));
    run.script.at('', SIGNAL, ...fine, ...over.slice(0, 2), ...over.slice(2, 4), look, ...over.slice(4), is(9));
    let after: number | undefined;
    run.script.at(
      '',
      SIGNAL,
      meanwhile(() => (after = run.script.times('fill', 'batch'))),
      is(0),
    );
    const end = await run.turn();
    return compare(
      ['end', told(end), 'done'],
      ['rows', run.notOnce('fill'), []],
      ['begun meanwhile', after! - during!, 0],
      ['holds', run.holds.length, 2],
    );
  },
  { 'it never holds': { design: neverHolds, caught: /astray|begun meanwhile|holds: 0/ } },
);

scenario(
  'a signal that has no value stops the run at a checkpoint; going on does the rest',
  async (design) => {
    const run = runWith(design);
    run.script.always('fill', 'batch', slow(400));
    const gone = meanwhile(() => (run.contents.signals['query'] = null));
    run.script.at('', SIGNAL, slow(0), slow(0), gone);
    const first = await run.turn();
    const done = run.rowsDone('fill');
    run.contents.signals['query'] = 0;
    const second = await run.turn();
    return compare(
      ['first', told(first), 'stopped the query returned no number'],
      ['in part', done > 0 && done < 60, true],
      ['second', told(second), 'done'],
      ['rows', run.notOnce('fill'), []],
    );
  },
  {
    'no value is zero': { design: unreadableIsZero, caught: 'first: "done"' },
    'unreadable is a leave to go on': { design: unreadableIsGo, caught: 'first: "done"' },
  },
);

test('a signal that the server refuses stops the run, before anything has begun', async () => {
  const run = runWith(OURS);
  run.script.always('', SIGNAL, refused('42501'));
  expect(told(await run.turn())).toBe('stopped refused with 42501');
  expect([run.rowsDone('fill'), run.done('behind')]).toEqual([0, 0]);
});

test('a reading that is lost with its connection is tried again', async () => {
  const run = runWith(OURS);
  run.script.at('', SIGNAL, ENDED, LOST_ANSWER, refused('40001'));
  expect(told(await run.turn())).toBe('done');
  expect(run.script.times('', SIGNAL)).toBeGreaterThanOrEqual(4);
});

test('outside the hours in which work is allowed the run stops, by the clock of the database', async () => {
  const run = runWith(OURS, { from: '02:00', to: '04:00', timeZone: 'UTC' });
  expect(told(await run.turn())).toMatch(/^stopped work is allowed/);
  expect(run.rowsDone('fill')).toBe(0);
  run.server.aheadMs = 15 * 3_600_000;
  expect(told(await run.turn())).toBe('done');
});

test('a stop ends a hold at once', async () => {
  const run = runWith(OURS);
  const stop = new AbortController();
  run.contents.signals['query'] = 9;
  run.script.at(
    '',
    SIGNAL,
    slow(0),
    slow(0),
    meanwhile(() => stop.abort()),
  );
  expect(told(await run.turn({ stop: stop.signal }))).toBe('stopped');
  expect([run.rowsDone('fill'), run.holds.length]).toEqual([0, 2]);
});
