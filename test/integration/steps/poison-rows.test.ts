/** Rows that the server refuses: found, shown, set aside. Every other row is written once, and nothing is lost. */
import { afterEach, describe, expect, it } from 'vitest';

import { postgresJournal } from '../../../src/postgres/journal/journal.js';
import { testDatabase, type TestDatabase } from '../../support/database.js';
import { ON_NEW } from '../../support/majors.js';
import { planOn, told, type PlanOnDatabase } from '../../support/plan-on-database.js';
import { forgetShape } from './whole-cycle.js';

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
  more: Readonly<Record<string, unknown>> = {},
): PlanOnDatabase {
  return planOn(test.database, {
    name: 'copy',
    defaults: { workers },
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
          ...more,
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

for (const major of ON_NEW) {
  const test = await testDatabase({ major });
  const { database, query, value } = test;

  describe(`rows that are refused, on server ${major}`, () => {
    afterEach(() => forgetShape(test));

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

    it('are found by composite keys, whatever their text and collation', async () => {
      await query(`CREATE TABLE word (place text COLLATE "C", at timestamptz, text text NOT NULL, PRIMARY KEY (place, at));
        INSERT INTO word SELECT 'it''s "' || g % 7, timestamptz '2026-01-01' + g * interval '1 microsecond', CASE WHEN g IN (5, 50) THEN 'bad' ELSE g::text END FROM generate_series(1, 99) AS g;
        CREATE TABLE number (place text, at timestamptz, n int NOT NULL, PRIMARY KEY (place, at))`);
      const plan = planOn(database, {
        name: 'copy',
        mappings: {
          numbers: { from: 'word', to: 'number', columns: { place: 'place', at: 'at', n: 'CAST(text AS int)' } },
        },
        steps: [
          {
            id: 'fill',
            backfill: { mappings: ['numbers'], batch: { rows: 10, target: 'off' }, on_error: { quarantine: 2 } },
          },
        ],
      });
      expect(told(await plan.apply())).toBe('exit 0');
      expect(
        await query(
          `SELECT key[1] AS place, key[2]::timestamptz - timestamptz '2026-01-01' = 5 * interval '1 microsecond' AS fifth FROM lockstep.quarantined ORDER BY 2 DESC`,
        ),
      ).toEqual([
        { place: `it's "5`, fifth: true },
        { place: `it's "1`, fifth: false },
      ]);
      expect(await value('SELECT count(*)::int FROM word JOIN number USING (place, at) WHERE text = n::text')).toBe(97);
      await query(`UPDATE word SET text = '5' WHERE text = 'bad'`);
      expect((await plan.replay()).report).toMatchObject({ written: 2 });
      expect(await value('SELECT count(*)::int FROM number')).toBe(99);
    });

    const REFUSED = [
      ['a CHECK of the target', '23514', 'ALTER TABLE number ADD CHECK (n <> 37)'],
      [
        'a foreign key',
        '23503',
        'CREATE TABLE known (n int PRIMARY KEY); INSERT INTO known SELECT g FROM generate_series(1, 100) AS g WHERE g <> 37; ALTER TABLE number ADD FOREIGN KEY (n) REFERENCES known',
      ],
      [
        'a deferred foreign key, which speaks at COMMIT',
        '23503',
        'CREATE TABLE known (n int PRIMARY KEY); INSERT INTO known SELECT g FROM generate_series(1, 100) AS g WHERE g <> 37; ALTER TABLE number ADD FOREIGN KEY (n) REFERENCES known DEFERRABLE INITIALLY DEFERRED',
      ],
      [
        'a trigger that raises',
        'P0001',
        `CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF NEW.n = 37 THEN RAISE EXCEPTION ''not this one''; END IF; RETURN NEW; END';
        CREATE TRIGGER no BEFORE INSERT ON number FOR EACH ROW EXECUTE FUNCTION no()`,
      ],
      [
        'a value out of range',
        '22003',
        'ALTER TABLE number ALTER n TYPE smallint; UPDATE word SET text = 40000 WHERE id = 37',
      ],
    ] as const;
    it.each(REFUSED)('by %s', async (_, sqlstate, rule) => {
      await words(test, 100, []);
      await query(rule);
      const applied = await copyOf(test, { quarantine: 1, workers: 2 }, { user_triggers: 'fire' }).apply();
      expect(told(applied)).toBe('exit 0');
      expect(applied.report!.run.quarantined).toMatchObject([{ key: ['37'], sqlstate, row: { id: 37 } }]);
      expect(await ids(test, 'SELECT id FROM number')).toEqual(allBut(100, [37]));
    });

    it('are told from rows that are there: these are met and skipped, by a batch and by a replay', async () => {
      await words(test, 100, [36, 60]);
      await query(`INSERT INTO number VALUES (35, 35), (37, 0), (61, 61)`);
      const plan = copyOf(test, { quarantine: 2 });
      const applied = await plan.apply();
      expect(told(applied)).toBe('exit 0');
      const { counts, overlaps } = applied.report!.run.operations.find(({ id }) => id.startsWith('fill/fill'))!.walk!;
      expect(counts).toMatchObject({ read: 100, changed: 95, skipped: 3, quarantined: 2 });
      expect(overlaps).toEqual([]);
      expect(await ids(test, ASIDE)).toEqual([36, 60]);
      await query(`UPDATE word SET text = id::text; INSERT INTO number VALUES (60, 60)`);
      expect((await plan.replay()).report).toMatchObject({ written: 2, standing: [] });
      expect(told(await plan.rollback())).toBe('exit 0');
      expect(await ids(test, 'SELECT id FROM number')).toEqual([35, 37, 60, 61]);
    });

    it('is no row, where the statement fails without any: nobody is blamed, nothing is set aside', async () => {
      await words(test, 100, []);
      await query(`CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no statement today''; END';
        CREATE TRIGGER no BEFORE INSERT ON number FOR EACH STATEMENT EXECUTE FUNCTION no()`);
      const applied = await copyOf(test, { quarantine: 10 }, { user_triggers: 'fire' }).apply();
      expect(applied.exit).toBe(1);
      expect(applied.diagnostics).toMatchObject([{ code: 'LS9002' }]);
      expect(applied.diagnostics[0]!.detail).toContain('no statement today');
      expect(await value('SELECT count(*)::int FROM lockstep.quarantined')).toBe(0);
    });

    it('on the way back stop it with the row shown, and it goes on once they may go', async () => {
      await words(test, 50, []);
      const plan = copyOf(test, { quarantine: 1 });
      expect(told(await plan.apply())).toBe('exit 0');
      await query(`CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF OLD.id = 37 THEN RAISE EXCEPTION ''stays''; END IF; RETURN OLD; END';
        CREATE TRIGGER no BEFORE DELETE ON number FOR EACH ROW EXECUTE FUNCTION no()`);
      const back = await plan.rollback({ acceptDrift: true });
      expect(back.diagnostics).toMatchObject([{ code: 'LS9030' }]);
      expect(back.diagnostics[0]!.detail).toContain('{"id":37,"n":37}');
      expect(await ids(test, 'SELECT id FROM number')).toEqual(allBut(50, allBut(36, [])));
      await query('DROP TRIGGER no ON number; DROP FUNCTION no');
      expect(told(await plan.rollback())).toBe('exit 0');
      expect(await ids(test, 'SELECT id FROM number')).toEqual([]);
    });

    it('are shown whole as far as that is sane, and also where they cannot be read', async () => {
      await words(test, 9, [5]);
      await query(
        `ALTER TABLE word ADD long text; UPDATE word SET long = repeat('é', 100000), text = '12345678901234567890' WHERE id = 5`,
      );
      if (major >= 18) await query('ALTER TABLE word ADD ratio int GENERATED ALWAYS AS (1 / (id - 5)) VIRTUAL');
      const applied = await copyOf(test, { quarantine: 1 }).apply();
      expect(told(applied)).toBe('exit 0');
      const [aside] = applied.report!.run.quarantined;
      if (major >= 18) expect(aside).toMatchObject({ key: ['5'], row: null });
      else expect(aside).toMatchObject({ row: { id: 5, text: '12345678901234567890', long: `${'é'.repeat(500)}…` } });
    });

    it('do not take a neighbour with them that was inserted in between', async () => {
      await words(test, 20, [10]);
      await query('DELETE FROM word WHERE id IN (8, 9)');
      let inserted = false;
      const journal: typeof postgresJournal = {
        ...postgresJournal,
        // When the row was found, and before it is set aside.
        lockedState: async (session, run, id) => {
          if (!inserted) await query(`INSERT INTO word VALUES (9, '9')`);
          inserted = true;
          return postgresJournal.lockedState(session, run, id);
        },
      };
      expect(told(await copyOf(test, { quarantine: 1, workers: 1 }).apply({ journal }))).toBe('exit 0');
      expect(inserted).toBe(true);
      expect(await ids(test, 'SELECT id FROM number')).toEqual(allBut(20, [8, 10]));
      expect(await ids(test, ASIDE)).toEqual([10]);
    });

    /** Two count at the same moment, before the only place is taken. */
    const unlocked = (): typeof postgresJournal => {
      let [counting, meet] = [0, (): void => undefined];
      const met = new Promise<void>((resolve) => (meet = resolve));
      return {
        ...postgresJournal,
        lockedState: () => Promise.resolve('running'),
        standingAside: async (session, run, id) => {
          const aside = await postgresJournal.standingAside(session, run, id);
          if (aside === 0 && ++counting === 2) meet();
          if (aside === 0) await met;
          return aside;
        },
      };
    };
    it.each([
      ['the budget is exact', 10, () => postgresJournal, (aside: number) => aside === 10],
      ['a budget of one is exact', 1, () => postgresJournal, (aside: number) => aside === 1],
      [
        'caught: counted without the lock of the operation, more stand aside',
        1,
        unlocked,
        (aside: number) => aside > 1,
      ],
    ] as const)('of several ranges, with four workers: %s', async (_, quarantine, journal, right) => {
      await words(test, 50_000, []);
      await query(
        `ALTER TABLE word ADD pad text; UPDATE word SET pad = repeat('x', 60), text = CASE WHEN id % 500 = 250 THEN 'bad' ELSE text END`,
      );
      const applied = await copyOf(test, { quarantine, rows: 250, workers: 4 }).apply({ journal: journal() });
      expect(applied.exit).toBe(1);
      expect(applied.diagnostics[0]!.code).toBe('LS9030');
      expect(await value('SELECT count(*)::int FROM lockstep.range')).toBeGreaterThan(3);
      const aside = await ids(test, ASIDE);
      expect(right(aside.length), String(aside.length)).toBe(true);
      expect(await value('SELECT sum(rows_quarantined)::int FROM lockstep.range')).toBe(aside.length);
      // What the journal says is done is there, and nothing else.
      expect(
        await value(`SELECT count(*)::int FROM lockstep.range AS r JOIN word AS w ON w.id > coalesce(r.lower[1]::int, 0) AND w.id <= r.cursor[1]::int
          FULL JOIN number AS n ON n.id = w.id FULL JOIN lockstep.quarantined AS q ON q.key[1]::int = w.id WHERE (n.id IS NULL) = (q.id IS NULL)`),
      ).toBe(0);
    });
  });
}
