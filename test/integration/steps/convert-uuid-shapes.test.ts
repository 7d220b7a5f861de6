/** Keys and references of every shape under `convert_uuid`: there, over the cutover, written, and back. */
import { describe, expect, onTestFinished, test } from 'vitest';

import { EXIT } from '../../../src/commands/command-result.js';
import { testDatabase } from '../../support/database.js';
import { planOn } from '../../support/plan-on-database.js';

interface Shape {
  readonly sql: string;
  readonly step: Readonly<Record<string, unknown>>;
  /** Before the cutover, by the old names. */
  readonly write?: readonly string[];
  /** By the new ones. */
  readonly flipped?: readonly string[];
  /** What must be the same before and after each change of names. */
  readonly means: string;
  readonly since?: number;
}

const UPPER = `upper(md5(g::text)::uuid::text)`;

const SHAPES: Readonly<Record<string, Shape>> = {
  'a text that is a uuid, in any case': {
    sql: `CREATE TABLE users (id varchar(36) PRIMARY KEY DEFAULT gen_random_uuid()::text, name text);
      CREATE TABLE tags (id serial PRIMARY KEY, user_id varchar(36) NOT NULL REFERENCES users, tag text);
      CREATE TABLE notes (id serial PRIMARY KEY, user_id text, note text);
      INSERT INTO users SELECT CASE WHEN g % 2 = 0 THEN ${UPPER} ELSE lower(${UPPER}) END, 'u' || g FROM generate_series(1, 50) g;
      INSERT INTO tags (user_id, tag) SELECT id, 't' || name FROM users;
      INSERT INTO notes (user_id, note) SELECT id, 'n' || name FROM users`,
    step: { table: 'users', value: 'cast', references: ['notes.user_id'] },
    write: [
      `INSERT INTO users (name) VALUES ('by default')`,
      `INSERT INTO tags (user_id, tag) SELECT id, 'd' FROM users WHERE name = 'by default'`,
    ],
    flipped: [
      `INSERT INTO users (name) VALUES ('after')`,
      `INSERT INTO tags (user_id, tag) SELECT id, 'a' FROM users WHERE name = 'after'`,
      `INSERT INTO notes (user_id, note) SELECT id, 'b' FROM users WHERE name = 'u2'`,
    ],
    means: `SELECT json_agg(json_build_array(name, tag, note) ORDER BY name, tag, note)::text FROM users LEFT JOIN tags ON tags.user_id = users.id LEFT JOIN notes ON notes.user_id = users.id`,
  },
  'computed from a namespace': {
    sql: `CREATE TABLE users (id bigserial PRIMARY KEY, name text);
      CREATE TABLE tags (id serial PRIMARY KEY, user_id bigint NOT NULL REFERENCES users, tag text);
      INSERT INTO users (name) SELECT 'u' || g FROM generate_series(1, 50) g;
      INSERT INTO tags (user_id, tag) SELECT id, 't' || name FROM users`,
    step: { table: 'users', value: 'derived', namespace: '6ba7b810-9dad-11d1-80b4-00c04fd430c8' },
    write: [
      `INSERT INTO users (name) VALUES ('later')`,
      `INSERT INTO tags (user_id, tag) SELECT id, 'l' FROM users WHERE name = 'later'`,
    ],
    flipped: [
      `INSERT INTO users (name) VALUES ('after')`,
      `INSERT INTO tags (user_id, tag) SELECT id, 'a' FROM users WHERE name = 'after'`,
    ],
    means: `SELECT json_agg(json_build_array(name, tag) ORDER BY name, tag)::text FROM users LEFT JOIN tags ON tags.user_id = users.id`,
  },
  'by time': {
    since: 180_000,
    sql: `CREATE TABLE users (id serial PRIMARY KEY, name text); INSERT INTO users (name) SELECT 'u' || g FROM generate_series(1, 50) g`,
    step: { table: 'users', value: 'v7' },
    flipped: [`INSERT INTO users (name) VALUES ('after')`],
    means: `SELECT json_agg(name ORDER BY name)::text FROM users`,
  },
  'two keys, a table between them whose key both are, and what refers to that': {
    sql: `CREATE TABLE playlist (id serial PRIMARY KEY, name text UNIQUE);
      CREATE TABLE track (id serial PRIMARY KEY, title text UNIQUE);
      CREATE TABLE playlist_track (playlist_id int REFERENCES playlist ON DELETE CASCADE, track_id int REFERENCES track, PRIMARY KEY (playlist_id, track_id));
      CREATE TABLE rating (id serial PRIMARY KEY, playlist_id int, track_id int, stars int, FOREIGN KEY (playlist_id, track_id) REFERENCES playlist_track ON DELETE CASCADE);
      CREATE INDEX ON playlist_track (track_id);
      INSERT INTO playlist (name) SELECT 'p' || g FROM generate_series(1, 20) g;
      INSERT INTO track (title) SELECT 't' || g FROM generate_series(1, 30) g;
      INSERT INTO playlist_track SELECT 1 + g % 20, 1 + g % 30 FROM generate_series(1, 60) g;
      INSERT INTO rating (playlist_id, track_id, stars) SELECT playlist_id, track_id, 3 FROM playlist_track;
      INSERT INTO rating (stars) VALUES (0)`,
    step: { tables: ['playlist', 'track'], value: 'random' },
    write: [
      `INSERT INTO playlist_track VALUES (1, 5)`,
      `INSERT INTO rating (playlist_id, track_id, stars) VALUES (1, 5, 5)`,
      `DELETE FROM playlist WHERE name = 'p7'`,
    ],
    flipped: [
      `WITH t AS (INSERT INTO track (title) VALUES ('after') RETURNING id) INSERT INTO playlist_track (playlist_id, track_id) SELECT p.id, t.id FROM t, playlist p WHERE p.name = 'p2'`,
      `INSERT INTO rating (playlist_id, track_id, stars) SELECT playlist_id, track_id, 1 FROM playlist_track JOIN track ON track.id = track_id WHERE title = 'after'`,
      `DELETE FROM playlist WHERE name = 'p8'`,
    ],
    means: `SELECT json_agg(json_build_array(name, title, stars) ORDER BY name, title, stars)::text FROM rating r LEFT JOIN playlist_track pt USING (playlist_id, track_id) LEFT JOIN playlist p ON p.id = pt.playlist_id LEFT JOIN track t ON t.id = pt.track_id`,
  },
  'a key that is another key, names that need quotes': {
    sql: `CREATE SCHEMA "My App"; CREATE TABLE "My App"."User" ("Id" serial PRIMARY KEY, "order" text);
      CREATE TABLE "My App"."Profile" ("User" int PRIMARY KEY REFERENCES "My App"."User" ON DELETE CASCADE, bio text);
      CREATE TABLE "My App"."photo" (id serial PRIMARY KEY, profile int NOT NULL REFERENCES "My App"."Profile" ON DELETE CASCADE);
      INSERT INTO "My App"."User" ("order") SELECT 'u' || g FROM generate_series(1, 30) g;
      INSERT INTO "My App"."Profile" SELECT "Id", 'b' || "Id" FROM "My App"."User";
      INSERT INTO "My App".photo (profile) SELECT "User" FROM "My App"."Profile"`,
    step: { table: 'My App.User', value: 'random' },
    write: [
      `WITH u AS (INSERT INTO "My App"."User" ("order") VALUES ('later') RETURNING "Id"), p AS (INSERT INTO "My App"."Profile" SELECT "Id", 'l' FROM u RETURNING "User") INSERT INTO "My App".photo (profile) SELECT "User" FROM p`,
    ],
    flipped: [
      `WITH u AS (INSERT INTO "My App"."User" ("order") VALUES ('after') RETURNING "Id"), p AS (INSERT INTO "My App"."Profile" ("User", bio) SELECT "Id", 'l' FROM u RETURNING "User") INSERT INTO "My App".photo (profile) SELECT "User" FROM p`,
    ],
    means: `SELECT json_agg(json_build_array("order", bio, ph.id) ORDER BY "order", bio, ph.id)::text FROM "My App"."User" u LEFT JOIN "My App"."Profile" p ON p."User" = u."Id" LEFT JOIN "My App".photo ph ON ph.profile = p."User"`,
  },
  'one key of several columns': {
    sql: `CREATE TABLE users (tenant int, id int, name text, PRIMARY KEY (tenant, id));
      CREATE TABLE posts (id serial PRIMARY KEY, tenant int NOT NULL, author int, FOREIGN KEY (tenant, author) REFERENCES users);
      INSERT INTO users SELECT g % 3, g / 3, 'u' || g FROM generate_series(1, 30) g;
      INSERT INTO posts (tenant, author) SELECT tenant, id FROM users`,
    step: {
      table: 'users',
      column: 'id',
      value: 'random',
      old_value: `(SELECT 1 + max(id_legacy) FROM users)`.replace('id_legacy', 'tenant'),
    },
    write: [
      `INSERT INTO posts (tenant, author) VALUES (0, 2)`,
      `UPDATE posts SET tenant = 1 WHERE id = 1`,
      `UPDATE posts SET (tenant, author_uuid) = (SELECT tenant, id_uuid FROM users WHERE name = 'u8') WHERE id = 4`,
    ],
    flipped: [
      `INSERT INTO posts (tenant, author) SELECT tenant, id FROM users WHERE name = 'u9'`,
      `UPDATE posts SET (tenant, author_legacy) = (SELECT tenant, id_legacy FROM users WHERE name = 'u3') WHERE id = 7`,
    ],
    means: `SELECT json_agg(json_build_array(p.id, u.tenant, u.name) ORDER BY p.id)::text FROM posts p LEFT JOIN users u ON u.tenant = p.tenant AND u.id = p.author`,
  },
  'a reference in some rows': {
    sql: `CREATE TABLE users (id serial PRIMARY KEY, name text);
      CREATE TABLE events (id serial PRIMARY KEY, subject_type text NOT NULL, subject_id int NOT NULL);
      INSERT INTO users (name) SELECT 'u' || g FROM generate_series(1, 30) g;
      INSERT INTO events (subject_type, subject_id) SELECT CASE WHEN g % 2 = 0 THEN 'User' ELSE 'Post' END, g FROM generate_series(1, 30) g`,
    step: {
      table: 'users',
      value: 'random',
      references: [{ column: 'events.subject_id', where: `subject_type = 'User'` }],
    },
    write: [
      `INSERT INTO events (subject_type, subject_id) VALUES ('User', 3), ('Post', 99)`,
      `UPDATE events SET subject_type = 'User' WHERE id = 5`,
      `UPDATE events SET subject_type = 'Post' WHERE id = 6`,
    ],
    flipped: [
      `INSERT INTO events (subject_type, subject_id_uuid, subject_id) SELECT 'User', id, id_legacy FROM users WHERE name = 'u4'`,
    ],
    means: `SELECT json_agg(json_build_array(id, subject_type, subject_id) ORDER BY id)::text FROM events`,
  },
  'a self reference whose row comes later, and one at COMMIT': {
    sql: `CREATE TABLE people (id int PRIMARY KEY, boss int REFERENCES people DEFERRABLE INITIALLY DEFERRED);
      INSERT INTO people SELECT g, nullif(g / 2, 0) FROM generate_series(1, 30) g`,
    step: {
      table: 'people',
      value: 'random',
      old_value: '(SELECT 1 + max(b) FROM (VALUES (1000 + floor(random() * 1000000)::int)) AS t (b))',
    },
    write: [
      `INSERT INTO people VALUES (101, 102), (102, NULL)`,
      `INSERT INTO people VALUES (103, 104); INSERT INTO people VALUES (104, 103)`,
    ],
    flipped: [
      `WITH a AS (SELECT gen_random_uuid() AS one, gen_random_uuid() AS two) INSERT INTO people (id, boss) SELECT one, two FROM a UNION ALL SELECT two, one FROM a`,
    ],
    means: `SELECT count(*) || ' ' || count(b.id) FROM people p LEFT JOIN people b ON b.id = p.boss`,
  },
  empty: {
    sql: `CREATE TABLE users (id serial PRIMARY KEY); CREATE TABLE posts (id serial PRIMARY KEY, user_id int REFERENCES users)`,
    step: { table: 'users', value: 'random' },
    means: `SELECT count(*)::text FROM posts`,
  },
};

const SHAPES_BY_NAME = Object.entries(SHAPES).map(([name, shape]) => ({ name, shape }));

describe.each([18, 15])('on server %i', (major) => {
  test.each(SHAPES_BY_NAME)(
    '$name',
    async ({ shape }) => {
      const { database, query, value } = await testDatabase({ major, after: onTestFinished });
      await query(shape.sql);
      const gate = { id: 'wait', gate: { approval: 'dba' } };
      const opened = { id: 'keys', convert_uuid: shape.step };
      const rest = [
        { id: 'flip', cutover: { windows: ['keys'] } },
        { id: 'after', verify: [{ in_sync: ['keys'] }] },
      ];
      const plan = planOn(database, { name: 'keys', steps: [opened, gate, ...rest] });
      const shown = await plan.plan();
      if (shape.since !== undefined && major * 10_000 < shape.since) {
        expect(shown.diagnostics.map(({ code }) => code)).toContain('LS6601');
        return;
      }
      expect(shown.diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
      const told = async (command: ReturnType<typeof plan.apply>, exit: number): Promise<void> => {
        const { report, ...said } = await command;
        expect(
          said.exit,
          `${JSON.stringify(said.diagnostics, null, 1)}\n${JSON.stringify(report).slice(0, 3000)}`,
        ).toBe(exit);
      };
      const means = async (): Promise<unknown> => value(shape.means);
      const before = await means();
      await told(plan.apply(), EXIT.stopped);
      expect(await means()).toEqual(before);
      for (const sql of shape.write ?? []) await query(sql);
      const written = await means();
      await plan.approve('wait');
      await told(plan.apply(), EXIT.done);
      expect(await means()).toEqual(written);
      for (const sql of shape.flipped ?? []) await query(sql);
      const flipped = await means();
      await told(plan.rollback() as ReturnType<typeof plan.apply>, EXIT.done);
      expect(await means()).toEqual(flipped);
    },
    60_000,
  );
});
