/** The demo on the server that npm ships, in a folder of the test's own: run, killed, gone on, taken back, removed. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';

import { demoCommand, type DemoOptions } from '../../../src/commands/demo.js';
import type { DemoEvent } from '../../../src/commands/demo-event.js';
import { reachableTemporaryFolder } from '../../../src/postgres/server/server-account.js';
import { told } from '../../support/plan-on-database.js';

const folder = join(await reachableTemporaryFolder(), `lockstep-demo-test-${process.pid}`);
afterAll(() => demo('clean'));

const USERS = 12_000;

async function demo(action: DemoOptions['action'], stopAt?: (event: DemoEvent) => boolean) {
  const events: DemoEvent[] = [];
  const stop = new AbortController();
  const tell = (event: DemoEvent): void => {
    events.push(event);
    if (stopAt?.(event) === true) stop.abort();
  };
  const result = await demoCommand({ action, users: USERS, folder, stop: stop.signal, tell });
  const commands = events.flatMap((event) => (event.type === 'command' ? [event.command] : []));
  return { result, commands, events };
}

const PLAN = 'plans/split-auth-schema.yaml';

test('without a demo there is nothing to look at or to take back', async () => {
  for (const action of ['status', 'rollback'] as const) {
    const { result } = await demo(action);
    expect(result).toMatchObject({ exit: 1, diagnostics: [{ code: 'LS9008' }], next: ['npx lockstep demo'] });
  }
  expect(existsSync(folder)).toBe(false);
});

test('stopped in the middle, the next call goes on to the gate', async () => {
  const cut = await demo('run', ({ type }) => type === 'progress');
  expect(cut.result).toMatchObject({ exit: 6, report: null });
  expect(cut.result.next[0]).toBe('npx lockstep demo');
  expect(cut.commands.map((command) => command.split(' ')[1])).toEqual(['validate', 'plan', 'apply']);

  const { result, commands, events } = await demo('run');

  expect(told(result)).toBe('exit 0');
  expect(commands).toEqual([
    'lockstep status split-auth-schema',
    `lockstep apply ${PLAN} --set soak=0s`,
    `lockstep verify ${PLAN} --set soak=0s`,
  ]);
  const report = result.report!;
  expect(report.users).toBe(USERS);
  expect(report.run!.run).toMatchObject({ name: 'split-auth-schema@1', status: 'waiting' });
  expect(report.run!.run.epoch).toBeGreaterThan(1);
  expect(report.checks.map(({ answer }) => answer?.violations)).toEqual(report.checks.map(() => 0));
  const rows = Object.fromEntries(report.tables.map(({ table, rowsBefore, rowsNow }) => [table, rowsNow - rowsBefore]));
  // Each fifth user has no password, each third or fifth a Google id, each fourth no name; one had preferences before.
  expect(rows).toEqual({
    user_credentials: 9_600,
    user_external_logins: 5_600,
    user_profiles: 9_000,
    user_preferences: 11_999,
  });
  expect(result.next[0]).toBe('npx lockstep demo rollback');
  expect(JSON.stringify(events)).toContain('says, in the same transaction: changed by code that knows nothing');
});

test('status shows the run, rollback leaves nothing, and the next demo starts afresh', async () => {
  const looked = await demo('status');
  expect(told(looked.result)).toBe('exit 0');
  expect(looked.result.report!.tables.some(({ asBefore }) => asBefore)).toBe(false);

  const back = await demo('rollback');
  expect(told(back.result)).toBe('exit 0');
  expect(back.commands).toEqual([`lockstep rollback ${PLAN}`]);
  expect(back.events.map(({ type }) => type).indexOf('way back')).toBe(1);
  expect(
    back.result.report!.tables.every(({ asBefore, rowsBefore, rowsNow }) => asBefore && rowsBefore === rowsNow),
  ).toBe(true);
  expect(back.result.report!.tables.reduce((sum, { rowsBefore }) => sum + rowsBefore, 0)).toBeGreaterThan(100);

  const anew = await demo('run');
  expect(told(anew.result)).toBe('exit 0');
  expect(anew.commands[0]).toBe(`lockstep validate ${PLAN}`);
  expect(anew.result.report!.run!.run.name).toBe('split-auth-schema@1');

  const closed = await demo('run');
  expect(told(closed.result)).toBe('exit 0');
  expect(closed.commands).toEqual([
    'lockstep status split-auth-schema',
    `lockstep apply ${PLAN} --set soak=0s`,
    `lockstep approve ${PLAN} --gate sign-off`,
    `lockstep apply ${PLAN} --set soak=0s`,
    `lockstep verify ${PLAN} --set soak=0s`,
    `lockstep apply ${PLAN} --set soak=0s`,
  ]);
  expect(closed.result.report!.run!.run.status).toBe('done');
  expect(closed.result.next).toEqual(['npx lockstep demo status', 'npx lockstep demo clean']);
  expect((await demo('rollback')).result).toMatchObject({ exit: 1, diagnostics: [{ code: 'LS9010' }] });

  expect(told((await demo('clean')).result)).toBe('exit 0');
  expect(existsSync(folder)).toBe(false);
});
