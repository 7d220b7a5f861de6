/** Wrong designs of windows that need more than one write of the enumeration: the wrong one first, then ours. */
import { expect, it, onTestFinished } from 'vitest';

import type { RunEvent } from '../../../src/executor/run-event.js';
import { testDatabase, type TestDatabase } from '../../support/database.js';
import { rightGraph, type ChangeGraph } from '../seeds/wrong-graphs.js';
import {
  backfillOverwrites,
  bareConflictClause,
  mirrorUnderAnotherPath,
  silenceUnnoticed,
  timeZoneNotPinned,
} from '../seeds/wrong-windows.js';
import { apply, beginWith, writePlan, type WrittenPlan } from '../support/run-plan.js';
import { holdPlace } from './support/holds.js';
import type { Stage } from './support/play.js';
import { casesOf } from './support/stage.js';
import { standsOf, type Stands } from './support/stands.js';
import { OLD_SIDE } from './support/writes.js';
import { heldAt, lookUntil } from './support/watch.js';

const ONE = casesOf(['READ COMMITTED'], OLD_SIDE.slice(0, 1));
const UNIQUE_WORDS = 'ALTER TABLE t1 ADD UNIQUE (word)';
const opened = {
  ours: await standsOf(ONE, ['open']),
  overwriting: await standsOf(ONE, ['open'], { change: backfillOverwrites }),
  unique: await standsOf(ONE, ['open'], { more: UNIQUE_WORDS }),
  bare: await standsOf(ONE, ['open'], { more: UNIQUE_WORDS, change: bareConflictClause }),
  unnoticing: await standsOf(ONE, ['open'], { change: silenceUnnoticed }),
};

/** A batch has its snapshot and is held; somebody writes; the fill goes to its end. */
async function meanwhile({ database, query, run }: Stage, sql: string): Promise<string> {
  const holds = await holdPlace(database, 'batch reads', ONE);
  const filling = run.goTo('filled').then(
    () => 'filled',
    (error: unknown) => String(error),
  );
  expect(await lookUntil(async () => (await heldAt({ query }, 'batch reads')).has(1)), 'not held').toBe(true);
  await query(sql);
  await holds.letGo();
  return filling;
}

it('DO UPDATE in the backfill overwrites a row that somebody wrote to the target while a batch was reading', async () => {
  const kept = (stands: Stands): Promise<unknown> =>
    stands.at('open', async (stage) => {
      await meanwhile(stage, `INSERT INTO t1 VALUES (50, 'of others')`);
      return stage.query('SELECT word FROM t1 WHERE id = 50');
    });
  expect(await kept(opened.overwriting), 'the wrong design was not caught').toEqual([{ word: 'old' }]);
  expect(await kept(opened.ours)).toEqual([{ word: 'of others' }]);
});

it('a bare ON CONFLICT passes over a row that another unique index is against, and says that all is filled', async () => {
  const filled = (stands: Stands): Promise<unknown> =>
    stands.at('open', async (stage) => {
      const end = await meanwhile(stage, `INSERT INTO t1 VALUES (1000, 'old')`);
      return [end, ...(await stage.query('SELECT id FROM t1 WHERE id = 50'))];
    });
  expect(await filled(opened.bare), 'the wrong design was not caught').toEqual(['filled']);
  expect(await filled(opened.unique)).toEqual([expect.stringContaining('duplicate key')]);
});

it('a fill goes on beside a mirror that was disabled and enabled again, and that no session need fire any more', async () => {
  // The target row is met by the batch that is held: the next one looks at the mirror again.
  const silenced = `ALTER TABLE s1 DISABLE TRIGGER ALL; INSERT INTO s1 (id, word) VALUES (55, 'unheard'); ALTER TABLE s1 ENABLE TRIGGER ALL;
    INSERT INTO t1 VALUES (50, 'old')`;
  const filled = (stands: Stands): Promise<unknown> => stands.at('open', (stage) => meanwhile(stage, silenced));
  expect(await filled(opened.unnoticing), 'the wrong design was not caught').toBe('filled');
  expect(await filled(opened.ours)).toContain('the mirror of the window is gone or was disabled');
});

const PLAN = (columns: string): string => `defaults: { user_triggers: fire }
mappings:
  m1: { from: source, to: target, columns: { ${columns} } }
steps:
  - id: in-step
    dual_write: { mappings: [m1] }
  - id: fill
    backfill: { mappings: [m1] }
  - id: proof
    verify:
      - in_sync: [m1]
`;

/** The window is open, somebody writes, the run goes to its end: its exit, and what the target holds. */
async function opening(
  setUp: string,
  columns: string,
  change: ChangeGraph,
  write: (test: TestDatabase, plan: WrittenPlan) => Promise<unknown>,
): Promise<readonly unknown[]> {
  const test = await testDatabase({ after: onTestFinished });
  await test.query(setUp);
  const plan = await writePlan('mirrored', PLAN(columns));
  await beginWith(plan, test.database, change);
  const stop = new AbortController();
  const observe = (event: RunEvent): void => {
    if (event.type === 'operation' && event.operation === 'in-step/open' && event.to === 'done') stop.abort();
  };
  expect((await apply(plan, test.database, { observe, stop: stop.signal })).exit).toBe(6);
  await write(test, plan);
  const { exit } = await apply(plan, test.database);
  return [exit, ...(await test.query<{ t: string }>('SELECT t::text AS t FROM target AS t')).map(({ t }) => t)];
}

it('a mirror that reads a virtual column in its trigger writes NULL', async () => {
  const setUp = `CREATE TABLE source (id int PRIMARY KEY, word text, loud text GENERATED ALWAYS AS (upper(word)) VIRTUAL);
    CREATE TABLE target (id int PRIMARY KEY, loud text)`;
  const naive = `CREATE OR REPLACE FUNCTION lockstep."mirror of mirrored/in-step: m1"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
    BEGIN
      INSERT INTO public.target VALUES (NEW.id, NEW.loud) ON CONFLICT (id) DO UPDATE SET loud = EXCLUDED.loud;
      RETURN NULL;
    END $$`;
  const insert = `INSERT INTO source (id, word) VALUES (1, 'word')`;
  const written = (before: string): Promise<readonly unknown[]> =>
    opening(setUp, 'id: id, loud: loud', rightGraph, async ({ query }) => {
      await query(before);
      await query(insert);
    });
  expect(await written(naive), 'the wrong design was not caught').toEqual([4, '(1,)']);
  expect(await written('SELECT 1')).toEqual([0, '(1,WORD)']);
});

it('a mirror without a pinned time zone writes the day that it is where the application is', async () => {
  const setUp = `CREATE TABLE source (id int PRIMARY KEY, at timestamptz); CREATE TABLE target (id int PRIMARY KEY, day date)`;
  const written = (change: ChangeGraph): Promise<readonly unknown[]> =>
    opening(setUp, 'id: id, day: "at::date"', change, ({ query }) =>
      query(`SET TimeZone = 'Pacific/Kiritimati'; INSERT INTO source VALUES (1, '2026-01-01 20:00+00')`),
    );
  expect(await written(timeZoneNotPinned), 'the wrong design was not caught').toEqual([4, '(1,2026-01-02)']);
  expect(await written(rightGraph)).toEqual([0, '(1,2026-01-01)']);
});

it('a mirror under another path does not find what the application names in its triggers', async () => {
  const setUp = `CREATE TABLE source (id int PRIMARY KEY, word text); CREATE TABLE target (id int PRIMARY KEY, word text);
    CREATE TABLE audit (id int);
    CREATE FUNCTION audited() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO audit VALUES (NEW.id); RETURN NULL; END $$;
    CREATE TRIGGER audited AFTER INSERT ON target FOR EACH ROW EXECUTE FUNCTION audited()`;
  const written = (change: ChangeGraph): Promise<readonly unknown[]> =>
    opening(setUp, 'id: id, word: word', change, ({ query }) =>
      query(`INSERT INTO source VALUES (1, 'word')`).catch((error: unknown) =>
        query(`INSERT INTO target VALUES (0, '${(error as Error).message.replaceAll("'", "''")}')`),
      ),
    );
  expect(String(await written(mirrorUnderAnotherPath)), 'the wrong design was not caught').toContain('audit');
  expect(await written(rightGraph)).toEqual([0, '(1,word)']);
});
