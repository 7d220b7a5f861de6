/**
 * The reference plan over a few users, so that its statements are many and its rows are few: what is there before it, what
 * must be there after it, and both ways as a person on call takes them.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll } from 'vitest';

import type { CommandResult } from '../../../src/commands/command-result.js';
import type { RollbackReport } from '../../../src/commands/rollback.js';
import type { Database } from '../../../src/executor/session.js';
import type { PgDatabase } from '../../../src/postgres/pg-database.js';
import type { TestDatabase } from '../../support/database.js';
import { planAt } from '../../support/plan-on-database.js';

export const NAME = 'split-auth-schema';
export const SET = { soak: '0s' };
const USERS = 60;
/** More than any fault of a suite needs, and fewer than for ever. */
const TURNS = 30;

const ROOT = resolve(import.meta.dirname, '../../..');

/**
 * The plan's file: its text, and batches so small that each mapping has several. Without its last step, behind which there is no way
 * back: what a close does under faults is seen by `windows/`.
 */
export async function referencePlan(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'lockstep-faults-'));
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, `${NAME}.yaml`);
  const text = (await readFile(join(ROOT, `plans/${NAME}.yaml`), 'utf8')).replace(/\n {2}- id: done\n[^]*$/, '\n');
  await writeFile(file, `${text}\ndefaults: { batch: { rows: 20, target: "off" } }\n`);
  return file;
}

export async function loadUsers(database: PgDatabase): Promise<void> {
  const sqlOf = (name: string) => readFile(join(ROOT, 'examples', NAME, name), 'utf8');
  await database.transaction(async (session) => {
    await session.query(await sqlOf('schema.sql'));
    await session.query(`SET LOCAL example.rows = ${USERS}`);
    await session.query(await sqlOf('data.sql'));
  });
}

/** `apply`, approved where it waits, until it is done. */
export async function applyToTheEnd(file: string, database: Database): Promise<readonly CommandResult<unknown>[]> {
  const plan = planAt(database, file, NAME, SET);
  const results: CommandResult<unknown>[] = [];
  while (results.length < TURNS && results.at(-1)?.exit !== 0) {
    const result = await plan.apply();
    results.push(result);
    if (result.next.join().includes('lockstep approve')) results.push({ ...(await plan.approve('sign-off')), exit: 6 });
  }
  return results;
}

/** `rollback` until it is done; the last result tells of drift. */
export async function rollBackToTheEnd(
  file: string,
  database: Database,
): Promise<readonly CommandResult<RollbackReport>[]> {
  const plan = planAt(database, file, NAME, SET);
  const results: CommandResult<RollbackReport>[] = [];
  while (results.length < TURNS && results.at(-1)?.exit !== 0) {
    const result = await plan.rollback();
    results.push(result);
    if (result.diagnostics.some(({ code }) => code === 'LS9008')) break;
  }
  return results;
}

/**
 * Every row of the five tables, and the comment. Of a login that the plan copied all but its id, which is random; one that
 * was there before keeps its own.
 */
export async function contents({ query }: Pick<TestDatabase, 'query'>): Promise<readonly string[]> {
  const rows = await query<{ row: string }>(
    `SELECT 'users ' || t::text AS row FROM users AS t
     UNION ALL SELECT 'credentials ' || t::text FROM user_credentials AS t
     UNION ALL SELECT 'logins ' || CASE provider WHEN 'google' THEN '' ELSE id::text END
       || ROW(user_id, provider, provider_user_id, linked_at, created_at)::text FROM user_external_logins
     UNION ALL SELECT 'profiles ' || t::text FROM user_profiles AS t
     UNION ALL SELECT 'preferences ' || t::text FROM user_preferences AS t
     UNION ALL SELECT 'comment ' || coalesce(obj_description('users'::regclass), '-')
     ORDER BY 1`,
  );
  return rows.map(({ row }) => row);
}
