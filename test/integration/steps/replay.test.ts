/** Rows that stand aside, written later: exactly once, as the run's own, and never behind its way back. */
import { afterEach, describe, expect, it } from 'vitest';

import { replayRows } from '../../../src/commands/replay.js';
import type { Replayed } from '../../../src/executor/replay-row.js';
import type { Database, QueryResult, Session } from '../../../src/executor/session.js';
import { quarantinedRows } from '../../../src/postgres/journal/quarantine.js';
import { findRun } from '../../../src/postgres/journal/runs.js';
import { testDatabase, type TestDatabase } from '../../support/database.js';
import { ON_NEW } from '../../support/majors.js';
import { planOn, rowsOf, told, type PlanOnDatabase } from '../../support/plan-on-database.js';
import { forgetShape } from './whole-cycle.js';
import { withSessions } from '../../support/with-sessions.js';

const BATCH = { batch: { rows: 16, target: 'off' }, on_error: { quarantine: 10 } };

const SHAPES = {
  'a copy that skips': {
    tables: `CREATE TABLE word (id int PRIMARY KEY, text text NOT NULL); CREATE TABLE number (id int PRIMARY KEY, n int NOT NULL);
      INSERT INTO word SELECT g, CASE WHEN g IN (7, 8, 60) THEN 'bad' ELSE g::text END FROM generate_series(1, 60) AS g; INSERT INTO number VALUES (3, 3), (99, 99)`,
    step: { mappings: ['numbers'], on_conflict: 'skip', ...BATCH },
  },
  'a copy that fails where a row is there': {
    tables: `CREATE TABLE word (id int PRIMARY KEY, text text NOT NULL); CREATE TABLE number (id int PRIMARY KEY, n int NOT NULL);
      INSERT INTO word SELECT g, CASE WHEN g IN (7, 8, 60) THEN 'bad' ELSE g::text END FROM generate_series(1, 60) AS g; INSERT INTO number VALUES (99, 99)`,
    step: { mappings: ['numbers'], on_conflict: 'fail', ...BATCH },
  },
  'a fill in place': {
    tables: `CREATE TABLE word (id int PRIMARY KEY, text text NOT NULL, n int NOT NULL DEFAULT 1);
      INSERT INTO word SELECT g, CASE WHEN g IN (7, 8, 60) THEN 'bad' ELSE g::text END FROM generate_series(1, 60) AS g`,
    step: { table: 'word', set: { n: 'n + CAST(text AS int)' }, ...BATCH },
  },
} as const;

function planOf({ database }: TestDatabase, shape: keyof typeof SHAPES): PlanOnDatabase {
  const { step } = SHAPES[shape];
  const mappings = { numbers: { from: 'word', to: 'number', columns: { id: 'id', n: 'CAST(text AS int)' } } };
  return planOn(database, {
    name: 'copy',
    ...('mappings' in step && { mappings }),
    steps: [{ id: 'fill', backfill: step }],
  });
}

/** Rows whose text is a number that was not written once; must be none. */
const WRONG = {
  copy: `SELECT w.id FROM word AS w LEFT JOIN number AS n USING (id) WHERE w.text <> 'bad' AND n.n IS DISTINCT FROM CAST(w.text AS int)`,
  fill: `SELECT id FROM word WHERE text <> 'bad' AND n <> 1 + CAST(text AS int)`,
};

/** The same database, where `before` is called and waited for before each statement. */
function intercepted(database: Database, before: (sql: string) => Promise<string>): Database {
  const wrapped = (session: Session): Session => ({
    async query<Row>(sql: string, parameters?: readonly unknown[]): Promise<QueryResult<Row>> {
      return session.query<Row>(await before(sql), parameters);
    },
  });
  return withSessions(database, wrapped);
}

/** A statement is held back until it is let go. */
function heldBack(database: Database, which: RegExp, rewrite = (sql: string): string => sql) {
  let reach: () => void = () => undefined;
  let go: () => void = () => undefined;
  const reached = new Promise<void>((resolve) => (reach = resolve));
  const gone = new Promise<void>((resolve) => (go = resolve));
  const held = intercepted(database, async (sql) => {
    if (which.test(sql)) {
      reach();
      await gone;
    }
    return rewrite(sql);
  });
  return { held, reached, go };
}

/** Without the advisory lock, which does not hold behind a pooler. */
async function replayAll(database: Database, found: TestDatabase): Promise<readonly Replayed[]> {
  const run = (await found.database.withSession((session) => findRun(session, 'copy')))!;
  const rows = await found.database.withSession((session) => quarantinedRows(session, run.id));
  return replayRows(run, rows, { database, observe: () => undefined, stop: new AbortController().signal });
}

for (const major of ON_NEW) {
  const test = await testDatabase({ major });
  const { database, query, value } = test;
  const REPAIR = `UPDATE word SET text = id::text WHERE text = 'bad'`;

  describe(`replays, on server ${major}`, () => {
    afterEach(() => forgetShape(test));

    it.each(Object.keys(SHAPES) as (keyof typeof SHAPES)[])(
      '%s: what is repaired is written, and taken back with the rest',
      async (shape) => {
        await query(SHAPES[shape].tables);
        const wrong = shape === 'a fill in place' ? WRONG.fill : WRONG.copy;
        const plan = planOf(test, shape);
        const applied = await plan.apply();
        expect(told(applied)).toBe('exit 0');
        expect(applied.report!.run.quarantined.map(({ key }) => key)).toEqual([['7'], ['8'], ['60']]);
        expect(applied.next[0]).toBe('lockstep replay copy@1');

        const first = await plan.replay();
        expect(first.exit).toBe(1);
        expect(first.diagnostics).toMatchObject([{ code: 'LS9031' }]);
        expect(first.report).toMatchObject({ written: 0, gone: 0 });

        await query(
          `UPDATE word SET text = '7' WHERE id = 7; UPDATE word SET text = 'worse' WHERE id = 8; DELETE FROM word WHERE id = 60`,
        );
        const second = await plan.replay();
        expect(second.exit).toBe(1);
        expect(second.report).toMatchObject({ written: 1, gone: 1, standing: [{ key: ['8'] }] });
        expect(second.report!.standing[0]!.error).toContain('worse');
        expect(second.report!.standing[0]!.row).toMatchObject({ id: 8, text: 'worse' });

        await query(`UPDATE word SET text = '8' WHERE id = 8`);
        const third = await plan.replay();
        expect(told(third)).toBe('exit 0');
        expect(third.report).toEqual({ run: 'copy@1', written: 1, gone: 0, standing: [] });
        expect(await query(wrong)).toEqual([]);
        expect((await plan.replay()).report).toMatchObject({ written: 0, gone: 0 });
        expect(await query(wrong)).toEqual([]);
        const counts = await query(
          'SELECT sum(rows_read)::int AS read, sum(rows_changed)::int AS changed, sum(rows_skipped)::int AS skipped, sum(rows_quarantined)::int AS aside FROM lockstep.range',
        );
        const skipped = shape === 'a copy that skips' ? 1 : 0;
        expect(counts).toEqual([{ read: 60, changed: 59 - skipped, skipped, aside: 0 }]);

        expect(told(await plan.rollback())).toBe('exit 0');
        const left =
          shape === 'a fill in place' ? 'SELECT id FROM word WHERE n <> 1' : 'SELECT id FROM number ORDER BY 1';
        const before = { 'a fill in place': [], 'a copy that skips': [{ id: 3 }, { id: 99 }] } as Record<
          string,
          unknown
        >;
        expect(await query(left)).toEqual(before[shape] ?? [{ id: 99 }]);
        const late = await plan.replay();
        expect(late.exit).toBe(5);
        expect(late.diagnostics).toMatchObject([{ code: 'LS9032' }]);
      },
    );

    it('a run whose budget is used up goes on when its rows are replayed', async () => {
      await query(SHAPES['a copy that fails where a row is there'].tables);
      await query(`UPDATE word SET text = 'bad' WHERE id BETWEEN 20 AND 40`);
      const plan = planOf(test, 'a copy that fails where a row is there');
      const spent = await plan.apply();
      expect(spent.exit).toBe(1);
      expect(spent.diagnostics).toMatchObject([{ code: 'LS9030' }]);
      expect(spent.diagnostics[0]!.detail).toContain('10 rows stand aside already');
      await query(REPAIR);
      expect((await plan.replay()).report).toMatchObject({ written: 10 });
      expect(told(await plan.apply())).toBe('exit 0');
      expect(await query(WRONG.copy)).toEqual([]);
    });

    const UNLOCKED = (sql: string): string =>
      /"lockstep"."run"/.test(sql) ? sql.replace(/ for no key update$/, '') : sql;
    it.each([
      ['a way back that begins meanwhile waits, and takes the row back', undefined, 0],
      ['caught: without the lock on the run, a row stays behind', UNLOCKED, 1],
    ])('%s', async (_, rewrite, stays) => {
      await query(SHAPES['a copy that fails where a row is there'].tables);
      const before = await rowsOf(test);
      const plan = planOf(test, 'a copy that fails where a row is there');
      await plan.apply();
      await query(`UPDATE word SET text = '7' WHERE id = 7`);
      const { held, reached, go } = heldBack(database, /^COMMIT$/, rewrite);
      const replaying = replayAll(held, test);
      await reached;
      const back = plan.rollback();
      // It waits for the replay, or it has ended without it.
      while (
        (await value(
          `SELECT count(*)::int FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
        )) === 0
      ) {
        if ((await value('SELECT status FROM lockstep.run')) === 'rolled back') break;
      }
      go();
      const [replayed, taken] = await Promise.all([replaying, back]);
      expect(replayed[0]).toBe('written');
      expect(taken.report?.outcome).toBe('done');
      expect(await value('SELECT count(*)::int FROM number WHERE id <> 99')).toBe(stays);
      if (stays === 0) expect((await rowsOf(test))['number']).toEqual(before['number']);
    });

    const UNASKED = (sql: string): string => sql.replace('"rollback_graph" is not null', 'false');
    it.each([
      ['a replay that comes after the way back has begun writes nothing', (sql: string) => sql, ['taken back'], 0],
      ['caught: unless it asks under the lock', UNASKED, ['refused', 'refused', 'written'], 1],
    ])('%s', async (_, rewrite, expected, stays) => {
      await query(SHAPES['a copy that fails where a row is there'].tables);
      const plan = planOf(test, 'a copy that fails where a row is there');
      await plan.apply();
      await query(`UPDATE word SET text = '60' WHERE id = 60; DELETE FROM number WHERE id = 99`);
      const { held, reached, go } = heldBack(database, /DELETE FROM public.number/);
      const back = planOn(held, 'name: copy').rollback();
      await reached;
      const replayed = await replayAll(
        intercepted(database, (sql) => Promise.resolve(rewrite(sql))),
        test,
      );
      go();
      expect((await back).report?.outcome).toBe('done');
      expect(replayed).toEqual(expected);
      expect(await value('SELECT count(*)::int FROM number')).toBe(stays);
    });
  });
}
