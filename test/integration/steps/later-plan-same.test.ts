/**
 * What a later plan does to a window that was left open is what the plan that opened it would have done: the same operations, though
 * the one is made of the journal and the catalog as it is, and the other of the plan's file and the catalog as it will be.
 */
import { describe, expect, onTestFinished, test } from 'vitest';

import { compileForDatabase } from '../../../src/commands/compile-for-database.js';
import { openPlan } from '../../../src/commands/open-plan.js';
import type { Database } from '../../../src/executor/session.js';
import { testDatabase } from '../../support/database.js';
import { ON_NEW } from '../../support/majors.js';
import { planOn, told, type PlanContent } from '../../support/plan-on-database.js';

interface Shape {
  readonly tables: string;
  readonly first: Readonly<Record<string, unknown>>;
  readonly close?: Readonly<Record<string, unknown>>;
  readonly allow?: Readonly<Record<string, string>>;
  readonly since?: number;
}

const BOTH = { allow: { deadlocks: 'tried again' } };
const PEOPLE = `CREATE TABLE people (id int PRIMARY KEY, born date NOT NULL, mail text UNIQUE, gid text UNIQUE,
    domain text GENERATED ALWAYS AS (split_part(mail, '@', 2)) STORED);
  CREATE TABLE contacts (person int PRIMARY KEY, mail text, domain text, year int);
  CREATE TABLE logins (provider text, pid text, person int NOT NULL, PRIMARY KEY (provider, pid));
  INSERT INTO people SELECT n, date '2000-01-01' + n, 'm' || n || '@x', 'g' || n FROM generate_series(1, 20) AS n`;

function windowOver(mappings: Readonly<Record<string, unknown>>): Shape['first'] {
  const names = Object.keys(mappings);
  return {
    mappings,
    steps: [
      { id: 'keys', dual_write: { mappings: names, direction: 'both' }, ...BOTH },
      { id: 'fill', backfill: { mappings: names } },
    ],
  };
}

function conversion(fields: Readonly<Record<string, unknown>>): Shape['first'] {
  return { steps: [{ id: 'keys', convert_uuid: fields }] };
}

const SHAPES: Readonly<Record<string, Shape>> = {
  'expressions, a generated column, part of a target, and what goes alone': {
    tables: PEOPLE,
    first: windowOver({
      contacts: {
        ...{ from: 'people', to: 'contacts', where: 'mail IS NOT NULL' },
        columns: { person: 'id', mail: 'mail', domain: 'domain', year: 'extract(year FROM born)::int' },
        reverse: { columns: { mail: 'mail' }, on_delete: { set: { mail: 'NULL' } } },
      },
      logins: {
        ...{ from: 'people', to: 'logins', where: 'gid IS NOT NULL', target_where: "provider = 'google'" },
        columns: { provider: { value: 'google' }, pid: 'gid', person: 'id' },
        reverse: { on_delete: 'ignore' },
      },
    }),
  },
  'both number their rows by one sequence': {
    tables: `CREATE TABLE a (id serial PRIMARY KEY, v text); CREATE TABLE b (id int PRIMARY KEY DEFAULT nextval('a_id_seq'), v text);
      INSERT INTO a (v) SELECT 'v' || n FROM generate_series(1, 20) AS n`,
    first: windowOver({ copied: { from: 'a', to: 'b', columns: 'same', reverse: { on_delete: 'delete' } } }),
  },
  'a key that is cast, a soft reference, and a condition on it': {
    tables: `CREATE TABLE users (id varchar(36) PRIMARY KEY DEFAULT gen_random_uuid()::text, name text);
      CREATE TABLE tags (id serial PRIMARY KEY, user_id varchar(36) NOT NULL REFERENCES users ON DELETE CASCADE, tag text);
      CREATE TABLE events (id serial PRIMARY KEY, subject_id text, subject_type text);
      INSERT INTO users SELECT md5(g::text)::uuid::text, 'u' || g FROM generate_series(1, 50) g;
      INSERT INTO tags (user_id, tag) SELECT id, 't' || name FROM users;
      INSERT INTO events (subject_id, subject_type) SELECT id, 'User' FROM users`,
    first: conversion({
      ...{ table: 'users', value: 'cast' },
      references: [{ column: 'events.subject_id', where: "subject_type = 'User'" }],
    }),
  },
  'numbers with identity, a composite key, a view, comments, grants, names that are given': {
    tables: `CREATE TABLE users (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text NOT NULL UNIQUE, invited_by int REFERENCES users ON DELETE SET NULL);
      CREATE TABLE posts (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, user_id int NOT NULL REFERENCES users, title text);
      CREATE INDEX posts_user_id_idx ON posts (user_id, title) WHERE user_id IS NOT NULL;
      CREATE TABLE votes (post_id int REFERENCES posts, user_id int REFERENCES users, PRIMARY KEY (post_id, user_id));
      CREATE VIEW authors AS SELECT u.id, p.title FROM users u JOIN posts p ON p.user_id = u.id;
      COMMENT ON COLUMN users.id IS 'who it is'; COMMENT ON CONSTRAINT posts_user_id_fkey ON posts IS 'whose';
      COMMENT ON INDEX posts_user_id_idx IS 'for lists'; ALTER TABLE users CLUSTER ON users_pkey;
      INSERT INTO users (email) SELECT 'u' || g FROM generate_series(1, 50) AS g;
      INSERT INTO posts (user_id, title) SELECT g, 't' FROM generate_series(1, 50) AS g;
      INSERT INTO votes SELECT g, g FROM generate_series(1, 50) AS g`,
    first: conversion({
      ...{ tables: ['users', 'posts'], value: 'random' },
      map: 'pairs',
      names: { 'users.id': 'uid' },
    }),
  },
  'a key without a default, derived, with orphans that stay, old columns retired': {
    tables: `CREATE TABLE users (id text PRIMARY KEY); CREATE TABLE notes (id serial PRIMARY KEY, user_id text);
      INSERT INTO users SELECT 'u' || g FROM generate_series(1, 50) AS g;
      INSERT INTO notes (user_id) SELECT 'u' || g FROM generate_series(1, 60) AS g`,
    first: conversion({
      ...{ table: 'users', value: 'derived', namespace: '6ba7b810-9dad-11d1-80b4-00c04fd430c8' },
      ...{
        references: ['notes.user_id'],
        orphans: 'keep',
        old_value: 'gen_random_uuid()::text',
        map: 'pairs',
        keep_map: true,
      },
    }),
    close: { old: 'retire', retain: '8d' },
    allow: { data_loss: 'who the orphans name is known elsewhere' },
  },
};

describe.each(ON_NEW)('on server %i', (major) => {
  test.each(Object.entries(SHAPES))('%s', async (_, { tables, first, close = {}, allow = {} }) => {
    const { database, query } = await testDatabase({ major, after: onTestFinished });
    await query(tables);
    const rest = (window: string): readonly object[] => [
      { id: 'flip', cutover: { windows: [window] } },
      { id: 'done', close: { windows: [window], ...close }, allow },
    ];
    const steps = first['steps'] as readonly object[];
    const whole = await compiled(database, { name: 'first-plan', ...first, steps: [...steps, ...rest('keys')] });
    const left = planOn(database, { name: 'first-plan', ...first });
    expect((await left.apply()).exit, told(await left.plan())).toBe(0);
    const later = await compiled(database, { name: 'later', steps: rest('first-plan/keys') });
    expect(later.length).toBeGreaterThan(5);
    expect(firstDifference(later.join('\n'), whole.join('\n'))).toBeNull();
    const applied = await planOn(database, { name: 'later', steps: rest('first-plan/keys') }).apply({});
    expect(told(applied)).toMatch(/exit (0|6)/);
  });
});

/** The operations of `flip` and `done`, with their way back, a text each; without what differs by whose window it is. */
async function compiled(database: Database, content: Exclude<PlanContent, string>): Promise<readonly string[]> {
  const opened = await openPlan({ file: planOn(database, content).file, set: {}, env: {} });
  if (!opened.ok) throw new Error(JSON.stringify(opened.diagnostics));
  const { compiled: found, diagnostics } = await compileForDatabase(opened.value, database);
  if (found === undefined) throw new Error(JSON.stringify(diagnostics));
  return found.graph.operations
    .filter(({ step }) => step === 'flip' || step === 'done')
    .map((operation) =>
      JSON.stringify(operation, null, 1)
        .replaceAll('first-plan/keys', 'keys')
        .replaceAll(
          /w\.run_id = \S+ AND w\.step = 'keys'|w\.name = 'keys' AND w\.state NOT IN \('gone', 'closed'\)/g,
          'WINDOW',
        )
        .replaceAll(`NOT IN ('old leads', 'new leads')`, `NOT IN ('new leads')`),
    );
}

/** A few words of both, where they part: whole operations would be too much to read. */
function firstDifference(one: string, other: string): readonly [string, string] | null {
  if (one === other) return null;
  let at = 0;
  while (one[at] === other[at]) at++;
  return [one.slice(Math.max(0, at - 300), at + 200), other.slice(Math.max(0, at - 300), at + 200)];
}
