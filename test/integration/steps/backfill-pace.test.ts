import { afterEach, expect, test } from 'vitest';

import { testDatabase } from '../../support/database.js';
import { planOn, told } from '../../support/plan-on-database.js';
import { withSessions } from '../../support/with-sessions.js';
import { forgetTables } from './whole-cycle.js';

const found = await testDatabase({ major: 18 });
const { query } = found;

afterEach(() => forgetTables(found));

// Eight ranges, each of fewer rows than a batch may take: each batch is over at once because its range is.
test('ranges of few rows do not make the batches grow', async () => {
  await query(`CREATE TABLE t (id int PRIMARY KEY, filler char(7000) NOT NULL, v int);
    ALTER TABLE t ALTER filler SET STORAGE PLAIN;
    INSERT INTO t SELECT n, 'x', NULL FROM generate_series(1, 1000) AS n`);
  const sizes: number[] = [];
  const database = withSessions(found.database, (session) => ({
    query: (sql, parameters) => {
      const passedOver = /OFFSET (\d+) LIMIT 1/.exec(sql)?.[1];
      if (passedOver !== undefined) sizes.push(Number(passedOver) + 1);
      return session.query(sql, parameters);
    },
  }));
  const batch = { rows: 200, max_rows: 50_000 };
  const backfill = { table: 't', set: { v: '1' }, batch, workers: 1 };
  expect(told(await planOn(database, { name: 'few', steps: [{ id: 'fill', backfill }] }).apply())).toBe('exit 0');
  expect(await query('SELECT count(*) FROM t WHERE v = 1')).toEqual([{ count: '1000' }]);
  expect(sizes.length).toBeGreaterThanOrEqual(8);
  expect(Math.max(...sizes)).toBe(200);
});
