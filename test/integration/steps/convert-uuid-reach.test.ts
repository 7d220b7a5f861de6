/** What `plan` says a conversion takes along, held against what it does: each name that it says is there then is there then. */
import { describe, expect, test } from 'vitest';

import type { ReachedObject, StepReach } from '../../../src/operation/step-reach.js';
import { testDatabase } from '../../support/database.js';
import { ON_OLD } from '../../support/majors.js';
import { planOn } from '../../support/plan-on-database.js';

const TABLES = `CREATE TABLE users (id serial PRIMARY KEY, email text UNIQUE);
  CREATE TABLE posts (id serial PRIMARY KEY, author_id int NOT NULL REFERENCES users, title text, UNIQUE (author_id, title));
  CREATE INDEX posts_author ON posts (author_id, id);
  CREATE TABLE comments (id serial PRIMARY KEY, author_id int REFERENCES users ON DELETE SET NULL, text text);
  CREATE TABLE events (id serial PRIMARY KEY, kind text, subject_id int, user_id int);
  CREATE VIEW authors AS SELECT u.id, count(*) AS posts FROM users u JOIN posts p ON p.author_id = u.id GROUP BY u.id;
  CREATE FUNCTION posts_of(integer) RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM posts WHERE author_id = $1';
  CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
  CREATE TRIGGER touch BEFORE UPDATE OF title ON posts FOR EACH ROW EXECUTE FUNCTION touch();
  INSERT INTO users (email) SELECT 'u' || g FROM generate_series(1, 20) g;
  INSERT INTO posts (author_id, title) SELECT id, email FROM users;
  INSERT INTO events (kind, subject_id) SELECT 'User', id FROM users`;

const PLAN = {
  name: 'reach',
  steps: [
    {
      id: 'keys',
      convert_uuid: {
        table: 'users',
        value: 'random',
        user_triggers: 'suppress',
        references: [{ column: 'events.subject_id', where: `kind = 'User'` }],
      },
    },
    { id: 'flip', cutover: { windows: ['keys'] } },
  ],
};

for (const major of ON_OLD) {
  const found = await testDatabase({ major });
  const { database, query } = found;

  describe(`what a conversion takes along, on server ${major}`, () => {
    let reach: StepReach;
    const plan = planOn(database, PLAN);

    test('is the graph of keys, and all that stands on them', async () => {
      await query(TABLES);
      const planned = await plan.plan();
      expect(planned.exit).toBe(0);
      reach = planned.report!.steps.find(({ id }) => id === 'keys')!.reach!;
      expect(reach.columns).toEqual([
        { column: 'public.users.id', type: 'integer', of: null, by: 'named in the plan' },
        { column: 'public.comments.author_id', type: 'integer', of: 'public.users.id', by: 'comments_author_id_fkey' },
        { column: 'public.posts.author_id', type: 'integer', of: 'public.users.id', by: 'posts_author_id_fkey' },
        {
          column: 'public.events.subject_id',
          type: 'integer',
          of: 'public.users.id',
          by: `named in the plan, where kind = 'User'`,
        },
      ]);
      const shown = reach.objects
        .filter(({ kind }) => kind !== 'not null')
        .map(({ relation, kind, name }) => `${relation ?? '–'}: ${kind} ${name}`);
      expect(shown.sort()).toEqual([
        'public.comments: column author_id',
        'public.comments: foreign key comments_author_id_fkey',
        'public.events: column subject_id',
        'public.events: reference subject_id',
        'public.posts: column author_id',
        'public.posts: foreign key posts_author_id_fkey',
        'public.posts: index posts_author',
        'public.posts: trigger touch',
        'public.posts: unique posts_author_id_title_key',
        'public.users: column id',
        'public.users: default id_uuid',
        'public.users: primary key users_pkey',
        'public.users: sequence id',
        '–: function public.posts_of(integer)',
        '–: view public.authors',
      ]);
    });

    test('is as it says', async () => {
      const names = async (): Promise<ReadonlySet<string>> => {
        const rows = await query<{ name: string }>(
          `SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace
           UNION SELECT conname FROM pg_constraint WHERE connamespace = 'public'::regnamespace
           UNION SELECT attname FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
             WHERE relnamespace = 'public'::regnamespace AND attnum > 0 AND NOT attisdropped AND relkind = 'r'`,
        );
        return new Set(rows.map(({ name }) => name));
      };
      const beside = planOn(database, { name: 'beside', steps: PLAN.steps.slice(0, 1) });
      const missing = (there: ReadonlySet<string>, some: readonly string[]): readonly string[] =>
        some.filter((name) => !there.has(name));
      const counterparts = reach.objects.filter(({ becomes }) => becomes.includes('beside it'));
      expect(counterparts.length).toBeGreaterThan(8);

      expect(
        missing(
          await names(),
          counterparts.map(({ name }) => name),
        ),
      ).toEqual([]);
      expect((await beside.apply()).exit).toBe(0);
      expect(
        missing(
          await names(),
          counterparts.flatMap(({ name, becomes }) => [name, ...namesIn(becomes, 0, 1)]),
        ),
      ).toEqual([]);
      expect((await beside.rollback()).exit).toBe(0);

      expect((await plan.apply()).exit).toBe(0);
      const flipped = await names();
      expect(missing(flipped, counterparts.flatMap(renamed))).toEqual([]);
      // And what a cutover takes away is told as that.
      const gone = counterparts.flatMap(({ becomes }) => namesIn(becomes, 0, 1)).filter((name) => flipped.has(name));
      expect(gone).toEqual(['subject_id_uuid']);
      expect(await query('SELECT id::uuid FROM authors')).toHaveLength(20);
      expect((await plan.rollback()).exit).toBe(0);
    });

    test('suggests what looks like a reference, unless its rows refute it', async () => {
      await query(`CREATE TABLE contained (user_id int); INSERT INTO contained SELECT 1 + g % 20 FROM generate_series(1, 99) g;
        CREATE TABLE refuted (user_id int); INSERT INTO refuted VALUES (1), (99);
        CREATE TABLE vacant (user_id int); CREATE TABLE other (user_id bigint)`);
      const { diagnostics } = await plan.plan();
      const said = diagnostics.filter(({ code }) => code === 'LS6607').map(({ detail }) => detail);
      const like = (table: string): string => `\`public.${table}.user_id\` is integer like \`public.users.id\`.`;
      expect(said).toEqual([
        `${like('contained')} All of 20 values that were looked at are there.`,
        like('events'),
        like('vacant'),
      ]);
    });
  });
}

/** Between backticks, from one to before another of them. */
function namesIn(text: string, from: number, to?: number): readonly string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, name]) => name!).slice(from, to);
}

/** What must be there behind the cutover: the name itself, and what its old owner is called since. */
function renamed({ name, becomes }: ReachedObject): readonly string[] {
  return [name, ...namesIn(becomes, 1)];
}
