/**
 * Clients of every isolation level write while a key is converted under them: opened, filled, compared, cut over, taken back, done
 * again, closed. What they were told is the oracle: nothing lost, doubled or back again, and both keys mean the same row.
 */
import { expect, it } from 'vitest';

import { systemClock } from '../../../src/kernel/clock.js';
import type { CommandResult } from '../../../src/commands/command-result.js';
import { testDatabase, type TestDatabase } from '../../support/database.js';
import { planOn, told } from '../../support/plan-on-database.js';
import { printedRandom, randomFrom, say } from '../support/random.js';
import { CHILDREN, runLiveClient, type Habit, type Isolation, type LiveLog } from './live/live-client.js';

const random = printedRandom('test/faults/convert/live-writers.test.ts');
const BASE = 300;

const SCHEMA = `
CREATE SEQUENCE more_keys START 1000000;
CREATE TABLE users (id serial PRIMARY KEY, label text NOT NULL UNIQUE);
CREATE TABLE posts (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, user_id int NOT NULL REFERENCES users ON DELETE CASCADE ON UPDATE CASCADE, label text NOT NULL UNIQUE);
CREATE TABLE votes (user_id int REFERENCES users ON DELETE CASCADE ON UPDATE CASCADE, n int, label text NOT NULL UNIQUE, PRIMARY KEY (user_id, n));
CREATE TABLE late (id serial PRIMARY KEY, user_id int REFERENCES users ON DELETE CASCADE ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED, label text NOT NULL UNIQUE);
CREATE INDEX ON posts (user_id); CREATE INDEX ON late (user_id);
INSERT INTO users (label) SELECT 'base-' || g FROM generate_series(1, ${BASE}) AS g;
INSERT INTO posts (user_id, label) SELECT g, 'first-' || g FROM generate_series(1, ${BASE}) AS g;
INSERT INTO votes SELECT g, 0, 'first-' || g FROM generate_series(1, ${BASE}) AS g;
INSERT INTO late (user_id, label) SELECT nullif(g % 7, 0), 'first-' || g FROM generate_series(1, ${BASE}) AS g`;

const CLIENTS: readonly (readonly [string, Isolation])[] = [
  ['a', 'read committed'],
  ['b', 'read committed'],
  ['c', 'read committed'],
  ['d', 'repeatable read'],
  ['e', 'repeatable read'],
  ['f', 'serializable'],
  ['prepared', 'read committed'],
];

it('what clients were told holds while a key is converted, back and again, to the end', async () => {
  const test = await testDatabase();
  await test.query(SCHEMA);
  const stop = new AbortController();
  let [habit, gate] = ['plain' as Habit, Promise.resolve()];
  let thinksMs = 25;
  const base = Array.from({ length: BASE }, (_, index) => `base-${index + 1}`);
  const logs = CLIENTS.map((): LiveLog => {
    return { users: new Set(), children: new Map(), acknowledged: 0, conflicts: new Map(), changed: [], errors: [] };
  });
  let writing = 0;
  const running = CLIENTS.map(([name, isolation], index) =>
    runLiveClient({
      ...{ name, isolation, base, url: test.url, stop: stop.signal, log: logs[index]! },
      random: randomFrom(random.below(2 ** 31)),
      // Some never learn of other names.
      habit: () => (index % 2 === 0 ? 'plain' : habit),
      thinksMs: () => thinksMs,
      mayWrite: async () => {
        writing -= 1;
        await gate;
        writing += 1;
      },
    }),
  );
  writing = CLIENTS.length;
  const wrong: string[] = [];
  const look = async (when: string, references: readonly (readonly [string, string])[]): Promise<void> => {
    let open = (): void => undefined;
    gate = new Promise((resolve) => (open = resolve));
    while (writing > 0) await systemClock.sleep(20);
    for (const [ref, id] of references)
      wrong.push(...(await differences(test, logs, ref, id)).map((line) => `${when}, ${ref}: ${line}`));
    open();
  };
  try {
    const plan = planOn(test.database, {
      name: 'keys',
      steps: [
        { id: 'keys', convert_uuid: { table: 'users', value: 'random', batch: { rows: 25, target: 'off' } } },
        { id: 'proof', verify: [{ in_sync: ['keys'] }] },
        { id: 'wait', gate: { approval: 'dba' } },
        { id: 'flip', cutover: { windows: ['keys'], attempts: 50 } },
        { id: 'after', verify: [{ in_sync: ['keys'] }] },
        { id: 'soak', gate: { approval: 'dba' } },
        { id: 'done', close: { windows: ['keys'], quiet: '0s', retain: '0s' } },
      ],
    });
    await systemClock.sleep(500);
    for (const round of ['once', 'again']) {
      await untilExit(() => plan.apply(), 6);
      habit = 'new beside';
      await systemClock.sleep(1_500);
      await look(`open ${round}`, [
        ['user_id', 'id'],
        ['user_id_uuid', 'id_uuid'],
      ]);
      // A cutover wants every table for itself once, and who has one of them and waits for another keeps it from that.
      thinksMs = 500;
      await plan.approve('wait');
      await untilExit(() => plan.apply(), 6);
      habit = 'old behind';
      thinksMs = 25;
      await systemClock.sleep(1_500);
      await look(`cut over ${round}`, [
        ['user_id', 'id'],
        ['user_id_legacy', 'id_legacy'],
      ]);
      habit = 'plain';
      thinksMs = 500;
      if (round === 'again') break;
      await untilExit(() => plan.rollback(), 0);
      thinksMs = 25;
      await look('taken back', [['user_id', 'id']]);
    }
    await systemClock.sleep(300);
    await plan.approve('soak');
    await untilExit(() => plan.apply(), 0);
    await systemClock.sleep(300);
    await look('closed', [['user_id', 'id']]);
  } finally {
    stop.abort();
    await Promise.all(running);
  }
  const sum = (of: (log: LiveLog) => number): number => logs.reduce((total, log) => total + of(log), 0);
  const conflicts = new Map<string, number>();
  for (const log of logs) for (const [state, n] of log.conflicts) conflicts.set(state, (conflicts.get(state) ?? 0) + n);
  say(
    `${sum(({ acknowledged }) => acknowledged)} writes acknowledged; conflicts ${JSON.stringify(Object.fromEntries(conflicts))}; met other names ${sum(({ changed }) => changed.length)} times; wrong: ${wrong.length}`,
  );
  expect(wrong.slice(0, 20)).toEqual([]);
  expect(logs.flatMap(({ errors }) => errors).slice(0, 10), 'what no client should be told').toEqual([]);
  // Columns come, change names, go; come again, change names again, and the old ones go: seven times, and once for a plan in between.
  for (const { changed } of logs) expect(changed.length, changed.join('\n')).toBeLessThanOrEqual(8);
  expect(sum(({ acknowledged }) => acknowledged)).toBeGreaterThan(100);
});

async function untilExit(turn: () => Promise<CommandResult<unknown>>, exit: number): Promise<void> {
  const ends: string[] = [];
  for (let turns = 0; turns < 15; turns++) {
    const result = await turn();
    if (result.exit === exit) return;
    ends.push(told(result));
    if (result.exit === 4) break;
  }
  throw new Error(ends.join('\n\n'));
}

/** Where the tables say something else than the clients were told, by one pair of names. */
async function differences(
  test: TestDatabase,
  logs: readonly LiveLog[],
  ref: string,
  id: string,
): Promise<readonly string[]> {
  const expected = new Set(
    logs.flatMap(({ users, children }) => [
      ...[...users].map((user) => `users ${user}`),
      ...[...children].map(([child, user]) => `${child} → ${user ?? '-'}`),
    ]),
  );
  const children = CHILDREN.map(
    (table) =>
      `SELECT '${table} ' || c.label || ' → ' || coalesce(u.label, CASE WHEN c.${ref} IS NULL THEN '-' ELSE 'nobody' END) FROM ${table} AS c LEFT JOIN users AS u ON u.${id} = c.${ref}`,
  );
  const rows = await test.query<{ line: string }>(
    `SELECT line FROM (SELECT 'users ' || label FROM users UNION ALL ${children.join(' UNION ALL ')}) AS lines (line)`,
  );
  const found = rows.map(({ line }) => line);
  const firsts = found.filter((line) => /^\w+ (first|base)-/.test(line));
  const others = found.filter((line) => !/^\w+ (first|base)-/.test(line));
  const there = new Set(others);
  return [
    ...[...expected].filter((line) => !there.has(line)).map((line) => `lost: ${line}`),
    ...others.filter((line) => !expected.has(line)).map((line) => `not written: ${line}`),
    ...(there.size === others.length ? [] : [`${others.length - there.size} doubled`]),
    ...(firsts.length === 4 * BASE && !firsts.some((line) => line.endsWith('nobody'))
      ? []
      : [`of the first rows ${firsts.length} are left`]),
  ];
}
