/** Gates: what holds the run back, by whose clock, and that nothing behind one begins before it opens. */
import { expect, test } from 'vitest';

import { MemoryRun, OURS } from '../../../support/in-memory/memory-run.js';
import { gate, query, statement } from '../../../support/in-memory/operations.js';
import { LOST_ANSWER, meanwhile, refused } from '../../../support/in-memory/script.js';
import { compare, scenario, told } from './scenario.js';
import { answersRemembered, clockOfTheProcess } from './seeds/wrong-sessions.js';
import { gateWithoutBarrier } from './seeds/wrong-walks.js';

const HOUR_MS = 3_600_000;

scenario(
  'nothing behind a gate begins before somebody has approved, also what shares no table with what is before',
  async (design) => {
    const run = new MemoryRun(design, [
      statement('before', { writes: ['t'] }),
      gate('sign', { approval: 'anna' }),
      statement('behind', { writes: ['u'] }),
    ]);
    const ends = [told(await run.turn()), told(await run.turn())];
    const early = run.done('behind');
    await run.approve('sign');
    ends.push(told(await run.turn()));
    return compare(
      ['ends', ends, ['waiting approval', 'waiting approval', 'done']],
      ['early', early, 0],
      ['done', [run.done('before'), run.done('behind')], [1, 1]],
    );
  },
  { 'a gate is no barrier': { design: gateWithoutBarrier, caught: 'early: 1' } },
);

test('an approval that comes while its checks are asked counts', async () => {
  const run = new MemoryRun(OURS, [gate('sign', { approval: 'anna', until: [query('rows are in sync')] })]);
  run.script.at(
    'sign',
    'check',
    meanwhile(() => run.approve('sign')),
  );
  expect(told(await run.turn())).toBe('done');
});

test('a hold counts from when the gate was first reached, whatever comes between', async () => {
  const run = new MemoryRun(OURS, [gate('soak', { holdMs: HOUR_MS }), statement('behind')]);
  expect(told(await run.turn())).toBe('waiting hold');
  run.server.clock.pass(HOUR_MS / 2);
  run.script.at('soak', 'commit', LOST_ANSWER);
  expect(told(await run.turn())).toBe('waiting hold');
  run.server.clock.pass(HOUR_MS / 2);
  expect(told(await run.turn())).toBe('done');
  expect(run.done('behind')).toBe(1);
});

scenario(
  'the hours of a gate are those of the clock of the database',
  async (design) => {
    // Noon, for the process.
    const run = new MemoryRun(design, [gate('night', { quietHours: { from: '02:00', to: '04:00', timeZone: 'UTC' } })]);
    const byDay = told(await run.turn());
    run.server.aheadMs = 15 * HOUR_MS;
    return compare(['by day', byDay, 'waiting quiet_hours'], ['by night', told(await run.turn()), 'done']);
  },
  { 'the time is that of the process': { design: clockOfTheProcess, caught: 'by night: "waiting' } },
);

const remembered = answersRemembered();

scenario(
  'each turn asks the checks of a gate anew; a check that cannot be asked is no answer',
  async (design) => {
    const run = new MemoryRun(design, [gate('until', { until: [query('no writes')] }), statement('behind')], {
      violations: { until: 1 },
    });
    const ends = [told(await run.turn())];
    run.script.at('until', 'check', refused('42P01'));
    ends.push(told(await run.turn()));
    run.contents.violations['until'] = 0;
    ends.push(told(await run.turn()));
    return compare(['ends', ends, ['waiting until', 'failed until 42P01', 'done']], ['behind', run.done('behind'), 1]);
  },
  { 'answers are remembered': { design: remembered, caught: 'ends: ["waiting until","failed until 42P01","waiting' } },
);
