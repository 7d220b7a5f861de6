/** Between the end of the plan that opened a window and the plan that cuts it over everybody goes on: what has come to its tables since. */
import { describe, expect, onTestFinished, test } from 'vitest';

import { EXIT } from '../../../src/commands/command-result.js';
import { catalogLines } from '../../support/catalog-text.js';
import { testDatabase } from '../../support/database.js';
import { ON_NEW } from '../../support/majors.js';
import { planOn, told } from '../../support/plan-on-database.js';
import { begun, INSIDE } from './later-plan-kinds.js';

describe.each(ON_NEW)('what has come to a converted key since, on server %i', (major) => {
  test.each([
    ['an index', 'CREATE INDEX late ON posts (user_id, title)', 'DROP INDEX late'],
    [
      'a foreign key of another table',
      'CREATE TABLE likes (user_id int CONSTRAINT late REFERENCES users)',
      'ALTER TABLE likes DROP CONSTRAINT late',
    ],
    ['a check', 'ALTER TABLE posts ADD CONSTRAINT late CHECK (user_id > 0)', 'ALTER TABLE posts DROP CONSTRAINT late'],
    [
      'a rule of another table',
      'CREATE TABLE likes (n int); CREATE RULE late AS ON INSERT TO likes DO ALSO DELETE FROM posts WHERE user_id = 3',
      'DROP RULE late ON likes',
    ],
  ])('%s is named before a cutover, and may go first', async (_, sql, drop) => {
    const found = await begun({ ...INSIDE, major });
    await found.query(sql);
    const flip = { id: 'flip', cutover: { windows: [INSIDE.window] } };
    const refused = await planOn(found.database, { name: 'second-plan', steps: [flip] }).plan();
    expect(refused.exit).toBe(EXIT.planInvalid);
    expect(told(refused)).toMatch(/LS(6514|6606) .*late[^]*(make it again behind)/);
    const first = { id: 'first', ddl: drop };
    const done = await planOn(found.database, { name: 'second-plan', steps: [first, flip] }).apply();
    expect(told(done)).toBe('exit 0');
  });

  test.each([
    ['a policy', 'CREATE POLICY late ON posts USING (user_id = 3)', 'DROP POLICY late ON posts'],
    ['a view', 'CREATE VIEW late AS SELECT user_id + 1 AS next FROM posts', 'DROP VIEW late'],
  ])('%s that does not fit the new keys is named before anything changes, and may go first', async (_, sql, drop) => {
    const found = await begun({ ...INSIDE, major });
    await found.query(sql);
    const flip = { id: 'flip', cutover: { windows: [INSIDE.window] } };
    const refused = await planOn(found.database, { name: 'second-plan', steps: [flip] }).plan();
    expect(refused.exit).not.toBe(EXIT.done);
    expect(told(refused)).toMatch(/late.* can be made with the new keys: operator does not exist: uuid/);
    const first = { id: 'first', ddl: drop, allow: { breaks_readers: 'nobody reads it' } };
    const done = await planOn(found.database, { name: 'second-plan', steps: [first, flip] }).apply();
    expect(told(done)).toBe('exit 0');
  });

  test('a policy and a view follow, with columns that have come since', async () => {
    const found = await begun({ ...INSIDE, major });
    await found.query(`ALTER TABLE posts ADD COLUMN hidden boolean; CREATE VIEW late AS SELECT user_id FROM posts WHERE hidden;
      CREATE POLICY late ON posts USING (NOT hidden OR user_id IN (SELECT id FROM users))`);
    const means = `SELECT pg_get_viewdef('late'::regclass) || (SELECT pg_get_expr(polqual, polrelid) FROM pg_policy)`;
    const before = await found.value(means);
    const flip = { id: 'flip', cutover: { windows: [INSIDE.window] } };
    const second = planOn(found.database, { name: 'second-plan', steps: [flip] });
    expect(told(await second.apply())).toMatch(/^exit 0/);
    expect(await found.value(means)).toBe(before);
    expect(told(await second.rollback())).toBe('exit 0');
    expect(await found.value(means)).toBe(before);
  });

  test('what has gone is named', async () => {
    const found = await begun({ ...INSIDE, major });
    await found.query('DROP INDEX posts_user_id_idx');
    const flip = { id: 'flip', cutover: { windows: [INSIDE.window] } };
    const refused = await planOn(found.database, { name: 'second-plan', steps: [flip] }).plan();
    expect(told(refused)).toMatch(/LS6514 `posts_user_id_idx` of `public.posts` is there no more/);
  });

  test('a default that a new row needs for its old key may come in the later plan', async () => {
    const found = await testDatabase({ major, after: onTestFinished });
    await found.query(
      'CREATE TABLE users (id int PRIMARY KEY); INSERT INTO users SELECT generate_series(1, 20); CREATE SEQUENCE numbers START 100',
    );
    const opens = [{ id: 'keys', convert_uuid: { table: 'users', value: 'random' } }];
    expect(told(await planOn(found.database, { name: 'first-plan', steps: opens }).apply())).toBe('exit 0');
    const between = await catalogLines(found);
    const flip = { id: 'flip', cutover: { windows: ['first-plan/keys'] } };
    const without = planOn(found.database, { name: 'second-plan', steps: [flip] });
    expect(told(await without.plan())).toMatch(/LS6512 .*ALTER TABLE public.users ALTER COLUMN id SET DEFAULT …/);
    const given = { id: 'given', ddl: `ALTER TABLE users ALTER COLUMN id SET DEFAULT nextval('numbers')` };
    const second = planOn(found.database, { name: 'second-plan', steps: [given, flip] });
    expect(told(await second.apply())).toBe('exit 0');
    await found.query('INSERT INTO users DEFAULT VALUES');
    expect(await found.value('SELECT max(id_legacy) FROM users')).toBe(100);
    expect(told(await second.rollback())).toBe('exit 0');
    expect(await catalogLines(found)).toEqual(between);
    expect(await found.value('SELECT count(*)::int FROM users WHERE id = 100 AND id_uuid IS NOT NULL')).toBe(1);
  });
});
