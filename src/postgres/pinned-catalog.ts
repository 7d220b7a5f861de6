/**
 * Reads of the catalog that mean the same whoever reads: the server prints a name without its schema where the search
 * path finds it, and prints constants inside expressions by the session's date, time and float settings.
 */
import type { Session } from '../executor/session.js';

const PINNED: Readonly<Record<string, string>> = {
  // pg_temp last: first, where it stands unless named, a temporary table would be taken for one of pg_catalog.
  search_path: 'pg_catalog, pg_temp',
  quote_all_identifiers: 'off',
  TimeZone: 'UTC',
  DateStyle: 'ISO, YMD',
  IntervalStyle: 'postgres',
  extra_float_digits: '1',
  bytea_output: 'hex',
  lc_monetary: 'C',
  // Compiling a query over the whole catalog takes longer than running it.
  jit: 'off',
};

/**
 * Runs `work` under the pinned settings and puts back what was set before. The session must be in a transaction: the
 * settings are local to it. Throws outside one, where they would be gone with the statement that made them. Where `work`
 * rejects, the settings stay until the rollback that has to follow anyway.
 */
export async function withPinnedCatalog<T>(
  session: Session,
  work: () => Promise<T>,
  more: Readonly<Record<string, string>> = {},
): Promise<T> {
  const settings = { ...PINNED, ...more };
  const names = Object.keys(settings);
  const before = await session.query<{ name: string; setting: string }>(READ, [JSON.stringify(names)]);
  await session.query(SET, [JSON.stringify(settings)]);
  const pinned = await session.query<{ setting: string }>(READ, ['["search_path"]']);
  if (pinned.rows[0]?.setting !== PINNED['search_path'])
    throw new Error('the catalog is read inside a transaction: its settings are local to one');
  const result = await work();
  await session.query(SET, [JSON.stringify(Object.fromEntries(before.rows.map((row) => [row.name, row.setting])))]);
  return result;
}

const READ = `
  SELECT name, pg_catalog.current_setting(name) AS setting
  FROM pg_catalog.jsonb_array_elements_text($1::text::pg_catalog.jsonb) AS name`;

const SET = `
  SELECT pg_catalog.set_config(key, value, true)
  FROM pg_catalog.jsonb_each_text($1::text::pg_catalog.jsonb)`;
