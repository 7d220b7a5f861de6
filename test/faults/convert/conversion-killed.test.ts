/**
 * SIGKILL at random moments of a key conversion, over its cutover and on its way back: whoever comes next goes on, and in the end keys,
 * references and catalog are exactly what they are without a kill.
 */
import { afterAll, expect, it } from 'vitest';

import { diffFingerprints } from '../../../src/catalog/fingerprint.js';
import { systemClock } from '../../../src/kernel/clock.js';
import { readFingerprint } from '../../../src/postgres/read-fingerprint.js';
import { testDatabase } from '../../support/database.js';
import { rowsOf } from '../../support/plan-on-database.js';
import { compileForProcesses } from '../support/compile-for-processes.js';
import { printedRandom, ROUNDS, say } from '../support/random.js';
import { writePlan } from '../support/run-plan.js';
import { waitingProcesses, type PlanAction } from '../support/start-plan-process.js';

const random = printedRandom('test/faults/convert/conversion-killed.test.ts');
const processes = waitingProcesses(await compileForProcesses(), 2);
afterAll(() => processes.end());

const KILLS = { apply: 6 * ROUNDS, rollback: 4 * ROUNDS };
const TURNS = 60;
const NOT_BEGUN = 'not begun';

const SCHEMA = `
CREATE TABLE users (id serial PRIMARY KEY, word text NOT NULL UNIQUE, above int REFERENCES users ON DELETE SET NULL);
CREATE TABLE posts (id serial PRIMARY KEY, user_id int NOT NULL REFERENCES users ON DELETE CASCADE, word text);
CREATE TABLE votes (user_id int REFERENCES users, post_id int REFERENCES posts, PRIMARY KEY (user_id, post_id));
CREATE INDEX ON posts (user_id, word) WHERE user_id IS NOT NULL;
CREATE VIEW authors AS SELECT u.id, u.word, count(p.id) AS n FROM users u LEFT JOIN posts p ON p.user_id = u.id GROUP BY u.id;
INSERT INTO users (word, above) SELECT 'u' || g, nullif(g / 2, 0) FROM generate_series(1, 400) AS g;
INSERT INTO posts (user_id, word) SELECT 1 + g % 400, 'p' || g FROM generate_series(1, 800) AS g;
INSERT INTO votes SELECT 1 + g % 400, 1 + g % 799 FROM generate_series(1, 600) AS g ON CONFLICT DO NOTHING`;

const MEANING = `SELECT json_agg(line ORDER BY line)::text FROM (
  SELECT p.word || ' ' || u.word FROM posts p JOIN users u ON u.id = p.user_id
  UNION ALL SELECT u.word || ' ' || coalesce(a.word, '-') FROM users u LEFT JOIN users a ON a.id = u.above
  UNION ALL SELECT 'vote ' || u.word || ' ' || p.word FROM votes v JOIN users u ON u.id = v.user_id JOIN posts p ON p.id = v.post_id
  UNION ALL SELECT word || ' ' || n FROM authors) AS lines (line)`;

it('killed anywhere, a conversion goes on, over its cutover and all the way back', async () => {
  const test = await testDatabase();
  await test.query(SCHEMA);
  const fingerprint = () => test.database.transaction((session) => readFingerprint(session), { readOnly: true });
  const [before, rows, meaning] = [await fingerprint(), await rowsOf(test), await test.value(MEANING)];
  const plan = await writePlan(
    'keys',
    `steps:
  - id: keys
    convert_uuid: { table: users, value: random, batch: { rows: 25, target: "off" } }
  - id: proof
    verify: [ { in_sync: [keys] } ]
  - id: flip
    cutover: { windows: [keys] }
  - id: after
    verify: [ { in_sync: [keys] } ]
`,
  );
  const killedIn: string[] = [];
  const drive = async (action: Extract<PlanAction, 'apply' | 'rollback'>): Promise<void> => {
    const ends: string[] = [];
    for (let turn = 0, kills = 0; turn < TURNS; turn++) {
      const running = processes.take().run([{ action, url: test.url, ...plan }]);
      if (kills < KILLS[action]) {
        // Each kill farther than the one before it, at a share of the operations that are done by then.
        const share = (kills + random.next()) / KILLS[action];
        const life = { over: false };
        void running.ended.then(() => (life.over = true));
        void (async () => {
          while (!life.over && (await shareDone(action)) < share) await systemClock.sleep(10);
          await systemClock.sleep(random.next() * 60);
          running.signal('SIGKILL');
        })();
      }
      const { exitCode, signal, output } = await running.ended;
      if (signal === 'SIGKILL') {
        const where = await underWay();
        // Before it has begun there is nothing to break.
        if (where !== NOT_BEGUN) kills += 1;
        killedIn.push(`${action}: ${where}`);
        continue;
      }
      if (exitCode === 0) return;
      ends.push(`exit ${String(exitCode)} ${output.trim().split('\n').at(-1)?.slice(0, 600) ?? ''}`);
      await systemClock.sleep(200);
    }
    throw new Error(`${action} did not come to its end:\n${ends.join('\n')}`);
  };
  const shareDone = async (action: 'apply' | 'rollback'): Promise<number> => {
    if ((await test.value(`SELECT to_regclass('lockstep.operation') IS NULL`)) === true) return 0;
    const own = action === 'apply' ? `id NOT LIKE 'undo/%'` : `id LIKE 'undo/%'`;
    const done = `SELECT coalesce(avg((state = 'done')::int), 0)::float8 FROM lockstep.operation WHERE ${own}`;
    return (await test.value(done)) as number;
  };
  const underWay = async (): Promise<string> => {
    if ((await test.value(`SELECT to_regclass('lockstep.operation') IS NULL`)) === true) return NOT_BEGUN;
    const at = `SELECT string_agg(id, ' ') FROM lockstep.operation WHERE state = 'running'`;
    return ((await test.value(at)) as string | null) ?? 'between';
  };
  await drive('apply');
  expect(await test.value(MEANING)).toBe(meaning);
  expect(
    await test.value(
      "SELECT format_type(atttypid, -1) FROM pg_attribute WHERE attrelid = 'users'::regclass AND attname = 'id'",
    ),
  ).toBe('uuid');
  await drive('rollback');
  say(`killed ${killedIn.length} times: ${killedIn.join('; ')}`);
  expect(diffFingerprints(before, await fingerprint())).toEqual([]);
  expect(await rowsOf(test)).toEqual(rows);
  expect(await test.value(MEANING)).toBe(meaning);
  expect(killedIn.length).toBeGreaterThan(3);
});
