/** A window that one plan leaves open and another one goes on with: its whole life over two plans, whichever kind opened it. */
import { describe, expect, onTestFinished, test } from 'vitest';

import { EXIT } from '../../../src/commands/command-result.js';
import { statusCommand } from '../../../src/commands/status.js';
import { windowLines } from '../../../src/render/window-lines.js';
import { PLAIN_STYLE } from '../../../src/render/style.js';
import { catalogLines } from '../../support/catalog-text.js';
import { testDatabase, type TestDatabase } from '../../support/database.js';
import { planOn, rowsOf, told, type PlanOnDatabase } from '../../support/plan-on-database.js';
import { leftOver } from './window-cycle.js';

/** How one kind opens a window, what the application writes meanwhile, and what is wrong in the data: no rows. */
interface Kind {
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
  /** What `close` has to say besides. */
  readonly close: Readonly<Record<string, unknown>>;
}

const BETWEEN_TABLES: Kind = {
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
  close: { quiet: '0s' },
};

const INSIDE: Kind = {
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
  close: { quiet: '0s', old: 'keep' },
};

const KINDS = [BETWEEN_TABLES, INSIDE];
const cases = KINDS.flatMap((kind) => [18, 15].map((major) => ({ ...kind, major })));

interface Begun extends TestDatabase {
  readonly first: PlanOnDatabase;
  readonly before: readonly string[];
}

/** The first plan has run to its end, with its window open. */
async function begun({ major, tables, first }: Kind & { readonly major: number }): Promise<Begun> {
  const found = await testDatabase({ major, after: onTestFinished });
  await found.query(tables);
  const before = await catalogLines(found);
  const plan = planOn(found.database, { name: 'first-plan', ...first });
  await ended(plan.apply());
  return { ...found, first: plan, before };
}

async function ended(result: ReturnType<PlanOnDatabase['apply']>): Promise<void> {
  const { report, ...rest } = await result;
  expect(told({ report, ...rest })).toBe('exit 0');
  expect(report!.outcome).toBe('done');
}

describe.each(cases)('a window of $kind on server $major', (one) => {
  const { window, writeOld, writeNew, wrong } = one;
  const flips = (found: Begun, name = 'second-plan', more: readonly object[] = []): PlanOnDatabase =>
    planOn(found.database, {
      name,
      steps: [{ id: 'flip', cutover: { windows: [window] } }, ...more],
    });

  test('has its whole life over two plans, written at every stage', async () => {
    const found = await begun(one);
    const { database, query } = found;
    const write = async (texts: readonly string[], side: 'old' | 'new'): Promise<void> => {
      for (const text of texts) await query(text);
      expect(await query(wrong[side])).toEqual([]);
    };
    await write(writeOld, 'old');
    const second = flips(found, 'second-plan', [
      { id: 'after', verify: [{ in_sync: [window] }] },
      { id: 'soak', gate: { approval: 'dba' } },
      { id: 'still', verify: [{ in_sync: [window] }] },
      { id: 'done', close: { windows: [window], ...one.close } },
    ]);
    const rows = await rowsOf(found);
    const planned = await second.plan();
    expect(told(planned)).toBe('exit 0');
    expect(await rowsOf(found)).toEqual(rows);
    expect((await second.apply()).exit).toBe(EXIT.stopped);
    await write(writeNew, 'new');
    expect(await statusOf(found, 'first-plan')).toMatch(/cut over by second-plan@1.*that of second-plan@1 first/s);
    expect(await statusOf(found, 'second-plan')).toMatch(
      new RegExp(`window ${window} is open, the new side leads.*opened by first-plan@1.*cut over by second-plan@1`, 's'),
    );
    await second.approve('soak');
    await ended(second.apply());
    expect(await leftOver(found)).toEqual([]);
    expect(await statusOf(found, 'first-plan')).toMatch(/is closed.*closed by second-plan@1/s);

    const again = await found.first.apply();
    expect(again).toMatchObject({ exit: EXIT.done, report: { outcome: 'nothing to do' } });
    expect((await second.apply()).report!.outcome).toBe('nothing to do');
    for (const plan of [found.first, second])
      expect((await plan.rollback()).diagnostics[0]).toMatchObject({ code: 'LS9010' });
    expect(told(await found.first.rollback())).toMatch(/was closed by `second-plan@1` at /);
    const late = await planOn(database, { name: 'third-plan', steps: [{ id: 'done', close: { windows: [window] } }] }).apply();
    expect(told(late)).toMatch(/LS6513 `first-plan\/[a-z-]+` was closed by `second-plan@1` at/);
  });

  test('is taken back in the order in which it came', async () => {
    const found = await begun(one);
    const { query, first, before } = found;
    const rows = await rowsOf(found);
    const after = await catalogLines(found);
    const second = flips(found);
    await ended(second.apply());
    const refused = await first.rollback();
    expect(refused.diagnostics[0]).toMatchObject({ code: 'LS9037' });
    expect(told(refused)).toMatch(/`second-plan@1` has moved `first-plan\/[a-z-]+` at .*: new leads/);
    expect(refused.next).toEqual(['lockstep rollback second-plan@1']);
    expect((await first.rollback({ onlyShow: true })).diagnostics[0]).toMatchObject({ code: 'LS9037' });
    const third = flips(found, 'third-plan');
    expect(told(await third.apply())).toMatch(/LS6508/);

    const back = await second.rollback();
    expect(told(back)).toBe('exit 0');
    expect(back.report!.drift).toEqual([]);
    expect(await catalogLines(found)).toEqual(after);
    expect(await rowsOf(found)).toEqual(rows);
    for (const text of writeOld) await query(text);
    expect(await query(wrong.old)).toEqual([]);
    // And there again, and back again.
    await ended(second.apply());
    for (const text of writeNew) await query(text);
    expect(await query(wrong.new)).toEqual([]);
    expect(told(await second.rollback())).toBe('exit 0');
    expect(await query(wrong.old)).toEqual([]);
    const firstBack = await first.rollback();
    expect(told(firstBack)).toBe('exit 0');
    expect(firstBack.report!.drift).toEqual([]);
    expect(await catalogLines(found)).toEqual(before);
  });

  test('is closed without a cutover', async () => {
    const found = await begun(one);
    const done = { id: 'done', close: { windows: [window], old: 'keep' } };
    const later = planOn(found.database, { name: 'later', require: [{ in_sync: [window] }], steps: [done] });
    expect(told(await later.verify())).toBe('exit 0');
    await ended(later.apply());
    expect(told(await later.verify())).toBe('exit 0');
    expect(await leftOver(found)).toEqual([]);
    expect((await found.first.rollback()).diagnostics[0]).toMatchObject({ code: 'LS9010' });
  });

  test('is compared before anything that rests on it, and a difference stops the later plan', async () => {
    const found = await begun(one);
    await found.query(
      one === BETWEEN_TABLES || one.kind === 'dual_write'
        ? `SET session_replication_role = replica; ALTER TABLE users DISABLE TRIGGER ALL; UPDATE users SET hash = 'unseen' WHERE id = 5; ALTER TABLE users ENABLE ALWAYS TRIGGER ALL`
        : `ALTER TABLE posts DISABLE TRIGGER USER; UPDATE posts SET user_id_uuid = (SELECT id_uuid FROM users WHERE id = 7) WHERE title = 't9'; ALTER TABLE posts ENABLE TRIGGER USER`,
    );
    const stopped = await flips(found).apply();
    expect(stopped.exit).toBe(EXIT.checkFailed);
  });

  test('is not gone on with while the run that opened it, or another one, is at it', async () => {
    const found = await begun(one);
    const waits = flips(found, 'second-plan', [{ id: 'soak', gate: { approval: 'dba' } }]);
    const before = planOn(found.database, {
      name: 'looks-only',
      steps: [
        { id: 'wait', gate: { approval: 'dba' } },
        { id: 'flip', cutover: { windows: [window] } },
      ],
    });
    expect((await before.apply()).exit).toBe(EXIT.stopped);
    // It has begun, and moved nothing yet.
    const refused = await found.first.rollback();
    expect(told(refused)).toMatch(/LS9037 `looks-only@1` goes on with `first-plan\/[a-z-]+`, and has not ended/);
    expect((await waits.apply()).exit).toBe(EXIT.heldByAnother);
    expect(told(await before.rollback())).toBe('exit 0');
    expect(told(await found.first.rollback())).toBe('exit 0');
    expect(told(await waits.apply())).toMatch(/LS6513 .* was taken back with `first-plan@1`/);
  });

  test('what it stands on is changed by no later plan, but behind its close', async () => {
    const found = await begun(one);
    const under = { id: 'under', ddl: one.underneath };
    const done = { id: 'done', close: { windows: [window], old: 'keep' } };
    const alone = planOn(found.database, { name: 'alone', steps: [under] });
    expect(told(await alone.plan())).toMatch(new RegExp(`LS6520 \`${window}\` keeps it in step`));
    const before = planOn(found.database, { name: 'before', steps: [under, done] });
    expect(told(await before.plan())).toMatch(new RegExp(`LS6520 \`${window}\` keeps it in step`));
    const behind = planOn(found.database, { name: 'behind', steps: [done, under] });
    await ended(behind.apply());
  });
});

describe('names of windows of other plans', () => {
  test('of what is not there are refused with what is', async () => {
    const found = await begun({ ...INSIDE, major: 18 });
    const told1 = async (name: string): Promise<string> =>
      told(await planOn(found.database, { name: 'later', steps: [{ id: 'done', close: { windows: [name] } }] }).plan());
    expect(await told1('no-plan/keys')).toMatch(/LS6513 The journal of this database has no run of `no-plan`.*open here: first-plan\/keys/);
    expect(await told1('first-plan/other')).toMatch(/LS6513 `first-plan@1` has no window `other`.*open here: first-plan\/keys/);
    expect(await told1('first-plan/')).toMatch(/LS1402 .*write `plan\/step`/);
    expect(await told1('later/keys')).toMatch(/LS1402 .*write `keys`/);
  });

  test('what was a uuid before has nothing to cut over, and nothing to close', async () => {
    const found = await testDatabase({ major: 18, after: onTestFinished });
    await found.query('CREATE TABLE users (id uuid PRIMARY KEY)');
    await ended(planOn(found.database, { name: 'first-plan', ...INSIDE.first }).apply());
    const later = planOn(found.database, {
      name: 'later',
      steps: [
        { id: 'flip', cutover: { windows: ['first-plan/keys'] } },
        { id: 'done', close: { windows: ['first-plan/keys'] } },
      ],
    });
    expect(told(await later.apply())).toBe('exit 0');
  });
});

async function statusOf({ database }: TestDatabase, run: string): Promise<string> {
  const { report } = await statusCommand({ database, run });
  const { windows, run: summary } = report!.run!;
  return windowLines(windows, summary.name, { style: PLAIN_STYLE, width: 300 }).join('\n');
}
