/** What hangs on a converted column: moved by the cutover and moved back, or refused by its name before anything changes. */
import { describe, expect, onTestFinished, test } from 'vitest';

import { EXIT } from '../../../src/commands/command-result.js';
import { testDatabase } from '../../support/database.js';
import { planOn } from '../../support/plan-on-database.js';

const TABLES = `
CREATE TABLE users (id serial PRIMARY KEY, email text);
CREATE TABLE posts (id serial PRIMARY KEY, user_id int NOT NULL REFERENCES users, title text);
INSERT INTO users (email) SELECT 'u' || g FROM generate_series(1, 20) g;
INSERT INTO posts (user_id, title) SELECT id, email FROM users`;

const STEPS = [
  { id: 'keys', convert_uuid: { table: 'users', value: 'random', user_triggers: 'fire' } },
  { id: 'flip', cutover: { windows: ['keys'] } },
];

interface Moved {
  readonly sql: string;
  /** One text: the same before, after the cutover, and after the way back. */
  readonly same: string;
}

const MOVED: Readonly<Record<string, Moved>> = {
  'grants on columns': {
    sql: `DO $$ BEGIN CREATE ROLE lockstep_reader; EXCEPTION WHEN duplicate_object THEN NULL; END $$; GRANT SELECT (id, email), UPDATE (id) ON users TO lockstep_reader`,
    same: `SELECT has_column_privilege('lockstep_reader', 'users', 'id', 'SELECT') || ' ' || has_column_privilege('lockstep_reader', 'users', 'id', 'UPDATE') || ' ' || has_column_privilege('lockstep_reader', 'posts', 'user_id', 'SELECT')`,
  },
  'the replica identity': {
    sql: `CREATE UNIQUE INDEX users_identity ON users (id); ALTER TABLE users REPLICA IDENTITY USING INDEX users_identity`,
    same: `SELECT relreplident::text || ' ' || indexrelid::regclass || ' ' || pg_get_indexdef(indexrelid) FROM pg_index JOIN pg_class c ON c.oid = indrelid WHERE indisreplident`,
  },
  'the index that it is clustered by': {
    sql: `CREATE INDEX posts_user ON posts (user_id, title DESC NULLS LAST) INCLUDE (id); ALTER TABLE posts CLUSTER ON posts_user`,
    same: `SELECT indexrelid::regclass || ' ' || pg_get_indexdef(indexrelid) FROM pg_index WHERE indisclustered`,
  },
  comments: {
    sql: `COMMENT ON COLUMN users.id IS 'a'; COMMENT ON CONSTRAINT users_pkey ON users IS 'b'; COMMENT ON CONSTRAINT posts_user_id_fkey ON posts IS 'c'; COMMENT ON INDEX users_pkey IS 'd'`,
    same: `SELECT concat_ws(' ', col_description('users'::regclass, (SELECT attnum FROM pg_attribute WHERE attrelid = 'users'::regclass AND attname = 'id')), (SELECT string_agg(obj_description(oid, 'pg_constraint'), ' ' ORDER BY conname DESC) FROM pg_constraint WHERE conname IN ('users_pkey', 'posts_user_id_fkey')), obj_description('users_pkey'::regclass))`,
  },
  'views, views over them, their grants and options': {
    sql: `DO $$ BEGIN CREATE ROLE lockstep_reader; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
      CREATE VIEW one WITH (security_barrier) AS SELECT u.id, u.email FROM users u; CREATE VIEW a_two AS SELECT one.id, p.title FROM one JOIN posts p ON p.user_id = one.id;
      GRANT SELECT ON a_two TO lockstep_reader; COMMENT ON VIEW one IS 'first'`,
    same: `SELECT (SELECT count(*) FROM a_two) || ' ' || has_table_privilege('lockstep_reader', 'a_two', 'SELECT') || obj_description('one'::regclass) || (SELECT reloptions::text FROM pg_class WHERE oid = 'one'::regclass) || pg_get_viewdef('a_two'::regclass)`,
  },
  'rules and triggers of a view': {
    sql: `CREATE VIEW one AS SELECT id, email FROM users; CREATE RULE "come in" AS ON INSERT TO one DO INSTEAD INSERT INTO users (email) VALUES (NEW.email);
      CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'; CREATE TRIGGER gone INSTEAD OF DELETE ON one FOR EACH ROW EXECUTE FUNCTION f()`,
    same: `SELECT (SELECT string_agg(pg_get_ruledef(oid), ' ' ORDER BY rulename) FROM pg_rewrite WHERE ev_class = 'one'::regclass) || (SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid = 'one'::regclass)`,
  },
  'policies, of the table, of another one, and over a view': {
    sql: `CREATE POLICY "my ""own" ON posts AS RESTRICTIVE FOR UPDATE TO PUBLIC USING (user_id IN (SELECT id FROM users)) WITH CHECK (user_id IS NOT NULL AND title <> ') WITH CHECK (');
      CREATE VIEW one AS SELECT id, email FROM users; CREATE TABLE notes (about text);
      CREATE POLICY known ON notes USING (EXISTS (SELECT FROM users u JOIN posts p ON p.user_id = u.id WHERE u.email = notes.about)); COMMENT ON POLICY known ON notes IS 'k';
      CREATE POLICY viewed ON notes FOR DELETE USING (about IN (SELECT email FROM one))`,
    same: `SELECT string_agg(concat_ws(' ', polrelid::regclass, polname, polcmd, polpermissive, pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid), obj_description(oid, 'pg_policy')), E'\\n' ORDER BY polname) FROM pg_policy`,
  },
  'unique constraints, partial and wide indexes': {
    sql: `ALTER TABLE posts ADD CONSTRAINT once UNIQUE (user_id, title); CREATE UNIQUE INDEX part ON posts (title, user_id) WHERE user_id IS NOT NULL; CREATE INDEX h ON posts USING hash (user_id)`,
    same: `SELECT string_agg(pg_get_indexdef(indexrelid), E'\\n' ORDER BY indexrelid::regclass::text) FROM pg_index WHERE indrelid = 'posts'::regclass AND indexrelid::regclass::text !~ '_legacy'`,
  },
};

const REFUSED: Readonly<Record<string, { readonly sql: string; readonly says: RegExp; readonly code?: string }>> = {
  'a rule of another table': {
    sql: `CREATE TABLE notes (about text); CREATE RULE seen AS ON INSERT TO notes DO ALSO UPDATE users SET email = 'seen' WHERE id = 1`,
    says: /rule seen on public\.notes/,
  },
  'a function that has the rows of a view': {
    sql: `CREATE VIEW one AS SELECT id, email FROM users; CREATE FUNCTION f() RETURNS SETOF one LANGUAGE sql AS 'SELECT * FROM one'`,
    says: /function public\.f\(\) stands on the view `public\.one`/,
  },
  'a table with the rows of a view': {
    sql: `CREATE VIEW one AS SELECT id, email FROM users; CREATE TABLE kept (a int, x one)`,
    says: /public\.kept\S* stands on the view `public\.one`/,
  },
  'a generated column': {
    sql: `ALTER TABLE posts ADD COLUMN twice int GENERATED ALWAYS AS (user_id * 2) STORED`,
    says: /posts\.twice/,
  },
  'a check': { sql: `ALTER TABLE posts ADD CONSTRAINT positive CHECK (user_id > 0)`, says: /positive/ },
  'an index over an expression': { sql: `CREATE INDEX odd ON posts ((user_id % 2))`, says: /odd/ },
  'a materialized view': {
    sql: `CREATE MATERIALIZED VIEW counted AS SELECT user_id, count(*) FROM posts GROUP BY 1`,
    says: /counted/,
  },
  statistics: { sql: `CREATE STATISTICS both_of ON user_id, title FROM posts`, says: /both_of/ },
  'a rule': { sql: `CREATE RULE quiet AS ON DELETE TO posts WHERE OLD.user_id = 1 DO INSTEAD NOTHING`, says: /quiet/ },
  'a trigger of the column': {
    sql: `CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TRIGGER on_user BEFORE UPDATE OF user_id ON posts FOR EACH ROW EXECUTE FUNCTION f()`,
    says: /on_user/,
  },
  'the condition of a trigger': {
    sql: `CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TRIGGER if_user BEFORE UPDATE ON posts FOR EACH ROW WHEN (OLD.user_id IS DISTINCT FROM NEW.user_id) EXECUTE FUNCTION f()`,
    says: /if_user/,
  },
  'a trigger behind ours': {
    sql: `CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TRIGGER "~~last" BEFORE UPDATE ON posts FOR EACH ROW EXECUTE FUNCTION f()`,
    says: /~~last/,
    code: 'LS6604',
  },
  'a body that was parsed': {
    sql: `CREATE FUNCTION owner_of(p int) RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT user_id FROM posts WHERE posts.id = p; END`,
    says: /owner_of/,
  },
  'a list of published columns': {
    sql: `CREATE PUBLICATION some_of FOR TABLE posts (id, user_id)`,
    says: /`some_of` publishes/,
  },
  'a default that is an old key': { sql: `ALTER TABLE posts ALTER COLUMN user_id SET DEFAULT 1`, says: /default 1/ },
  'a partitioned table that is cut by the reference': {
    sql: `CREATE TABLE parts (id int, user_id int NOT NULL REFERENCES users, UNIQUE (user_id, id)) PARTITION BY HASH (user_id)`,
    says: /parts\.user_id.*which partition a row belongs to \(HASH \(user_id\)\)/,
    code: 'LS6604',
  },
  'a partition that is cut again by the reference': {
    sql: `CREATE TABLE parts (id int, user_id int NOT NULL REFERENCES users, at date NOT NULL) PARTITION BY RANGE (at);
      CREATE TABLE part_1 PARTITION OF parts DEFAULT PARTITION BY LIST (((user_id % 2)))`,
    says: /part_1\.user_id.*which partition/,
    code: 'LS6604',
  },
  'a partitioned table with the reference in its key': {
    sql: `CREATE TABLE parts (user_id int REFERENCES users, at date, PRIMARY KEY (user_id, at)) PARTITION BY RANGE (at); CREATE TABLE part_1 PARTITION OF parts DEFAULT`,
    says: /part of `parts_pkey`.*USING INDEX/,
    code: 'LS6604',
  },
  'a partitioned table with the reference in a unique key of one partition': {
    sql: `CREATE TABLE parts (id int, user_id int REFERENCES users, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at); CREATE TABLE part_1 PARTITION OF parts DEFAULT; ALTER TABLE part_1 ADD UNIQUE (user_id)`,
    says: /part_1.*part of `part_1_user_id_key`/,
    code: 'LS6604',
  },
  'a default of one partition that is an old key': {
    sql: `CREATE TABLE parts (id int, user_id int REFERENCES users, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at); CREATE TABLE part_1 PARTITION OF parts DEFAULT; ALTER TABLE part_1 ALTER COLUMN user_id SET DEFAULT 1`,
    says: /part_1\.user_id` has the default 1/,
  },
  'a check of one partition': {
    sql: `CREATE TABLE parts (id int, user_id int REFERENCES users, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at); CREATE TABLE part_1 PARTITION OF parts DEFAULT; ALTER TABLE part_1 ADD CONSTRAINT positive CHECK (user_id > 0)`,
    says: /positive` of `public\.part_1/,
  },
  'a partition with a foreign key of its own': {
    sql: `CREATE TABLE parts (id int, user_id int, at date NOT NULL) PARTITION BY RANGE (at); CREATE TABLE part_1 PARTITION OF parts DEFAULT; ALTER TABLE part_1 ADD PRIMARY KEY (id), ADD FOREIGN KEY (user_id) REFERENCES users`,
    says: /part_1/,
    code: 'LS6604',
  },
  'a name that is taken': {
    sql: `ALTER TABLE posts ADD COLUMN user_id_legacy int`,
    says: /user_id_legacy/,
    code: 'LS6603',
  },
  'a reference to another key': {
    sql: `CREATE TABLE others (id int PRIMARY KEY); INSERT INTO others SELECT id FROM users; ALTER TABLE posts ADD FOREIGN KEY (user_id) REFERENCES others`,
    says: /others\.id/,
    code: 'LS6610',
  },
};

describe('moved', () => {
  test.each(named(MOVED))(
    '$name',
    async ({ is: { sql, same } }) => {
      const { database, query, value } = await testDatabase({ after: onTestFinished });
      await query(TABLES);
      await query(sql);
      const before = await value(same);
      expect(before).not.toBeNull();
      const plan = planOn(database, { name: 'keys', steps: STEPS });
      const { exit, diagnostics } = await plan.apply();
      expect(exit, JSON.stringify(diagnostics)).toBe(EXIT.done);
      expect(await value(`SELECT pg_typeof(user_id)::text FROM posts LIMIT 1`)).toBe('uuid');
      expect(await value(same)).toBe(before);
      expect(await plan.rollback()).toMatchObject({ exit: EXIT.done });
      expect(await value(same)).toBe(before);
    },
    60_000,
  );
});

describe('refused', () => {
  test.each(named(REFUSED))('$name', async ({ is: { sql, says, code = 'LS6606' } }) => {
    const { database, query } = await testDatabase({ after: onTestFinished });
    await query(TABLES);
    await query(sql);
    const { exit, diagnostics } = await planOn(database, { name: 'keys', steps: STEPS }).plan();
    expect(exit).not.toBe(EXIT.done);
    const told = diagnostics.filter((one) => one.code === code && says.test(one.detail));
    expect(told, JSON.stringify(diagnostics, null, 1)).toHaveLength(1);
    expect(told[0]!.help).toBeTruthy();
  });

  test('a body that is text is shown', async () => {
    const { database, query } = await testDatabase({ after: onTestFinished });
    await query(TABLES);
    await query(
      `CREATE FUNCTION owner_of(p int) RETURNS int LANGUAGE sql AS 'SELECT user_id FROM posts WHERE posts.id = p'`,
    );
    const { diagnostics } = await planOn(database, { name: 'keys', steps: STEPS }).plan();
    expect(diagnostics).toMatchObject([{ code: 'LS6609', severity: 'warning' }]);
    expect(diagnostics[0]!.detail).toMatch(/owner_of/);
  });
});

function named<T>(all: Readonly<Record<string, T>>): readonly { readonly name: string; readonly is: T }[] {
  return Object.entries(all).map(([name, is]) => ({ name, is }));
}
