/** `convert_uuid` on real servers: there, over the cutover, back, and to the end, with rows that are written at every stage. */
import { describe, expect, onTestFinished, test } from 'vitest';

import { EXIT } from '../../../src/commands/command-result.js';
import { testDatabase } from '../../support/database.js';
import { planOn, type PlanOnDatabase } from '../../support/plan-on-database.js';

const SHOP = `
CREATE TABLE users (id serial PRIMARY KEY, email text NOT NULL UNIQUE, invited_by int REFERENCES users ON DELETE SET NULL ON UPDATE CASCADE);
CREATE TABLE posts (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_id int NOT NULL REFERENCES users ON DELETE CASCADE ON UPDATE CASCADE,
  title text);
CREATE INDEX posts_user_id_idx ON posts (user_id, title) WHERE user_id IS NOT NULL;
CREATE TABLE votes (post_id int REFERENCES posts ON DELETE CASCADE, user_id int REFERENCES users ON DELETE CASCADE ON UPDATE CASCADE, PRIMARY KEY (post_id, user_id));
CREATE VIEW authors AS SELECT u.id, u.email, count(p.id) AS posts FROM users u LEFT JOIN posts p ON p.user_id = u.id GROUP BY u.id;
COMMENT ON COLUMN users.id IS 'who it is';
INSERT INTO users (email, invited_by) SELECT 'u' || g, nullif(g / 2, 0) FROM generate_series(1, 500) AS g;
INSERT INTO posts (user_id, title) SELECT 1 + g % 500, 't' || g FROM generate_series(1, 2000) AS g;
INSERT INTO votes SELECT 1 + g % 2000, 1 + g % 499 FROM generate_series(1, 3000) AS g ON CONFLICT DO NOTHING;`;

const OPEN = [
  { id: 'keys', convert_uuid: { table: 'users', value: 'random' } },
  { id: 'proof', verify: [{ in_sync: ['keys'] }] },
];
const FLIP = [
  { id: 'flip', cutover: { windows: ['keys'] } },
  { id: 'after', verify: [{ in_sync: ['keys'] }, { column_type: { column: 'users.id', is: 'uuid' } }] },
];

/** Who wrote which post, whom somebody invited, who voted: by what does not change with the keys. */
const MEANING = `SELECT json_build_object(
  'posts', (SELECT json_agg(json_build_array(p.title, u.email) ORDER BY p.title, u.email) FROM posts p JOIN users u ON p.user_id = u.id),
  'invited', (SELECT json_agg(json_build_array(u.email, i.email) ORDER BY u.email) FROM users u LEFT JOIN users i ON i.id = u.invited_by),
  'votes', (SELECT json_agg(json_build_array(p.title, u.email) ORDER BY p.title, u.email) FROM votes v JOIN posts p ON p.id = v.post_id JOIN users u ON u.id = v.user_id),
  'authors', (SELECT json_agg(json_build_array(email, posts) ORDER BY email) FROM authors))::text`;

const CATALOG = `SELECT json_agg(x ORDER BY x)::text FROM (
  SELECT format('%s.%s %s %s %s', attrelid::regclass, attname, format_type(atttypid, atttypmod), attnotnull, col_description(attrelid, attnum)) AS x
  FROM pg_attribute JOIN pg_class c ON c.oid = attrelid WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v') AND attnum > 0 AND NOT attisdropped
  UNION ALL SELECT pg_get_indexdef(indexrelid) FROM pg_index JOIN pg_class c ON c.oid = indrelid WHERE relnamespace = 'public'::regnamespace
  UNION ALL SELECT format('%s %s %s %s', conrelid::regclass, conname, convalidated, pg_get_constraintdef(k.oid)) FROM pg_constraint k WHERE connamespace = 'public'::regnamespace
  UNION ALL SELECT format('%s %s', tgrelid::regclass, tgname) FROM pg_trigger WHERE NOT tgisinternal
  UNION ALL SELECT pg_get_viewdef(oid) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'v') AS objects (x)`;

const WRITE_OLD = [
  `INSERT INTO users (email, invited_by) VALUES ('new ' || (SELECT count(*) FROM users), 7)`,
  `INSERT INTO posts (user_id, title) SELECT max(id), 'by the newest' FROM users`,
  `UPDATE posts SET user_id = 3 WHERE title = 't10'`,
  `UPDATE users SET id = id + 100000 WHERE id = 499`,
  `DELETE FROM users WHERE id = 100`,
  `WITH one AS (INSERT INTO users (email) VALUES ('cte ' || (SELECT count(*) FROM users)) RETURNING id) INSERT INTO posts (user_id, title) SELECT id, 'cte' FROM one`,
];
/** By the names of the window: whoever knows the new column already. */
const WRITE_NEW = [
  `INSERT INTO posts (user_id_uuid, title) SELECT id_uuid, 'knows the new one' FROM users WHERE id = 5`,
  `UPDATE posts SET user_id_uuid = (SELECT id_uuid FROM users WHERE id = 6) WHERE title = 't20'`,
];
const WRITE_FLIPPED = [
  `INSERT INTO users (email, invited_by) SELECT 'flipped ' || (SELECT count(*) FROM users), id FROM users WHERE email = 'u9'`,
  `INSERT INTO posts (user_id, title) SELECT id, 'flipped' FROM users WHERE email = 'u8'`,
  `UPDATE posts SET user_id = (SELECT id FROM users WHERE email = 'u11') WHERE title = 't30'`,
  `DELETE FROM users WHERE email = 'u200'`,
  `UPDATE users SET id = gen_random_uuid() WHERE email = 'u300'`,
];

describe.each([18, 15])('on server %i', (major) => {
  test('over the cutover and back nothing is lost, and the catalog is what it was', async () => {
    const { database, query, value } = await testDatabase({ major, after: onTestFinished });
    await query(SHOP);
    const before = await value(CATALOG);
    const meaning = await value(MEANING);
    const plan = planOn(database, {
      name: 'keys',
      steps: [...OPEN, { id: 'wait', gate: { approval: 'dba' } }, ...FLIP],
    });
    expect(await plan.plan()).toMatchObject({ diagnostics: [] });
    await finished(plan.apply(), EXIT.stopped);
    expect(await value(MEANING)).toBe(meaning);

    for (const sql of [...WRITE_OLD, ...WRITE_NEW]) await query(sql);
    expect(await value(`SELECT count(*)::int FROM users WHERE id_uuid IS NULL`)).toBe(0);
    const written = await value(MEANING);
    await plan.approve('wait');
    await finished(plan.apply(), EXIT.done);
    expect(await value(MEANING)).toBe(written);
    expect(await value(`SELECT pg_typeof(id)::text FROM authors LIMIT 1`)).toBe('uuid');

    for (const sql of WRITE_FLIPPED) await query(sql);
    const flipped = await value(MEANING);
    await finished(plan.rollback(), EXIT.done);
    expect(await value(MEANING)).toBe(flipped);
    expect(await value(CATALOG)).toBe(before);
    expect(
      await value(
        `SELECT count(*)::int FROM pg_proc WHERE pronamespace = 'lockstep'::regnamespace AND proname LIKE '% of %'`,
      ),
    ).toBe(0);
  }, 120_000);

  test('closed, nothing of ours is left, and the old columns go when their time is over', async ({
    onTestFinished,
  }) => {
    const { database, query, value } = await testDatabase({ major, after: onTestFinished });
    await query(SHOP);
    const close = { id: 'done', close: { windows: ['keys'], quiet: '0s', retain: '0s' } };
    const plan = planOn(database, { name: 'keys', steps: [...OPEN, ...FLIP, close] });
    await finished(plan.apply(), EXIT.done);
    expect(await value(`SELECT count(*)::int FROM pg_trigger WHERE NOT tgisinternal`)).toBe(0);
    expect(await value(`SELECT count(*)::int FROM pg_attribute WHERE attname LIKE '%\\_legacy'`)).toBe(0);
    for (const sql of WRITE_FLIPPED.slice(0, 4)) await query(sql);
    expect(await value('SELECT count(*)::int FROM users u JOIN posts p ON p.user_id = u.id')).toBe(1997);
  }, 120_000);
});

async function finished(
  command: ReturnType<PlanOnDatabase['apply']> | ReturnType<PlanOnDatabase['rollback']>,
  exit: number,
): Promise<void> {
  const { report, ...said } = await command;
  expect(said.exit, `${JSON.stringify(said.diagnostics, null, 1)}\n${JSON.stringify(report).slice(0, 4000)}`).toBe(
    exit,
  );
}
