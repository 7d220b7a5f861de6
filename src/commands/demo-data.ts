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

/** Tables and rows. In the caller's transaction: whole, or not at all. */
export async function createDemoData(session: Session, users: number): Promise<void> {
  const sqlOf = (name: string): Promise<string> => readFile(new URL(`examples/${DEMO_PLAN}/${name}`, ROOT), 'utf8');
  await session.query(await sqlOf('schema.sql'));
  await session.query(`SELECT set_config('example.rows', $1, true)`, [String(users)]);
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

/** Keeps what the new tables hold now, in a schema of the demo's own, for a comparison by a later process. */
export async function rememberTableRows(session: Session): Promise<void> {
  await session.query(
    'CREATE SCHEMA demo; CREATE TABLE demo.before ("table" text PRIMARY KEY, rows bigint NOT NULL, checksum text NOT NULL)',
  );
  for (const { table, rows, checksum } of await readTableRows(session)) {
    await session.query('INSERT INTO demo.before VALUES ($1, $2, $3)', [table, String(rows), checksum]);
  }
}

/** What was remembered; empty where the data was not created to its end. */
export async function rememberedTableRows(session: Session): Promise<readonly TableRows[]> {
  const there = await session.query(`SELECT WHERE to_regclass('demo.before') IS NOT NULL`);
  if (there.count === 0) return [];
  const { rows } = await session.query<{ table: string; rows: string; checksum: string }>('TABLE demo.before');
  return DEMO_TABLES.flatMap((name) =>
    rows.filter(({ table }) => table === name).map((row) => ({ ...row, rows: Number(row.rows) })),
  );
}
