/**
 * Wrong designs of a key conversion, each put in place of ours at the moment that it gets wrong: what two sessions then leave
 * behind is counted in SQL that is written by hand. Ours, in the same moment, leaves nothing.
 */
import { expect, it, onTestFinished } from 'vitest';

import { applyCommand } from '../../../src/commands/apply.js';
import type { RunEvent } from '../../../src/executor/run-event.js';
import { DatabaseError, type Session } from '../../../src/executor/session.js';
import { PgDatabase } from '../../../src/postgres/pg-database.js';
import { testDatabase, type TestDatabase } from '../../support/database.js';
import { planOn } from '../../support/plan-on-database.js';
import { withSessions } from '../../support/with-sessions.js';
import {
  childrenBeforeParents,
  comparesWithoutNulls,
  fillsOverWhatIsThere,
  fillsWithoutPairs,
  noRuleForOldSnapshots,
  nobodyIsWaitedOut,
  partlyNullForgotten,
  partsSettledApart,
  settlesByTheParent,
  settlesWhateverIsMissing,
  takesWritersForTheFill,
  triggersSortFirst,
  unfilledTakenForOld,
} from '../seeds/wrong-conversions.js';
import { rightGraph, type ChangeGraph } from '../seeds/wrong-graphs.js';
import { beginWith } from '../support/run-plan.js';

const SCHEMA = `
CREATE TABLE users (id serial PRIMARY KEY, word text);
CREATE TABLE posts (id serial PRIMARY KEY, user_id int REFERENCES users, word text);
INSERT INTO users (id) SELECT 2 * g FROM generate_series(1, 50) AS g;
INSERT INTO posts (user_id) SELECT 2 * g FROM generate_series(1, 50) AS g`;

/** Posts whose two references do not mean one user. */
const APART = `SELECT count(*)::int FROM posts AS p LEFT JOIN users AS a ON a.id = p.user_id LEFT JOIN users AS b ON b.id_uuid = p.user_id_uuid
  WHERE a.id IS DISTINCT FROM b.id`;

/** Users whose pair is not there, or another one. */
const UNPAIRED = `SELECT count(*)::int FROM users AS u WHERE NOT EXISTS (SELECT FROM pairs AS p
  WHERE p.table_name = 'users' AND p.old_id = u.id::text AND p.new_id = u.id_uuid)`;

interface Moment {
  readonly test: TestDatabase;
  /** Of the application. */
  readonly session: Session;
  /** Errors of the application that are as they should be. */
  readonly conflicts: string[];
}

interface Scenario {
  readonly schema?: string;
  /** Whose keys are converted; default: users. */
  readonly tables?: readonly string[];
  /** The new keys; default: from chance. */
  readonly value?: Readonly<Record<string, string>>;
  /** The table of pairs, where there is to be one. */
  readonly map?: string;
  /** When the first batch comes to its rows. */
  readonly atFirstFill?: (moment: Moment) => Promise<unknown>;
  /** When the children are filled, or when they could be if nobody waited for them. */
  readonly atTheEnd?: (moment: Moment) => Promise<unknown>;
  /** When the window is open and filled. */
  readonly open?: (moment: Moment) => Promise<unknown>;
  /** Counts writes that are not there. */
  readonly lost?: string;
}

const SCENARIOS: readonly (readonly [string, ChangeGraph, Scenario])[] = [
  [
    'nobody is waited out between parents and children',
    nobodyIsWaitedOut,
    {
      atFirstFill: async ({ session }) => {
        await session.query('BEGIN');
        // Else it would be looked up once more at COMMIT.
        await session.query('SET CONSTRAINTS ALL IMMEDIATE');
        await session.query('INSERT INTO posts (id, user_id) VALUES (-1, 4)');
      },
      atTheEnd: ({ session }) => session.query('COMMIT'),
    },
  ],
  [
    'no rule for old snapshots',
    noRuleForOldSnapshots,
    {
      atFirstFill: async ({ session }) => {
        await session.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
        await session.query('SELECT FROM users LIMIT 1');
      },
      atTheEnd: async ({ session, conflicts }) => {
        try {
          await session.query('INSERT INTO posts (user_id) VALUES (4)');
          await session.query('COMMIT');
        } catch (error) {
          if (!(error instanceof DatabaseError) || error.facts.sqlstate !== '40001') throw error;
          conflicts.push('40001');
          await session.query('ROLLBACK');
        }
      },
    },
  ],
  [
    'an application that is refused for its isolation level until the parents are filled',
    unfilledTakenForOld,
    {
      atFirstFill: async ({ session, conflicts }) => {
        try {
          await session.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
          await session.query(`INSERT INTO posts (user_id, word) VALUES (100, 'not filled yet')`);
          await session.query('COMMIT');
        } catch (error) {
          if (!(error instanceof DatabaseError) || error.facts.sqlstate !== '40001') throw error;
          conflicts.push('40001');
          await session.query('ROLLBACK');
        }
      },
      lost: `SELECT 1 - count(*)::int FROM posts WHERE word = 'not filled yet'`,
    },
  ],
  [
    'a comparison that NULL escapes',
    comparesWithoutNulls,
    {
      open: async ({ test }) => {
        await test.query('UPDATE posts SET user_id = NULL WHERE user_id = 6');
        await test.query('INSERT INTO posts (id) VALUES (-1)');
        await test.query('UPDATE posts SET user_id = 8 WHERE id = -1');
      },
      lost: 'SELECT count(*)::int FROM posts WHERE user_id = 6',
    },
  ],
  [
    'triggers that fire before those of the application',
    triggersSortFirst,
    {
      schema: `${SCHEMA};
        CREATE FUNCTION next_one() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.user_id := NEW.user_id + 2; RETURN NEW; END';
        CREATE TRIGGER next_one BEFORE INSERT ON posts FOR EACH ROW EXECUTE FUNCTION next_one()`,
      open: ({ test }) => test.query('INSERT INTO posts (user_id) VALUES (12)'),
    },
  ],
  [
    'a fill that writes over what is there',
    fillsOverWhatIsThere,
    {
      atFirstFill: async ({ session }) => {
        await session.query('INSERT INTO users (id) VALUES (5)');
        await session.query('INSERT INTO posts (user_id) VALUES (5)');
      },
    },
  ],
  [
    'parts of a composite reference that are settled apart',
    partsSettledApart,
    {
      schema: `${SCHEMA};
        CREATE TABLE docs (id serial PRIMARY KEY, user_id int NOT NULL REFERENCES users, UNIQUE (user_id, id));
        CREATE TABLE edits (id int PRIMARY KEY, user_id int, doc_id int, FOREIGN KEY (user_id, doc_id) REFERENCES docs (user_id, id));
        INSERT INTO docs (user_id) SELECT id FROM users; INSERT INTO edits SELECT id, user_id, id FROM docs`,
      tables: ['users', 'docs'],
      // As the row is until the fill comes to it.
      open: async ({ test }) => {
        await unseen(test, 'UPDATE edits SET user_id_uuid = NULL, doc_id_uuid = NULL');
        await test.query('UPDATE edits SET id = id + 1000');
      },
      lost: 'SELECT count(*)::int FROM edits WHERE user_id IS NULL OR doc_id IS NULL OR user_id_uuid IS NULL',
    },
  ],
  [
    'a part beside one that is NULL, which settling takes away',
    partlyNullForgotten,
    {
      schema: `${SCHEMA};
        CREATE TABLE docs (id serial PRIMARY KEY, user_id int REFERENCES users, UNIQUE (user_id, id));
        CREATE TABLE edits (id int PRIMARY KEY, user_id int, doc_id int, word text, FOREIGN KEY (user_id, doc_id) REFERENCES docs (user_id, id));
        INSERT INTO docs (user_id) SELECT id FROM users; INSERT INTO edits SELECT id, user_id, id FROM docs`,
      tables: ['users', 'docs'],
      value: { value: 'derived', namespace: '6ba7b810-9dad-11d1-80b4-00c04fd430c8' },
      // As a row is that lost a part before the triggers were there, until the fill comes to it.
      open: async ({ test }) => {
        await unseen(test, 'UPDATE edits SET user_id = NULL, user_id_uuid = NULL, doc_id_uuid = NULL WHERE id = 50');
        await test.query(`UPDATE edits SET word = 'again' WHERE id = 50`);
      },
      lost: 'SELECT count(*)::int FROM edits WHERE doc_id IS NULL',
    },
  ],
  [
    'settling that writes a row once more, which an audit of the application sees',
    settlesWhateverIsMissing,
    {
      schema: `${SCHEMA};
        CREATE TABLE audit (id int);
        CREATE FUNCTION audit() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO public.audit VALUES (NEW.id); RETURN NULL; END';
        CREATE TRIGGER audit AFTER UPDATE ON posts FOR EACH ROW WHEN (coalesce(current_setting('lockstep.run_id', true), '') = '') EXECUTE FUNCTION audit()`,
      value: { value: 'derived', namespace: '6ba7b810-9dad-11d1-80b4-00c04fd430c8' },
      // Neither the fill of the row nor that of what it refers to has begun.
      atFirstFill: async ({ session }) => {
        await session.query(`UPDATE posts SET word = 'again' WHERE id = 49`);
        await session.query('UPDATE posts SET id = 1000 WHERE id = 50');
      },
      lost: 'SELECT count(*)::int - 2 FROM audit',
    },
  ],
  [
    'a row past the fill that waits for its parent',
    settlesByTheParent,
    {
      schema: `CREATE TABLE users (id int PRIMARY KEY, boss int REFERENCES users ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED);
        CREATE TABLE posts (id int PRIMARY KEY, user_id int REFERENCES users);
        INSERT INTO users SELECT g, 101 - g FROM generate_series(1, 100) AS g`,
      value: { value: 'derived', namespace: '6ba7b810-9dad-11d1-80b4-00c04fd430c8' },
      atFirstFill: ({ test }) => test.query('UPDATE users SET id = 1000 WHERE id = 60'),
      lost: 'SELECT count(*)::int FROM users WHERE boss IS NOT NULL AND boss_uuid IS NULL',
    },
  ],
  ['a child that is filled at once, before its parent', childrenBeforeParents, { tables: ['users', 'posts'] }],
  ['a fill that keeps no pairs', fillsWithoutPairs, { map: 'pairs', lost: UNPAIRED }],
  [
    'a trigger that leaves pairs of others to the fill',
    takesWritersForTheFill,
    {
      map: 'pairs',
      atFirstFill: ({ session }) => session.query('UPDATE users SET id_uuid = gen_random_uuid() WHERE id = 100'),
      lost: UNPAIRED,
    },
  ],
];

it.each(SCENARIOS)('%s is caught', async (_, wrong, scenario) => {
  expect(await left(rightGraph, scenario), 'ours').toBe(0);
  expect(await left(wrong, scenario), 'the wrong design was not caught').toBeGreaterThan(0);
});

/** Beside the triggers of `edits`. */
async function unseen({ query }: TestDatabase, write: string): Promise<void> {
  await query('ALTER TABLE edits DISABLE TRIGGER USER');
  await query(write);
  const triggers = `SELECT tgname FROM pg_trigger WHERE tgrelid = 'edits'::regclass AND NOT tgisinternal`;
  for (const { tgname } of await query<{ readonly tgname: string }>(triggers))
    await query(`ALTER TABLE edits ENABLE ALWAYS TRIGGER "${tgname}"`);
}

/** How many references the application finds apart. */
async function left(change: ChangeGraph, scenario: Scenario): Promise<number> {
  const test = await testDatabase({ after: onTestFinished });
  await test.query(scenario.schema ?? SCHEMA);
  const application = new PgDatabase({ url: test.url, maxSessions: 1 });
  onTestFinished(() => application.close());
  return application.withSession(async (session) => {
    const moment: Moment = { test, session, conflicts: [] };
    const plan = planOn(test.database, {
      name: 'keys',
      steps: [
        {
          id: 'keys',
          convert_uuid: {
            ...{ value: 'random', user_triggers: 'fire', batch: { rows: 10, target: 'off' } },
            ...scenario.value,
            tables: scenario.tables ?? ['users'],
            ...(scenario.map !== undefined && { map: scenario.map }),
          },
        },
      ],
    });
    await beginWith(plan, test.database, change);
    let first: Promise<unknown> | undefined;
    let last: Promise<unknown> | undefined;
    const end = (): Promise<unknown> => (last ??= (async () => scenario.atTheEnd?.(moment))());
    const noticing = withSessions(test.database, (own) => ({
      query: async (sql, parameters) => {
        if (/^WITH changed AS/.test(sql)) await (first ??= (async () => scenario.atFirstFill?.(moment))());
        return own.query(sql, parameters);
      },
    }));
    const observe = (event: RunEvent): void => {
      if (event.type !== 'operation') return;
      if (event.operation === 'keys/fill/public.posts/1' && event.to === 'done') void end();
      // Ours waits for the application here, and would wait for ever.
      if (event.operation === 'keys/settle/public.posts' && event.to === 'running')
        setTimeout(() => void (waits(scenario) && end()), 1_500);
    };
    const { exit, diagnostics } = await applyCommand({
      ...{ file: plan.file, set: {}, env: {}, database: noticing, observe },
      ...{ stop: new AbortController().signal, agree: () => Promise.resolve(true) },
    });
    await end();
    await scenario.open?.(moment);
    const lost = scenario.lost === undefined ? 0 : await test.value(scenario.lost);
    const apart = await test.value(APART).catch((cause: unknown) => {
      throw new Error(`the window did not open, exit ${exit}: ${JSON.stringify(diagnostics)}`, { cause });
    });
    return Number(apart) + Number(lost);
  });
}

/** Whoever has written a child is waited for; whoever has only read is not. */
function waits({ atTheEnd }: Scenario): boolean {
  return atTheEnd === SCENARIOS[0]![2].atTheEnd;
}
