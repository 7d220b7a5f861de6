/** Windows of either kind that a first plan leaves open: what they keep in step, and what the application writes meanwhile. */
import { expect, onTestFinished } from 'vitest';

import { catalogLines } from '../../support/catalog-text.js';
import { testDatabase, type TestDatabase } from '../../support/database.js';
import { ON_NEW, ON_OLD } from '../../support/majors.js';
import { planOn, told, type PlanOnDatabase } from '../../support/plan-on-database.js';

/** How one kind opens a window, what the application writes meanwhile, and what is wrong in the data: no rows. */
export interface Kind {
  readonly kind: string;
  readonly tables: string;
  readonly first: Readonly<Record<string, unknown>>;
  readonly writeOld: readonly string[];
  /** After the cutover, by the side that leads then. */
  readonly writeNew: readonly string[];
  readonly wrong: Readonly<Record<'old' | 'new', string>>;
  /** What the first plan opens is called. */
  readonly window: string;
  /** Something that the window stands on is changed. */
  readonly underneath: string;
  /** A lock on `users` that an operation of the cutover has to wait for. */
  readonly holds: string;
  /** A write that the other side does not see. */
  readonly unseen: string;
  /** What `close` has to say besides. */
  readonly close: Readonly<Record<string, unknown>>;
}

export const BETWEEN_TABLES: Kind = {
  kind: 'dual_write',
  tables: `CREATE TABLE users (id int PRIMARY KEY, name text, hash text);
    CREATE TABLE credentials (user_id int PRIMARY KEY, hash text NOT NULL);
    INSERT INTO users SELECT n, 'n' || n, CASE WHEN n % 7 <> 0 THEN 'h' || n END FROM generate_series(1, 200) AS n`,
  first: {
    defaults: { batch: { rows: 50, target: 'off' } },
    mappings: {
      credentials: {
        ...{ from: 'users', to: 'credentials', where: 'hash IS NOT NULL', columns: { user_id: 'id', hash: 'hash' } },
        reverse: { on_delete: { set: { hash: 'NULL' } } },
      },
    },
    steps: [
      {
        id: 'in-step',
        dual_write: { mappings: ['credentials'], direction: 'both' },
        allow: { deadlocks: 'the application tries again' },
      },
      { id: 'fill', backfill: { mappings: ['credentials'] } },
      { id: 'proof', verify: [{ in_sync: ['in-step'] }] },
    ],
  },
  window: 'first-plan/in-step',
  writeOld: [
    `INSERT INTO users VALUES ((SELECT max(id) + 1 FROM users), 'new', 'new')`,
    `UPDATE users SET hash = hash || '+' WHERE id % 10 = 1`,
    `DELETE FROM users WHERE id = (SELECT min(id) FROM users)`,
    `UPDATE users SET id = id + 10000 WHERE id = (SELECT min(id) FROM users)`,
  ],
  writeNew: [
    `UPDATE credentials SET hash = hash || '!' WHERE user_id % 10 = 2`,
    `DELETE FROM credentials WHERE user_id = (SELECT min(user_id) FROM credentials)`,
  ],
  wrong: {
    old: `SELECT u.id FROM users AS u FULL JOIN credentials AS c ON c.user_id = u.id WHERE u.hash IS DISTINCT FROM c.hash`,
    new: `SELECT u.id FROM users AS u FULL JOIN credentials AS c ON c.user_id = u.id WHERE u.hash IS DISTINCT FROM c.hash`,
  },
  underneath: 'ALTER TABLE users RENAME COLUMN hash TO secret',
  holds: 'ROW EXCLUSIVE',
  unseen: `ALTER TABLE users DISABLE TRIGGER USER; UPDATE users SET hash = 'unseen' WHERE id = 5; ALTER TABLE users ENABLE TRIGGER USER`,
  close: { quiet: '0s' },
};

export const INSIDE: Kind = {
  kind: 'convert_uuid',
  tables: `CREATE TABLE users (id serial PRIMARY KEY, email text NOT NULL UNIQUE, invited_by int REFERENCES users ON DELETE SET NULL);
    CREATE TABLE posts (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, user_id int NOT NULL REFERENCES users ON DELETE CASCADE, title text);
    CREATE INDEX posts_user_id_idx ON posts (user_id);
    CREATE VIEW authors AS SELECT u.id, u.email, count(p.id) AS posts FROM users u LEFT JOIN posts p ON p.user_id = u.id GROUP BY u.id;
    COMMENT ON COLUMN users.id IS 'who it is';
    INSERT INTO users (email, invited_by) SELECT 'u' || g, nullif(g / 2, 0) FROM generate_series(1, 200) AS g;
    INSERT INTO posts (user_id, title) SELECT 1 + g % 200, 't' || g FROM generate_series(1, 600) AS g`,
  first: {
    steps: [
      { id: 'keys', convert_uuid: { table: 'users', value: 'random', map: 'pairs' } },
      { id: 'proof', verify: [{ in_sync: ['keys'] }] },
    ],
  },
  window: 'first-plan/keys',
  writeOld: [
    `INSERT INTO users (email, invited_by) SELECT 'new ' || count(*), max(id) FROM users`,
    `INSERT INTO posts (user_id, title) SELECT max(id), 'by the newest' FROM users`,
    `UPDATE posts SET user_id = (SELECT min(id) FROM users) WHERE title LIKE '%9'`,
    `DELETE FROM users WHERE id = (SELECT max(id) - 3 FROM users)`,
  ],
  writeNew: [
    `INSERT INTO users (email, invited_by) SELECT 'flipped ' || count(*), (SELECT id FROM users WHERE email = 'u9') FROM users`,
    `INSERT INTO posts (user_id, title) SELECT id, 'flipped' FROM users WHERE email = 'u8'`,
    `UPDATE posts SET user_id = (SELECT id FROM users WHERE email = 'u11') WHERE title = 't30'`,
    `DELETE FROM users WHERE email = 'u150'`,
  ],
  wrong: {
    old: `SELECT u.id FROM users u LEFT JOIN posts p ON p.user_id = u.id LEFT JOIN users i ON i.id = u.invited_by
      WHERE u.id_uuid IS NULL OR p.user_id_uuid <> u.id_uuid OR u.invited_by_uuid IS DISTINCT FROM i.id_uuid`,
    new: `SELECT u.id_legacy FROM users u LEFT JOIN posts p ON p.user_id = u.id LEFT JOIN users i ON i.id = u.invited_by
      WHERE u.id_legacy IS NULL OR p.user_id_legacy <> u.id_legacy OR u.invited_by_legacy IS DISTINCT FROM i.id_legacy`,
  },
  underneath: 'ALTER TABLE posts RENAME COLUMN user_id TO author_id',
  holds: 'ACCESS SHARE',
  unseen: `ALTER TABLE posts DISABLE TRIGGER USER; UPDATE posts SET user_id_uuid = (SELECT id_uuid FROM users WHERE id = 7) WHERE title = 't9'; ALTER TABLE posts ENABLE TRIGGER USER`,
  close: { quiet: '0s', old: 'keep' },
};

/** A kind of window on each server: what a later plan may do hangs on the window, and not on the version. */
export const CASES = [
  ...ON_NEW.map((major) => ({ ...BETWEEN_TABLES, major })),
  ...ON_OLD.map((major) => ({ ...INSIDE, major })),
];

export interface Begun extends TestDatabase {
  readonly first: PlanOnDatabase;
  readonly before: readonly string[];
}

/** The first plan has run to its end, with its window open. */
export async function begun({ major, tables, first }: Kind & { readonly major: number }): Promise<Begun> {
  const found = await testDatabase({ major, after: onTestFinished });
  await found.query(tables);
  const before = await catalogLines(found);
  const plan = planOn(found.database, { name: 'first-plan', ...first });
  await ended(plan.apply());
  return { ...found, first: plan, before };
}

export async function ended(result: ReturnType<PlanOnDatabase['apply']>): Promise<void> {
  const { report, ...rest } = await result;
  expect(told({ report, ...rest })).toBe('exit 0');
  expect(report!.outcome).toBe('done');
}
