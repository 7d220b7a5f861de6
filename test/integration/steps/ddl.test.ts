/** `ddl`: every form there and back on both servers; the fingerprint says that nothing is left. */
import { describe, expect, it } from 'vitest';

import { SAMPLE_SCHEMA, SAMPLES } from '../../../src/steps/ddl/samples.js';
import { testDatabase } from '../../support/database.js';
import { planOn, rowsOf, told } from '../../support/plan-on-database.js';
import { forgetShape } from './whole-cycle.js';

const ROWS = `
INSERT INTO users SELECT n, 'u' || n || '@example.org', 'User ' || n, 'free', n FROM generate_series(1, 50) AS n;
INSERT INTO orders SELECT n, n, 'N' || n, n FROM generate_series(1, 50) AS n;
INSERT INTO items SELECT n, n, NULL FROM generate_series(1, 50) AS n;
INSERT INTO events SELECT timestamptz '2026-02-01' + n * interval '1 hour', n, 'login' FROM generate_series(1, 50) AS n;
`;

for (const major of [18, 15] as const) {
  const test = await testDatabase({ major });
  const samples = SAMPLES.filter(({ since = 0 }) => since <= major);

  describe(`on server ${major}`, () => {
    it.each(samples.map((sample) => [sample.sql, sample] as const))('%s', async (_, sample) => {
      await forgetShape(test);
      await test.query(`${SAMPLE_SCHEMA}; ${ROWS}; ${sample.before ?? ''}`);
      const before = await rowsOf(test);
      const plan = planOn(test.database, {
        name: 'sample',
        steps: [
          {
            id: 'change',
            ddl: sample.sql,
            ...(sample.allow !== undefined && { allow: sample.allow }),
            ...(sample.final === true && { rollback: { none: 'a sample' } }),
          },
        ],
      });
      expect(told(await plan.plan())).toBe('exit 0');
      expect(await rowsOf(test)).toEqual(before);
      const applied = await plan.apply();
      expect(told(applied)).toBe('exit 0');
      expect(applied.report?.outcome).toBe('done');
      const back = await plan.rollback();
      if (sample.final === true) {
        expect(told(back)).toContain('LS9010');
        return;
      }
      expect(told(back)).toBe('exit 0');
      expect(back.report?.drift).toEqual([]);
      expect(await rowsOf(test)).toEqual(before);
      expect(told(await plan.apply())).toBe('exit 0');
    });
  });
}
