/** What is tried again, how, and that nothing else is: for statements, batches and checks alike. */
import { expect, test } from 'vitest';

import { MAX_TRIES } from '../../../../src/executor/retry-policy.js';
import { MemoryRun, OURS, upTo, type Design } from '../../../support/in-memory/memory-run.js';
import { batch, check, statement } from '../../../support/in-memory/operations.js';
import {
  AS_USUAL,
  ENDED,
  LOST_ANSWER,
  LOST_REQUEST,
  meanwhile,
  refused,
  type Answer,
} from '../../../support/in-memory/script.js';
import { ServerError } from '../../../support/in-memory/server-error.js';
import { compare, scenario, told } from './scenario.js';
import { everythingRetried, lockWaitsGivenUp, lossesGivenUp, rowErrorsRetried } from './seeds/wrong-sessions.js';
import { withoutPauses } from './seeds/wrong-walks.js';

const OPERATIONS = {
  statement: () => statement('it'),
  batch: () => batch('it'),
  check: () => check('it'),
} as const;
type Kind = keyof typeof OPERATIONS;
const KINDS = Object.keys(OPERATIONS) as Kind[];

function runOf(kind: Kind, design: Design = OURS): MemoryRun {
  return new MemoryRun(design, [OPERATIONS[kind]()], { rows: { it: upTo(5) } });
}

function effectOnce(run: MemoryRun, kind: Kind): readonly unknown[] {
  if (kind === 'batch') return run.notOnce('it');
  return kind === 'check' || run.done('it') === 1 ? [] : [run.done('it')];
}

const GOES_BETTER: Readonly<Record<string, Answer>> = {
  'a lock that is not had in time (55P03)': refused('55P03'),
  'a deadlock (40P01)': refused('40P01'),
  'a serialization failure (40001)': refused('40001'),
  'a session that an administrator ends (57P01)': ENDED,
  'a connection lost before the server has it': LOST_REQUEST,
  'a connection lost when the server has done it': LOST_ANSWER,
};

test.each(KINDS.flatMap((kind) => Object.entries(GOES_BETTER).map(([name, answer]) => [kind, name, answer] as const)))(
  'a %s goes on after %s, twice in a row, with a pause before each try',
  async (kind, _, answer) => {
    const run = runOf(kind);
    run.script.at('it', kind, answer, answer);
    const beganAt = run.server.clock.now();
    expect(told(await run.turn())).toBe('done');
    expect(run.script.times('it', kind)).toBe(3);
    expect(effectOnce(run, kind)).toEqual([]);
    const pauses = run.events.flatMap((event) => (event.type === 'retry' ? [event.pauseMs] : []));
    expect(pauses).toHaveLength(2);
    expect(pauses.every((pauseMs) => pauseMs > 0)).toBe(true);
    expect(run.server.clock.now() - beganAt).toBeGreaterThanOrEqual(pauses[0]! + pauses[1]!);
  },
);

test.each(['', '53300', '57P03'])('goes on when a connection is refused (%s) and then not', async (sqlstate) => {
  const run = runOf('batch');
  const refusals = [1, 2, 3].map(() => new ServerError(sqlstate, 'no'));
  run.script.at(
    'it',
    'size',
    meanwhile(() => run.server.refusals.push(...refusals)),
  );
  expect(told(await run.turn())).toBe('done');
  expect(run.events.filter(({ type }) => type === 'retry')).toHaveLength(3);
  expect(run.notOnce('it')).toEqual([]);
});

test('does not go on where it is refused for good (28P01)', async () => {
  const run = runOf('batch');
  run.script.at(
    'it',
    'size',
    meanwhile(() => run.server.refusals.push(new ServerError('28P01', 'password'))),
  );
  expect(told(await run.turn())).toBe('failed it 28P01');
});

const STAYS_WRONG = ['23514', '22012', '42P01', '42501', '53100', '57014', 'XX000'];

test.each(KINDS.flatMap((kind) => STAYS_WRONG.map((sqlstate) => [kind, sqlstate] as const)))(
  'a %s that is refused with %s fails, and is sent once',
  async (kind, sqlstate) => {
    const run = runOf(kind);
    run.script.at('it', kind, refused(sqlstate));
    const end = await run.turn();
    // What a row causes is looked for in parts of the batch: there nothing is refused any more.
    const isHalved = kind === 'batch' && /^2/.test(sqlstate);
    expect(told(end)).toBe(isHalved ? 'done' : `failed it ${sqlstate}`);
    if (isHalved) return;
    expect(run.script.times('it', kind)).toBe(1);
    expect(run.state('it')).toBe('failed');
  },
);

test.each(KINDS)('a %s whose session is ended again and again fails in the end; going on is possible', async (kind) => {
  const run = runOf(kind);
  run.script.at('it', kind, ...Array.from({ length: MAX_TRIES + 1 }, () => ENDED));
  expect(told(await run.turn())).toBe('failed it 57P01');
  expect(run.script.times('it', kind)).toBe(MAX_TRIES + 1);
  expect(told(await run.turn())).toBe('done');
  expect(effectOnce(run, kind)).toEqual([]);
});

test('a statement that never gets its locks is blocked, not failed, and leaves nothing', async () => {
  const run = new MemoryRun(OURS, [statement('it', { lockFirst: ['t'] }), statement('aside')]);
  run.script.always('it', 'lock table', refused('55P03'));
  expect(told(await run.turn())).toBe('blocked it');
  expect([run.done('it'), run.state('it'), run.done('aside')]).toEqual([0, 'blocked', 1]);
  run.script.always('it', 'lock table', AS_USUAL);
  expect(told(await run.turn())).toBe('done');
  expect(run.done('it')).toBe(1);
});

scenario(
  'a lost connection and a lock that was not had are tried again',
  async (design) => {
    const run = new MemoryRun(design, [statement('a'), check('b', { after: ['a'] })]);
    run.script.at('a', 'statement', ENDED).at('b', 'check', refused('55P03'), LOST_REQUEST);
    const beganAt = run.server.clock.now();
    const end = await run.turn();
    const waited = run.server.clock.now() - beganAt > 200;
    return compare(['end', told(end), 'done'], ['done', run.done('a'), 1], ['waited', waited, true]);
  },
  {
    'losses are given up': { design: lossesGivenUp, caught: 'end: "failed a XX000"' },
    'waits for locks are given up': { design: lockWaitsGivenUp, caught: 'end: "failed b XX000"' },
    'no pause before a try': { design: withoutPauses, caught: /waited|end/ },
  },
);

scenario(
  'what a row or the plan causes is not tried again',
  async (design) => {
    const run = new MemoryRun(design, [statement('a')]);
    run.script.always('a', 'statement', refused('23505'));
    const end = await run.turn();
    return compare(['sent', run.script.times('a', 'statement'), 1], ['end', told(end), 'failed a 23505']);
  },
  {
    'errors of rows are retried': { design: rowErrorsRetried, caught: `sent: ${MAX_TRIES + 1}` },
    'everything is retried': { design: everythingRetried, caught: `sent: ${MAX_TRIES + 1}` },
  },
);
