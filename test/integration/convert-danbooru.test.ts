/** Danbooru: the key that 56 foreign keys refer to, over generated rows; there, over the cutover under writes, and back. */
import { beforeAll, expect, test } from 'vitest';

import { catalogLines } from '../support/catalog-text.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { generateRows } from '../support/generated-rows.js';
import { ON_OLD } from '../support/majors.js';
import { planOn, rowsOf, told } from '../support/plan-on-database.js';
import { describeWith, loadSharedData } from '../support/shared-data.js';
import { whileWritten } from '../support/while-written.js';

/**
 * `user_actions` puts the ids of users and those of all else into one column: with uuids among them it is no view any more. The
 * application has to say what it becomes, so the plan takes it away, and the way back brings it again.
 */
const OPEN = [
  { id: 'mixed', ddl: 'DROP VIEW user_actions', allow: { breaks_readers: 'the page of actions is switched off' } },
  { id: 'keys', convert_uuid: { table: 'users', value: 'random' } },
  { id: 'proof', verify: [{ in_sync: ['keys'] }] },
];
const FLIP = [
  { id: 'flip', cutover: { windows: ['keys'] } },
  { id: 'after', verify: [{ in_sync: ['keys'] }, { column_type: { column: 'users.id', is: 'uuid' } }] },
];
const REFERENCES = `SELECT c.conrelid::regclass::text AS child, a.attname AS column FROM pg_constraint AS c
  JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
  WHERE c.contype = 'f' AND c.confrelid = 'users'::regclass AND c.convalidated ORDER BY 1, 2`;

for (const major of ON_OLD) {
  describeWith('danbooru-structure.sql', `danbooru on server ${major}`, () => {
    let found: TestDatabase;
    let catalog: readonly string[];
    let rows: Readonly<Record<string, readonly string[]>>;
    let names: unknown;
    beforeAll(async () => {
      found = await testDatabase({ major });
      await loadSharedData(found, 'danbooru-structure.sql');
      await generateRows(found, {
        rowsOf: (table) => ({ users: 3_000, schema_migrations: 0, ar_internal_metadata: 0 })[table] ?? 200,
      });
      catalog = await catalogLines(found);
      rows = await rowsOf(found);
      names = await namesBehind(found);
    });

    test('is planned; how long that takes is printed (it should be below two seconds)', async () => {
      const plan = planOn(found.database, { name: 'planned', steps: [...OPEN, ...FLIP] });
      await plan.plan();
      const began = performance.now();
      expect(told(await plan.plan())).toMatch(/^exit 0/);
      process.stderr.write(`danbooru on ${major}: plan in ${Math.round(performance.now() - began)} ms\n`);
    });

    test('over the cutover all 56 references name the same users; back, everything is what it was', async () => {
      const plan = planOn(found.database, { name: 'whole', steps: [...OPEN, ...FLIP] });
      await whileWritten(
        found.url,
        {
          clients: 2,
          pauseMs: 30,
          write: (client, turn) => ({
            sql: `UPDATE posts SET approver_id = (SELECT id FROM users WHERE name = 'name ${1 + ((turn * 17) % 900)}'), up_score = ${client} WHERE md5 = 'md5 ${7 + client}'`,
          }),
        },
        async (writes) => {
          await writes.written(10);
          expect(told(await plan.apply())).toMatch(/^exit 0/);
          await writes.written(20);
        },
      );
      expect(await found.query(REFERENCES)).toHaveLength(56);
      expect(await namesBehind(found)).toEqual(names);
      await found.query('SELECT count(*) FROM post_events');
      expect(told(await plan.rollback())).toBe('exit 0');
      expect(await catalogLines(found)).toEqual(catalog);
      const after = await rowsOf(found);
      for (const [table, before] of Object.entries(rows))
        if (table !== 'posts') expect(after[table], table).toEqual(before);
      expect(await namesBehind(found)).toEqual(names);
    });
  });
}

/** By reference: whose name stands behind it, added up, so that values may change and meaning may not. */
async function namesBehind({ query }: TestDatabase): Promise<unknown> {
  const references = await query<{ child: string; column: string }>(REFERENCES);
  const all = references
    .filter(({ child, column }) => `${child}.${column}` !== 'posts.approver_id')
    .map(
      ({ child, column }) =>
        `SELECT '${child}.${column}' AS reference, count(*), sum(hashtextextended(u.name || coalesce(c.created, ''), 0)) AS names
         FROM (SELECT ${column} AS ref, NULL::text AS created FROM ${child}) AS c JOIN users AS u ON u.id = c.ref`,
    );
  return query(all.join(' UNION ALL ') + ' ORDER BY 1');
}
