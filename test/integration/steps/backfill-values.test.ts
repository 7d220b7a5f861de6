/** Every type of column in one plan: filled in place, copied, in_sync, and taken back to the bit. */
import { expect, test } from 'vitest';

import { testDatabase } from '../../support/database.js';
import { COLUMN_SHAPES } from './column-values.js';
import { wholeCycle } from './whole-cycle.js';

for (const major of [18, 15]) {
  const found = await testDatabase({ major });
  const { query } = found;

  test(`a backfill fills, copies and takes back columns of every type on server ${major}`, async () => {
    const shapes = COLUMN_SHAPES.map((shape, number) => ({ ...shape, number }));
    for (const { type, before, values, others, number } of shapes) {
      expect(others, type).toHaveLength(values.length);
      if (before !== undefined) await query(before);
      await query(`CREATE TABLE origin_${number} (id bigint PRIMARY KEY, v ${type}, other ${type})`);
      await query(`CREATE TABLE copy_${number} (id bigint PRIMARY KEY, v ${type}, other ${type})`);
      for (const [index, value] of values.entries()) {
        await query(`INSERT INTO origin_${number} VALUES ($1, $2, $3)`, [index, value, others[index]]);
      }
    }
    await wholeCycle(
      found,
      {
        name: 'values',
        defaults: { batch: { rows: 3, target: 'off' }, workers: 1 },
        mappings: Object.fromEntries(
          shapes.map(({ number }) => [
            `m${number}`,
            { from: `origin_${number}`, to: `copy_${number}`, columns: 'same' },
          ]),
        ),
        steps: [
          ...shapes.flatMap(({ number }) => [
            { id: `in-place-${number}`, backfill: { table: `origin_${number}`, set: { v: 'other' } } },
            {
              id: `copy-${number}`,
              backfill: { mappings: [`m${number}`], on_conflict: number % 2 === 0 ? 'skip' : 'fail' },
            },
          ]),
          { id: 'proof', verify: [{ in_sync: shapes.map(({ number }) => `m${number}`) }] },
        ],
      },
      ...shapes.map(({ number, values }) => ({
        wanted: `SELECT id, other, other FROM origin_${number}`,
        found: `SELECT * FROM copy_${number}`,
        rows: values.length,
      })),
    );
  });
}
