/**
 * Databases that other people designed, loaded from where they are: `../shared/data` beside the checkout, or the folder that
 * LOCKSTEP_SHARED_DATA names. None of them is part of this repository; where they are absent, a line says so and whoever
 * asks skips.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe } from 'vitest';

import { PgDatabase } from '../../src/postgres/pg-database.js';

export type SharedData = 'chinook.sql' | 'danbooru-structure.sql' | 'pagila-schema.sql';

const FOLDER = process.env['LOCKSTEP_SHARED_DATA'] ?? fileURLToPath(new URL('../../../shared/data', import.meta.url));

/** As `describe`; where the file is absent its tests are skipped, and their title says why. */
export function describeWith(data: SharedData, title: string, tests: () => void): void {
  const present = existsSync(join(FOLDER, data));
  if (!present)
    process.stderr.write(
      `${data} is absent: what it is needed for is skipped (LOCKSTEP_SHARED_DATA names its folder)\n`,
    );
  describe.skipIf(!present)(present ? title : `${title} (${data} is absent)`, tests);
}

/**
 * One multi-statement text, as it is written. Over a connection of its own: dumps set the search path and more for the
 * rest of their session.
 */
export async function loadSharedData({ url }: { readonly url: string }, data: SharedData): Promise<void> {
  const text = await readFile(join(FOLDER, data), 'utf8');
  const database = new PgDatabase({ url, maxSessions: 1 });
  try {
    await database.withSession((session) => session.query(text));
    await database.withSession((session) => session.query('ANALYZE'));
  } finally {
    await database.close();
  }
}
