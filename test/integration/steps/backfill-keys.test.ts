/** Every type of key in one plan, so that one cycle proves all of them; a key that is lost is named by its table. */
import { test } from 'vitest';

import { testDatabase } from '../../support/database.js';
import { ON_OLD } from '../../support/majors.js';
import { KEY_SHAPES } from './key-values.js';
import { wholeCycle } from './whole-cycle.js';

for (const major of ON_OLD) {
  const found = await testDatabase({ major });
  const { query, value } = found;

  test(`a backfill fills, copies and takes back by keys of every type on server ${major}`, async () => {
    const shapes = [];
    for (const shape of KEY_SHAPES) {
      const { collation } = shape;
      const there =
        collation === undefined || (await value('SELECT 1 FROM pg_collation WHERE collname = $1', [collation])) === 1;
      if (there) shapes.push({ ...shape, number: shapes.length });
      else process.stderr.write(`no keys under collation ${collation}: server ${major} does not have it\n`);
    }
    for (const { type, before, keys, number } of shapes) {
      if (before !== undefined) await query(before);
      await query(`CREATE TABLE origin_${number} (id ${type} PRIMARY KEY, note text)`);
      await query(`CREATE TABLE copy_${number} (id ${type} PRIMARY KEY, note text)`);
      await query(`COMMENT ON TABLE origin_${number} IS '${type.replaceAll("'", "''")}'`);
      for (const [index, key] of keys.entries()) {
        await query(`INSERT INTO origin_${number} VALUES ($1, nullif($2, 'note 0'))`, [key, `note ${index}`]);
      }
    }
    const note = `nullif(coalesce(note, 'was null') || '!', 'note 1!')`;
    await wholeCycle(
      found,
      {
        name: 'keys',
        mappings: Object.fromEntries(
          shapes.map(({ number }) => [
            `m${number}`,
            { from: `origin_${number}`, to: `copy_${number}`, columns: 'same' },
          ]),
        ),
        steps: [
          ...shapes.flatMap(({ number, keys }) => {
            const batch = { rows: Math.ceil(keys.length / 3), target: 'off' };
            const on_conflict = number % 2 === 0 ? 'skip' : 'fail';
            return [
              // The before-images are found again by their keys.
              { id: `in-place-${number}`, backfill: { table: `origin_${number}`, set: { note }, batch } },
              { id: `copy-${number}`, backfill: { mappings: [`m${number}`], on_conflict, batch } },
            ];
          }),
          { id: 'proof', verify: [{ in_sync: shapes.map(({ number }) => `m${number}`) }] },
        ],
      },
      ...shapes.map(({ number, keys }) => ({
        wanted: `SELECT id, CASE WHEN note IS NULL THEN 'was null!' WHEN note <> 'note 1' THEN note || '!' END FROM origin_${number}`,
        found: `SELECT * FROM copy_${number}`,
        rows: keys.length,
      })),
    );
  });
}
