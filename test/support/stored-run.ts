/**
 * Runs as an earlier version of the program left them: finds the fixtures of `test/fixtures/stored`, loads one, and says what its
 * tables would hold had there never been a plan. How they are made is `scripts/store-runs.js`'s business.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

import type { TestDatabase } from './database.js';

export interface StoredRun {
  /** The commit that made it. */
  readonly by: string;
  /** The server that it was made on, and belongs on: what a catalog looks like differs by version. */
  readonly major: number;
  readonly form: string;
  readonly state: string;
  readonly plan: string;
  readonly is: StoredState;
  /** Both queries return the same rows where the run has ended: `alone` in the tables without a plan. */
  readonly wanted: readonly { readonly alone: string; readonly found: string }[];
  readonly later: readonly Written[];
}

export interface StoredState {
  readonly run: string;
  /** States of its windows. */
  readonly windows: readonly string[];
  readonly made: readonly (Written | Readonly<Record<string, unknown>>)[];
  /** What a person does about a failure before the run goes on. */
  readonly repair?: string;
  /** A side of a window did not take a write: who takes the run back accepts it, and this stays. Said of tables without a plan. */
  readonly accepted?: string;
  /** Rows stand aside, and are written after all. */
  readonly replay?: true;
}

interface Written {
  readonly sql: string;
  /** The same, said of tables that no plan has changed. */
  readonly alone?: string;
}

interface Form extends Pick<StoredRun, 'wanted' | 'later'> {
  readonly states: Readonly<Record<string, StoredState>>;
}

const STORED = 'test/fixtures/stored';

/** All of them. A state that `made.yaml` does not know would be one that nobody can judge: it is an error. */
export function storedRuns(): readonly StoredRun[] {
  const forms = new Map<string, Form>();
  for (const form of readdirSync(join(STORED, 'forms')))
    forms.set(form, parse(readFileSync(join(STORED, 'forms', form, 'made.yaml'), 'utf8')) as Form);
  return folders(STORED)
    .filter((by) => by !== 'forms')
    .flatMap((by) => folders(join(STORED, by)).map((major) => ({ by, major: Number(major) })))
    .flatMap(({ by, major }) => folders(join(STORED, by, String(major))).map((form) => ({ by, major, form })))
    .flatMap(({ by, major, form }) =>
      readdirSync(join(STORED, by, String(major), form)).map((file): StoredRun => {
        const state = file.replace(/\.sql$/, '');
        const { states, wanted, later } = forms.get(form)!;
        const is = states[state];
        if (is === undefined) throw new Error(`${form}/made.yaml knows no state ${state}`);
        return { by, major, form, state, plan: join(STORED, 'forms', form, 'plan.yaml'), is, wanted, later };
      }),
    );
}

function folders(path: string): readonly string[] {
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
}

/** In place of everything that the database holds. In one session, since what states share is a temporary table of it. */
export async function loadStoredRun(test: TestDatabase, { by, major, form, state }: StoredRun): Promise<void> {
  await empty(test);
  const files = [join(STORED, by, 'texts.sql'), join(STORED, by, String(major), form, `${state}.sql`)];
  const text = files.map((file) => readFileSync(file, 'utf8')).join('\n');
  await test.database.withSession((session) => session.query(text));
}

/** In place of everything that the database holds: the tables as the application alone would have them. */
export async function loadWithoutPlan(test: TestDatabase, { form, is, later }: StoredRun): Promise<void> {
  await empty(test);
  await test.query(readFileSync(join(STORED, 'forms', form, 'schema.sql'), 'utf8'));
  for (const write of [...is.made, ...later]) if (isWritten(write)) await test.query(write.alone ?? write.sql);
}

/** As a new database is: who owns the schema `public`, and who may use it, is a part of what a run compares at its end. */
async function empty({ query }: TestDatabase): Promise<void> {
  await query(`DROP SCHEMA IF EXISTS lockstep CASCADE; DROP SCHEMA public CASCADE;
    CREATE SCHEMA public AUTHORIZATION pg_database_owner; GRANT USAGE ON SCHEMA public TO PUBLIC;
    COMMENT ON SCHEMA public IS 'standard public schema'`);
}

function isWritten(step: StoredState['made'][number]): step is Written {
  return 'sql' in step;
}
