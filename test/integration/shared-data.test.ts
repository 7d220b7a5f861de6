/** The databases that conversions are tried on: they load, they get rows, and what is asked of them has answers. */
import { expect, it, onTestFinished } from 'vitest';

import { testDatabase } from '../support/database.js';
import { CHINOOK_QUERIES, CHINOOK_TABLES } from '../support/chinook-queries.js';
import { generateRows } from '../support/generated-rows.js';
import { describeWith, loadSharedData } from '../support/shared-data.js';

describeWith('chinook.sql', 'chinook', () => {
  it.each([18, 15])('has rows and answers on server %s', async (major) => {
    const found = await testDatabase({ major, after: onTestFinished });
    await loadSharedData(found, 'chinook.sql');
    for (const table of CHINOOK_TABLES)
      expect(await found.value(`SELECT count(*)::int FROM ${table}`), table).toBeGreaterThan(0);
    for (const [title, sql] of Object.entries(CHINOOK_QUERIES)) expect(await found.query(sql), title).not.toEqual([]);
    expect(Object.keys(CHINOOK_QUERIES)).toHaveLength(12);
  });
});

describeWith('danbooru-structure.sql', 'danbooru', () => {
  it.each([18, 15])('gets rows in every table that refers to users, on server %s', async (major) => {
    const found = await testDatabase({ major, after: onTestFinished });
    await loadSharedData(found, 'danbooru-structure.sql');
    const rows = await generateRows(found, { rowsOf: rowsOfDanbooru });
    expect(rows.get('users')).toBe(3000);
    const references = await found.query<{ child: string; column: string }>(
      `SELECT c.conrelid::regclass::text AS child, a.attname AS column FROM pg_constraint AS c
       JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
       WHERE c.contype = 'f' AND c.confrelid = 'users'::regclass ORDER BY 1, 2`,
    );
    expect(references).toHaveLength(56);
    for (const { child, column } of references)
      expect(await found.value(`SELECT count(${column})::int FROM ${child}`), `${child}.${column}`).toBeGreaterThan(
        100,
      );
  });
});

describeWith('pagila-schema.sql', 'pagila', () => {
  it('loads on server 18, and not where there are no virtual columns', async () => {
    await loadSharedData(await testDatabase({ major: 18, after: onTestFinished }), 'pagila-schema.sql');
    const old = await testDatabase({ major: 15, after: onTestFinished });
    await expect(loadSharedData(old, 'pagila-schema.sql')).rejects.toThrow(/VIRTUAL/);
  });
});

const rowsOfDanbooru = (table: string): number =>
  ({ users: 3_000, schema_migrations: 0, ar_internal_metadata: 0 })[table] ?? 300;
