/** `convert_uuid` over shapes that have been got wrong: each converts, there, over and back, or is refused before anything changes. */
import { describe, expect, onTestFinished, test } from 'vitest';

import { diffFingerprints } from '../../../src/catalog/fingerprint.js';
import { rollbackCommand } from '../../../src/commands/rollback.js';
import { readFingerprint } from '../../../src/postgres/read-fingerprint.js';
import { testDatabase, type TestDatabase } from '../../support/database.js';
import { planOn, told } from '../../support/plan-on-database.js';

type Convert = Readonly<Record<string, unknown>>;

const USERS: Convert = { table: 'users', value: 'random' };
const LONG = 'a_name_that_is_as_long_as_a_name_may_be_in_postgresql_63_bytes_';

const CONVERTS: readonly (readonly [string, string, Convert])[] = [
  [
    'two keys that refer to the tables of each other',
    `CREATE TABLE a (id serial PRIMARY KEY, b int); CREATE TABLE b (id serial PRIMARY KEY, a int REFERENCES a);
     ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b; INSERT INTO a DEFAULT VALUES; INSERT INTO b (a) VALUES (1); UPDATE a SET b = 1`,
    { tables: ['a', 'b'], value: 'random' },
  ],
  [
    'a primary key whose name has a dot',
    `CREATE TABLE users ("col.dot" serial PRIMARY KEY); CREATE TABLE t (id int PRIMARY KEY, " pad " int REFERENCES users); INSERT INTO users DEFAULT VALUES; INSERT INTO t VALUES (1, 1)`,
    USERS,
  ],
  [
    'names as long as names may be',
    `CREATE TABLE users (${LONG} serial PRIMARY KEY); CREATE TABLE t (id int PRIMARY KEY, ${LONG} int REFERENCES users);
     INSERT INTO users DEFAULT VALUES; INSERT INTO t VALUES (1, 1)`,
    USERS,
  ],
  [
    'SET NULL of one column of two',
    `CREATE TABLE users (tenant int, id int, PRIMARY KEY (tenant, id));
     CREATE TABLE t (id int PRIMARY KEY, tenant int NOT NULL, user_id int, FOREIGN KEY (tenant, user_id) REFERENCES users ON DELETE SET NULL (user_id));
     INSERT INTO users VALUES (1, 1), (2, 1); INSERT INTO t VALUES (1, 1, 1), (2, 2, NULL)`,
    { ...USERS, column: 'id', old_value: '1 + (SELECT max(id) FROM public.users)' },
  ],
  [
    'a key of a reference and of one that holds in some rows',
    `CREATE TABLE users (id serial PRIMARY KEY);
     CREATE TABLE t (user_id int REFERENCES users, kind text, subject int, PRIMARY KEY (user_id, kind, subject));
     INSERT INTO users DEFAULT VALUES; INSERT INTO t VALUES (1, 'user', 1), (1, 'post', 7)`,
    { ...USERS, references: [{ column: 't.subject', where: "kind = 'user'" }] },
  ],
];

test.each(CONVERTS)('%s: over the cutover and back', async (_, schema, convert) => {
  const db = await testDatabase({ after: onTestFinished });
  await db.query(schema);
  const before = await definitionsOf(db);
  const plan = planOn(db.database, { name: 'keys', steps: [{ id: 'keys', convert_uuid: convert }, FLIP] });
  expect(told(await plan.apply())).toBe('exit 0');
  expect(told(await plan.rollback())).toBe('exit 0');
  expect(diffFingerprints(before, await definitionsOf(db))).toEqual([]);
});

const REFUSED: readonly (readonly [string, string, Convert, string])[] = [
  [
    'a partition that refers to the key by itself',
    `CREATE TABLE users (id serial PRIMARY KEY); CREATE TABLE t (n int, user_id int) PARTITION BY RANGE (n);
     CREATE TABLE part PARTITION OF t FOR VALUES FROM (0) TO (9); ALTER TABLE part ADD FOREIGN KEY (user_id) REFERENCES users`,
    USERS,
    'LS6604',
  ],
  [
    'a partitioned table without a key of its own',
    `CREATE TABLE users (id serial PRIMARY KEY); CREATE TABLE t (n int, user_id int REFERENCES users) PARTITION BY RANGE (n)`,
    USERS,
    'LS2006',
  ],
  [
    'a partition on another server',
    `CREATE TABLE users (id serial PRIMARY KEY); CREATE FOREIGN DATA WRAPPER nothing; CREATE SERVER elsewhere FOREIGN DATA WRAPPER nothing;
     CREATE TABLE t (n int NOT NULL, user_id int) PARTITION BY RANGE (n); CREATE FOREIGN TABLE part PARTITION OF t DEFAULT SERVER elsewhere`,
    { ...USERS, references: ['t.user_id'] },
    'LS6604',
  ],
  [
    'the key of a partitioned table',
    `CREATE TABLE users (id int, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at)`,
    { ...USERS, column: 'id', value: 'random' },
    'LS6604',
  ],
  [
    'a column that refers to two keys from chance',
    `CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY); CREATE TABLE t (id int PRIMARY KEY, x int REFERENCES a REFERENCES b)`,
    { tables: ['a', 'b'], value: 'random' },
    'LS6602',
  ],
  [
    'a key that is one of its own and refers to another',
    `CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY REFERENCES a)`,
    { tables: ['a', 'b'], value: 'random' },
    'LS6602',
  ],
  [
    'one column that refers to two keys, each in some rows',
    `CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY); CREATE TABLE t (id int PRIMARY KEY, kind text, x int)`,
    {
      tables: ['a', 'b'],
      value: 'random',
      references: [
        { column: 't.x', to: 'a', where: "kind = 'a'" },
        { column: 't.x', to: 'b', where: "kind = 'b'" },
      ],
    },
    'LS6605',
  ],
  [
    'a key that may be NULL',
    `CREATE TABLE users (id int PRIMARY KEY, code text UNIQUE); INSERT INTO users VALUES (1, NULL)`,
    { ...USERS, column: 'code' },
    'LS6601',
  ],
  [
    'an index whose condition asks the key',
    `CREATE TABLE users (id int PRIMARY KEY); CREATE INDEX ON users (id) WHERE id > 100`,
    USERS,
    'LS6606',
  ],
  [
    'an index with an operator class of the old type',
    `CREATE TABLE users (id text PRIMARY KEY); CREATE INDEX ON users (id text_pattern_ops)`,
    USERS,
    'LS6606',
  ],
  [
    'an index under another collation',
    `CREATE TABLE users (id text PRIMARY KEY); CREATE INDEX ON users (id COLLATE "C")`,
    USERS,
    'LS6606',
  ],
  [
    'pairs of keys that are unique only with another column',
    `CREATE TABLE users (tenant int, id int, PRIMARY KEY (tenant, id)); INSERT INTO users VALUES (1, 1), (2, 1)`,
    { ...USERS, column: 'id', map: 'pairs' },
    'LS6601',
  ],
];

test.each(REFUSED)('%s is refused', async (_, schema, convert, code) => {
  const db = await testDatabase({ after: onTestFinished });
  await db.query(schema);
  const { exit, diagnostics } = await planOn(db.database, {
    name: 'keys',
    steps: [{ id: 'keys', convert_uuid: convert }],
  }).plan();
  expect(exit).toBe(3);
  expect(diagnostics.map((each) => each.code)).toContain(code);
});

test('a part of a composite reference that is NULL: what it refers to is asked before anything changes', async () => {
  const db = await testDatabase({ after: onTestFinished });
  await db.query(`CREATE TABLE users (tenant int, id int, PRIMARY KEY (tenant, id));
    CREATE TABLE t (id int PRIMARY KEY, tenant int, user_id int, FOREIGN KEY (tenant, user_id) REFERENCES users); INSERT INTO t VALUES (1, NULL, 5)`);
  const applied = await planOn(db.database, {
    name: 'keys',
    steps: [{ id: 'keys', convert_uuid: { ...USERS, column: 'id' } }],
  }).apply();
  expect(applied.diagnostics.map(({ detail }) => detail).join()).toContain(
    'every public.t.user_id has its public.users.id',
  );
  expect(await db.value(`SELECT count(*)::int FROM pg_attribute WHERE attname LIKE '%_uuid'`)).toBe(0);
});

test('closed, a NOT NULL has the name that it had', async () => {
  const db = await testDatabase({ after: onTestFinished });
  await db.query(
    `CREATE TABLE users (id serial PRIMARY KEY); CREATE TABLE t (id int PRIMARY KEY, user_id int CONSTRAINT must NOT NULL REFERENCES users)`,
  );
  const close = { id: 'done', close: { windows: ['keys'], quiet: '0s', retain: '0s' } };
  const names = `SELECT string_agg(conname, ', ' ORDER BY conname) FROM pg_constraint WHERE connamespace = 'public'::regnamespace`;
  const before = await db.value(names);
  const plan = planOn(db.database, { name: 'keys', steps: [{ id: 'keys', convert_uuid: USERS }, FLIP, close] });
  expect(told(await plan.apply())).toBe('exit 0');
  expect(await db.value(names)).toBe(before);
});

test('a way back that is stopped behind the change of names goes on', async () => {
  const db = await testDatabase({ after: onTestFinished });
  await db.query('CREATE TABLE users (id serial PRIMARY KEY); INSERT INTO users DEFAULT VALUES');
  const before = await definitionsOf(db);
  const plan = planOn(db.database, { name: 'keys', steps: [{ id: 'keys', convert_uuid: USERS }, FLIP] });
  expect(told(await plan.apply())).toBe('exit 0');
  const stop = new AbortController();
  const stopped = await rollbackCommand({
    ...{ database: db.database, run: 'keys', argument: plan.file, onlyShow: false, stop: stop.signal },
    agree: () => Promise.resolve(true),
    observe: (event) => {
      if (event.type === 'operation' && event.operation === 'undo/flip/cutover' && event.to === 'done') stop.abort();
    },
  });
  expect(stopped.exit).not.toBe(0);
  expect(told(await plan.rollback())).toBe('exit 0');
  expect(diffFingerprints(before, await definitionsOf(db))).toEqual([]);
});

describe('while the window is open', () => {
  const opened = async (schema: string, convert: Convert, flipped = false): Promise<TestDatabase> => {
    const db = await testDatabase({ after: onTestFinished });
    await db.query(schema);
    const steps = [{ id: 'keys', convert_uuid: convert }, ...(flipped ? [FLIP] : [])];
    expect(told(await planOn(db.database, { name: 'keys', steps }).apply())).toBe('exit 0');
    return db;
  };

  test('a row may refer to itself, from either side', async () => {
    const tree = 'CREATE TABLE tree (id serial PRIMARY KEY, up int NOT NULL REFERENCES tree)';
    const old = await opened(tree, { table: 'tree', value: 'random' });
    await old.query('INSERT INTO tree (id, up) VALUES (7, 7)');
    expect(await old.value('SELECT up_uuid = id_uuid FROM tree')).toBe(true);
    const flipped = await opened(tree, { table: 'tree', value: 'random' }, true);
    await flipped.query(`INSERT INTO tree (id, up) SELECT g, g FROM gen_random_uuid() AS g`);
    expect(await flipped.value('SELECT up_legacy = id_legacy FROM tree')).toBe(true);
  });

  test('the key that does not lead does not change alone', async () => {
    const schema = 'CREATE TABLE users (id serial PRIMARY KEY); INSERT INTO users DEFAULT VALUES';
    const old = await opened(schema, USERS);
    await expect(old.query('UPDATE users SET id_uuid = gen_random_uuid()')).rejects.toThrow('does not change alone');
    const flipped = await opened(schema, USERS, true);
    await expect(flipped.query('UPDATE users SET id_legacy = 9')).rejects.toThrow('does not change alone');
    await flipped.query('UPDATE users SET id = gen_random_uuid()');
  });

  test('both columns of a composite reference move at once, from the new side', async () => {
    const db = await opened(
      `CREATE TABLE users (tenant int, id int, PRIMARY KEY (tenant, id)); INSERT INTO users VALUES (1, 1), (2, 2);
       CREATE TABLE t (id int PRIMARY KEY, tenant int, user_id int, FOREIGN KEY (tenant, user_id) REFERENCES users); INSERT INTO t VALUES (1, 1, 1)`,
      { ...USERS, column: 'id', old_value: '5' },
      true,
    );
    await db.query('UPDATE t SET (tenant, user_id) = (SELECT tenant, id FROM users WHERE tenant = 2)');
    expect(await db.value('SELECT user_id_legacy FROM t')).toBe(2);
  });

  test('where the condition does not hold there is no new value, from either side', async () => {
    const db = await opened(
      `CREATE TABLE users (id serial PRIMARY KEY); INSERT INTO users DEFAULT VALUES; CREATE TABLE event (id serial PRIMARY KEY, kind text, subject int)`,
      { ...USERS, references: [{ column: 'event.subject', where: "kind = 'user'" }] },
      true,
    );
    await db.query(`INSERT INTO event (kind, subject_uuid) SELECT 'post', id FROM users`);
    await db.query(`INSERT INTO event (kind, subject_uuid) SELECT 'user', id FROM users`);
    const rows = `SELECT json_agg(json_build_array(kind, subject, subject_uuid IS NULL) ORDER BY kind)::text FROM event`;
    expect(await db.value(rows)).toBe('[["post", null, true], ["user", 1, false]]');
    await db.query(`UPDATE event SET kind = 'post'`);
    expect(await db.value('SELECT count(subject_uuid)::int FROM event')).toBe(0);
    await db.query(`UPDATE event SET kind = 'user'`);
    expect(await db.value('SELECT count(subject_uuid)::int FROM event')).toBe(1);
  });

  test('what refers to a row that is gone is no difference where orphans are kept', async () => {
    const db = await testDatabase({ after: onTestFinished });
    await db.query(`CREATE TABLE users (id serial PRIMARY KEY); CREATE TABLE event (id int PRIMARY KEY, user_id int);
      INSERT INTO users SELECT FROM generate_series(1, 3); INSERT INTO event VALUES (1, 1), (2, 2), (3, 99)`);
    const plan = planOn(db.database, {
      name: 'keys',
      steps: [
        { id: 'keys', convert_uuid: { ...USERS, references: ['event.user_id'], orphans: 'keep' } },
        { id: 'wait', gate: { approval: 'dba' } },
        FLIP,
      ],
    });
    expect((await plan.apply()).exit).toBe(6);
    await db.query('DELETE FROM users WHERE id = 2');
    await plan.approve('wait');
    expect(told(await plan.apply())).toBe('exit 0');
    expect(await db.value('SELECT count(*)::int FROM event JOIN users ON users.id = user_id')).toBe(1);
  });

  test('a snapshot that is older than the parent is told to try again, and loses nothing', async () => {
    const db = await opened(
      `CREATE TABLE users (id serial PRIMARY KEY); CREATE TABLE t (id int PRIMARY KEY, user_id int)`,
      { ...USERS, references: ['t.user_id'] },
    );
    const late = db.database.withSession(async (session) => {
      await session.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
      try {
        await session.query('SELECT FROM t');
        await db.query('INSERT INTO users (id) VALUES (7)');
        await session.query('INSERT INTO t VALUES (1, 7)');
        await session.query('COMMIT');
      } finally {
        await session.query('ROLLBACK');
      }
    });
    await expect(late).rejects.toMatchObject({ facts: { sqlstate: '40001' } });
    expect(await db.value('SELECT count(*)::int FROM t')).toBe(0);
  });
});

const FLIP = { id: 'flip', cutover: { windows: ['keys'] } };

function definitionsOf({ database }: TestDatabase) {
  return database.transaction((session) => readFingerprint(session), { readOnly: true });
}

test.each([['random'], ['cast']])(
  'a row gets its new key when it walks past the fill by another key than the one that is converted: %s',
  async (value) => {
    const { database, query, value: one } = await testDatabase({ after: onTestFinished });
    await query(`CREATE TABLE users (n int PRIMARY KEY, id text NOT NULL UNIQUE DEFAULT gen_random_uuid()::text);
      INSERT INTO users SELECT g FROM generate_series(1, 10) AS g`);
    const plan = planOn(database, {
      name: 'keys',
      steps: [{ id: 'keys', convert_uuid: { table: 'users', column: 'id', value } }],
    });
    expect(told(await plan.apply())).toBe('exit 0');
    const [trigger] = await query<{ readonly text: string }>(
      `SELECT string_agg(format('ALTER TABLE users DISABLE TRIGGER %I', tgname), ';') AS text FROM pg_trigger WHERE tgrelid = 'users'::regclass AND NOT tgisinternal`,
    );
    // As the row is before the fill comes to it, and where no index asks for its key yet.
    await query('ALTER TABLE users ALTER COLUMN id_uuid DROP NOT NULL');
    await query(
      `${trigger!.text}; UPDATE users SET id_uuid = NULL WHERE n = 3; ${trigger!.text.replaceAll('DISABLE', 'ENABLE ALWAYS')}`,
    );
    await query('UPDATE users SET n = 1000 WHERE n = 3');
    expect(await one('SELECT count(*)::int FROM users WHERE id_uuid IS NULL')).toBe(0);
  },
);
