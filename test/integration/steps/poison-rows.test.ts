/** Rows that the server refuses: found, shown, set aside. Every other row is written once, and nothing is lost. */
import { afterEach, describe, expect, it } from 'vitest';

import { postgresJournal } from '../../../src/postgres/journal/journal.js';
import { testDatabase, type TestDatabase } from '../../support/database.js';
import { planOn, rowsOf, told, type PlanOnDatabase } from '../../support/plan-on-database.js';
import { forgetTables } from './whole-cycle.js';

interface CopyOptions {
  readonly quarantine?: number;
  readonly rows?: number;
  readonly workers?: number;
  readonly on_conflict?: 'skip' | 'fail';
}

/** Words into integers. */
function copyOf(
  test: TestDatabase,
  { quarantine, rows = 16, workers = 2, on_conflict = 'skip' }: CopyOptions = {},
): PlanOnDatabase {
  return planOn(test.database, {
    name: 'copy',
    mappings: { numbers: { from: 'word', to: 'number', columns: { id: 'id', n: 'CAST(text AS int)' } } },
    steps: [
      {
        id: 'fill',
        backfill: {
          mappings: ['numbers'],
          on_conflict,
          workers,
          batch: { rows, target: 'off' },
          ...(quarantine !== undefined && { on_error: { quarantine } }),
        },
      },
    ],
  });
}

/** Words 1 to `last`, of which some are no numbers. */
async function words({ query }: TestDatabase, last: number, bad: readonly number[]): Promise<void> {
  await query(`CREATE TABLE word (id int PRIMARY KEY, text text NOT NULL);
    INSERT INTO word SELECT g, CASE WHEN g = ANY ('{${bad.join(',')}}') THEN 'no number ' || g ELSE g::text END FROM generate_series(1, ${last}) AS g;
    CREATE TABLE number (id int PRIMARY KEY, n int NOT NULL)`);
}

const ids = async ({ query }: TestDatabase, sql: string): Promise<readonly number[]> =>
  (await query<{ id: number }>(`${sql} ORDER BY 1`)).map(({ id }) => id);

const allBut = (last: number, bad: readonly number[]): readonly number[] =>
  Array.from({ length: last }, (_, index) => index + 1).filter((id) => !bad.includes(id));

const ASIDE = 'SELECT key[1]::int AS id FROM lockstep.quarantined';

for (const major of [18, 15]) {
  const test = await testDatabase({ major });
  const { database, query } = test;

  describe(`rows that are refused, on server ${major}`, () => {
    afterEach(() => forgetTables(test));

    it.each([
      ['first', [1]],
      ['in the middle', [37]],
      ['last', [100]],
      ['several', [3, 40, 77]],
      ['adjacent', [31, 32, 33, 34]],
      ['a whole batch', Array.from({ length: 16 }, (_, index) => 17 + index)],
      ['all', Array.from({ length: 100 }, (_, index) => 1 + index)],
    ])('are set aside: %s', async (_, bad) => {
      await words(test, 100, bad);
      const applied = await copyOf(test, { quarantine: 100 }).apply();
      expect(told(applied)).toBe('exit 0');
      expect(await ids(test, 'SELECT id FROM number')).toEqual(allBut(100, bad));
      expect(await ids(test, ASIDE)).toEqual(bad);
      const { counts } = applied.report!.run.operations.find(({ id }) => id.startsWith('fill/'))!.walk!;
      expect(counts).toMatchObject({ read: 100, changed: 100 - bad.length, quarantined: bad.length });
    });

    it('stop the run with the row shown, what is before it is kept, and it goes on once the row is repaired', async () => {
      await words(test, 100, [37]);
      const plan = copyOf(test, { workers: 1 });
      const applied = await plan.apply();
      expect(applied.exit).toBe(1);
      expect(applied.diagnostics).toMatchObject([{ code: 'LS9030' }]);
      expect(applied.diagnostics[0]!.detail).toContain('"no number 37"');
      expect(applied.diagnostics[0]!.detail).toContain('SQLSTATE 22P02');
      expect(applied.diagnostics[0]!.detail).toContain('the row of public.word with id = 37');
      expect(applied.diagnostics[0]!.detail).toContain('{"id":37,"text":"no number 37"}');
      expect(applied.report!.run.run.status).toBe('failed');
      expect(await ids(test, 'SELECT id FROM number')).toEqual(allBut(36, []));
      await query(`UPDATE word SET text = '37' WHERE id = 37`);
      expect(told(await plan.apply())).toBe('exit 0');
      expect(await ids(test, 'SELECT id FROM number')).toEqual(allBut(100, []));
    });

    it('cost the logarithm of the batch in transactions, and the usual pace comes back', async () => {
      await words(test, 4096, [1000]);
      let claims = 0;
      const journal: typeof postgresJournal = {
        ...postgresJournal,
        claimRange: (...given) => {
          claims += 1;
          return postgresJournal.claimRange(...given);
        },
      };
      expect(told(await copyOf(test, { quarantine: 1, rows: 1024, workers: 1 }).apply({ journal }))).toBe('exit 0');
      // Four batches, one of them done again in halves; the one that sets aside; two that find nothing more.
      expect(claims).toBeLessThanOrEqual(4 + 2 * Math.log2(1024) + 1 + 2);
      const sizes = await query<{ rows: number }>('SELECT rows FROM lockstep.batch ORDER BY number');
      expect(
        sizes
          .slice(-4)
          .map(({ rows }) => rows)
          .filter((rows) => rows > 0),
      ).toEqual([1024, 1024, 1024]);
    });
  });
}
