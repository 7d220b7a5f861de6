/** The database of an example, as `examples/load.js` fills it. */
import { readFile } from 'node:fs/promises';

import type { TestDatabase } from './database.js';

export async function loadExample(found: Pick<TestDatabase, 'database'>, example: string, rows: number): Promise<void> {
  await runExampleFile(found, example, 'schema.sql', rows);
  await runExampleFile(found, example, 'data.sql', rows);
}

export async function runExampleFile(
  { database }: Pick<TestDatabase, 'database'>,
  example: string,
  file: string,
  rows = 0,
): Promise<void> {
  const text = await readFile(new URL(`../../examples/${example}/${file}`, import.meta.url), 'utf8');
  await database.transaction(async (session) => {
    await session.query(`SET LOCAL example.rows = ${rows}`);
    await session.query(text);
  });
}
