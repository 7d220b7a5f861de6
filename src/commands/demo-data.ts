/**
 * What the demo works on: the example `examples/split-auth-schema` at any size, and what stands in its four new tables. Owns
 * where the example's files are, and the counts that show whether anything is left after a way back.
 */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import type { Session } from '../executor/session.js';

/** The same distance from src/commands and from dist/commands. */
const ROOT = new URL('../../', import.meta.url);

export const DEMO_PLAN = 'split-auth-schema';

/** Absolute. */
export const DEMO_PLAN_FILE = fileURLToPath(new URL(`plans/${DEMO_PLAN}.yaml`, ROOT));

/** What the plan fills. */
export const DEMO_TABLES = ['user_credentials', 'user_external_logins', 'user_profiles', 'user_preferences'] as const;

export interface TableRows {
  readonly table: string;
  readonly rows: number;
  /** Equal where the rows are: a sum over them, so that their order plays no part. */
  readonly checksum: string;
}

/** Tables, rows, and what the new tables held before. In the caller's transaction: whole, or not at all. */
export async function createDemoData(session: Session, users: number): Promise<void> {
  const sqlOf = (name: string): Promise<string> => readFile(new URL(`examples/${DEMO_PLAN}/${name}`, ROOT), 'utf8');
  await session.query(await sqlOf('schema.sql'));
  await session.query(`SELECT set_config('example.users', $1, true)`, [String(users)]);
  await session.query(await sqlOf('data.sql'));
}

export async function readTableRows(session: Session): Promise<readonly TableRows[]> {
  const rows: TableRows[] = [];
  for (const table of DEMO_TABLES) {
    const counted = await session.query<{ rows: string; checksum: string }>(
      `SELECT count(*) AS rows, coalesce(sum(hashtextextended(t::text, 0)), 0) AS checksum FROM public.${table} AS t`,
    );
    const { rows: count, checksum } = counted.rows[0]!;
    rows.push({ table, rows: Number(count), checksum });
  }
  return rows;
}
