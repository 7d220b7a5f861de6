/** What `status` says of batches that are under way, held against the rows themselves; and the errors of rows that stand aside. */
import { describe, expect, test } from 'vitest';

import { statusCommand } from '../../../src/commands/status.js';
import { testDatabase } from '../../support/database.js';
import { ON_OLD } from '../../support/majors.js';
import { planOn } from '../../support/plan-on-database.js';
import { stopAfterBatches } from '../steps/stop-after-batches.js';

for (const major of ON_OLD) {
  const { database, query, value } = await testDatabase({ major });
  const copy = planOn(database, {
    name: 'copy',
    defaults: { workers: 1 },
    mappings: { numbers: { from: 'word', to: 'number', columns: { id: 'id', n: 'CAST(text AS int)' } } },
    steps: [
      {
        id: 'fill',
        backfill: {
          mappings: ['numbers'],
          on_conflict: 'fail',
          batch: { rows: 100, target: 'off' },
          on_error: { quarantine: 5 },
        },
      },
    ],
  });
  const checkpoint = async () => (await statusCommand({ database, run: 'copy' })).report!.checkpoints[0]!;

  describe(`checkpoints on server ${major}`, () => {
    test('say phase, table, last key, how far, of how many, and the state', async () => {
      await query(`CREATE TABLE word (id int PRIMARY KEY, text text NOT NULL);
        INSERT INTO word SELECT g, CASE g WHEN 650 THEN 'no number' ELSE g::text END FROM generate_series(1, 1000) AS g;
        CREATE TABLE number (id int PRIMARY KEY, n int NOT NULL); ANALYZE word`);
      expect((await copy.apply(stopAfterBatches(3))).exit).toBe(6);

      const stopped = await checkpoint();
      const written = Number(await value('SELECT count(*) FROM number'));
      expect(written).toBeGreaterThan(0);
      expect(stopped).toEqual({
        phase: 'fill',
        operation: 'fill/fill/numbers',
        table: 'public.word',
        lastProcessedId: await value('SELECT max(id)::text FROM number'),
        processedCount: written,
        totalCount: 1000,
        status: 'in_progress',
        errors: [],
      });
    });

    test('and each row that was refused, with table, id, error, time', async () => {
      expect((await copy.apply()).exit).toBe(0);
      const done = await checkpoint();
      expect(done).toMatchObject({ processedCount: 1000, totalCount: 1000, status: 'completed' });
      expect(done.errors).toEqual([
        {
          table: 'public.word',
          id: '650',
          error: expect.stringContaining('invalid input syntax for type integer') as string,
          timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
        },
      ]);
      const { report } = await copy.verify();
      expect(report!.tables).toEqual({
        'public.word': { total: 1000, migrated: 999, failed: 1, duration: expect.any(Number) as number },
      });
    });
  });
}
