/** Policies over converted keys: in force at every moment, whoever looks; and refused before anything changes where they would not fit. */
import { expect, onTestFinished, test } from 'vitest';

import { EXIT } from '../../../src/commands/command-result.js';
import { PgDatabase } from '../../../src/postgres/pg-database.js';
import { testDatabase } from '../../support/database.js';
import { planOn } from '../../support/plan-on-database.js';

const TABLES = `
DO $$ BEGIN CREATE ROLE lockstep_reader; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
CREATE TABLE users (id serial PRIMARY KEY, email text);
CREATE TABLE posts (id serial PRIMARY KEY, user_id int NOT NULL REFERENCES users, title text);
CREATE TABLE notes (about text);
INSERT INTO users (email) SELECT 'u' || g FROM generate_series(1, 20) g;
INSERT INTO posts (user_id, title) SELECT id, 'of ' || email FROM users;
INSERT INTO notes SELECT 'of ' || email FROM users;
ALTER TABLE posts ENABLE ROW LEVEL SECURITY;
ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON users, posts, notes TO lockstep_reader`;

const WHO = `current_setting('app.email', true)`;

/** Each shows the rows of one user: by the column, and by a query from another table. */
const POLICIES = `
CREATE POLICY mine ON posts FOR SELECT TO lockstep_reader USING (user_id = (SELECT u.id FROM users u WHERE u.email = ${WHO}));
CREATE POLICY about_me ON notes FOR SELECT TO lockstep_reader
  USING (EXISTS (SELECT FROM posts p JOIN users u ON u.id = p.user_id WHERE u.email = ${WHO} AND p.title = about))`;

const STEPS = [
  { id: 'keys', convert_uuid: { table: 'users', value: 'random', user_triggers: 'fire' } },
  { id: 'flip', cutover: { windows: ['keys'] } },
];

test('are in force at every moment of a cutover and of the way back', async () => {
  const { url, database, query, value } = await testDatabase({ after: onTestFinished });
  await query(`${TABLES};${POLICIES}`);
  const reader = new PgDatabase({ url, maxSessions: 1 });
  onTestFinished(() => reader.close());
  const seen = new Map<string, number>();
  const typesSeen = new Set<string>();
  let looking = true;
  const looks = reader.withSession(async (session) => {
    await session.query(`SET ROLE lockstep_reader; SET app.email = 'u7'`);
    while (looking) {
      const { rows } = await session.query<{ readonly both: string; readonly type: string | null }>(
        `SELECT (SELECT string_agg(title, ',') FROM posts) || ' ' || (SELECT string_agg(about, ',') FROM notes) AS both,
          (SELECT pg_typeof(user_id)::text FROM posts LIMIT 1) AS type`,
      );
      seen.set(rows[0]!.both, (seen.get(rows[0]!.both) ?? 0) + 1);
      typesSeen.add(rows[0]!.type!);
    }
    await session.query('RESET ALL; RESET ROLE');
  });
  try {
    const plan = planOn(database, { name: 'keys', steps: STEPS });
    const { exit, diagnostics } = await plan.apply();
    expect(exit, JSON.stringify(diagnostics)).toBe(EXIT.done);
    expect(diagnostics.map(({ code, detail }) => `${code} ${detail}`)).toEqual([
      'LS6609 policy about_me on public.notes, policy mine on public.posts.',
    ]);
    expect(await value(`SELECT pg_typeof(user_id)::text FROM posts LIMIT 1`)).toBe('uuid');
    expect(await plan.rollback()).toMatchObject({ exit: EXIT.done });
  } finally {
    looking = false;
    await looks;
  }
  expect([...seen.keys()]).toEqual(['of u7 of u7']);
  expect([...typesSeen].sort()).toEqual(['integer', 'uuid']);
});

test('that do not fit a uuid are refused before anything changes, and may be written so that they fit both', async () => {
  const { database, query, value } = await testDatabase({ after: onTestFinished });
  await query(
    `${TABLES}; CREATE POLICY mine ON posts TO lockstep_reader USING (user_id = current_setting('app.user')::int)`,
  );
  const plan = planOn(database, { name: 'keys', steps: STEPS });
  const shown = await plan.plan();
  expect(shown.exit).not.toBe(EXIT.done);
  const { exit, diagnostics } = await plan.apply();
  expect(exit).not.toBe(EXIT.done);
  for (const told of [shown.diagnostics, diagnostics])
    expect(told.map(({ detail }) => detail).join('\n')).toMatch(
      /policy mine on public\.posts can be made with the new keys[\s\S]*uuid = integer/,
    );
  expect(await value(`SELECT count(*)::int FROM pg_attribute WHERE attrelid = 'posts'::regclass AND attnum > 0`)).toBe(
    3,
  );
  await query(`ALTER POLICY mine ON posts USING (user_id || '' = current_setting('app.user'))`);
  expect(await plan.apply()).toMatchObject({ exit: EXIT.done });
  expect(await value(`SELECT pg_get_expr(polqual, polrelid) FROM pg_policy WHERE polrelid = 'posts'::regclass`)).toBe(
    `((user_id || ''::text) = current_setting('app.user'::text))`,
  );
});

test('what came while the window was open, and was accepted, is not left behind on the old keys', async () => {
  const { database, query, value } = await testDatabase({ after: onTestFinished });
  await query(`${TABLES};${POLICIES}; CREATE VIEW known AS SELECT id, email FROM users;
    CREATE RULE in_there AS ON INSERT TO known DO INSTEAD INSERT INTO users (id, email) VALUES (DEFAULT, NEW.email) RETURNING id, email`);
  const plan = planOn(database, {
    name: 'keys',
    steps: [STEPS[0]!, { id: 'wait', gate: { approval: 'dba' } }, { ...STEPS[1]!, needs: ['wait'] }],
  });
  expect(await plan.apply()).toMatchObject({ exit: EXIT.stopped });
  await query(`CREATE POLICY late ON notes FOR INSERT WITH CHECK (EXISTS (SELECT FROM users u WHERE u.id = 3 AND u.email = about));
    CREATE VIEW late_too AS SELECT title FROM posts WHERE user_id > 3;
    CREATE FUNCTION late_as_well() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT min(id) FROM users; END`);
  await plan.approve('wait');
  const { exit, diagnostics } = await plan.apply({ acceptDrift: true });
  expect(exit).not.toBe(EXIT.done);
  const told = diagnostics.map(({ detail }) => detail).join('\n');
  for (const late of ['policy late on public.notes', 'view public.late_too', 'function public.late_as_well()'])
    expect(told).toContain(late);
  expect(told).not.toMatch(/known|in_there|mine|about_me/);
  expect(await value(`SELECT pg_typeof(user_id)::text FROM posts LIMIT 1`)).toBe('integer');
  await query(`DROP POLICY late ON notes; DROP VIEW late_too; DROP FUNCTION late_as_well()`);
  expect(await plan.apply({ acceptDrift: true })).toMatchObject({ exit: EXIT.done });
  expect(await value(`SELECT pg_typeof(user_id)::text FROM posts LIMIT 1`)).toBe('uuid');
});
