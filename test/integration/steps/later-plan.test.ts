/** A window that one plan leaves open and another one goes on with: its whole life over two plans, whichever kind opened it. */
import { describe, expect, onTestFinished, test } from 'vitest';

import { EXIT } from '../../../src/commands/command-result.js';
import { statusCommand } from '../../../src/commands/status.js';
import { windowLines } from '../../../src/render/window-lines.js';
import { PLAIN_STYLE } from '../../../src/render/style.js';
import { catalogLines } from '../../support/catalog-text.js';
import { testDatabase, type TestDatabase } from '../../support/database.js';
import { ON_NEW, ON_OLD } from '../../support/majors.js';
import { planOn, rowsOf, told, type PlanOnDatabase } from '../../support/plan-on-database.js';
import { begun, CASES, ended, INSIDE, type Begun } from './later-plan-kinds.js';
import { leftOver } from './window-cycle.js';

describe.each(CASES)('a window of $kind on server $major', (one) => {
  const { window, writeOld, writeNew, wrong } = one;
  const flips = (found: Begun, name = 'second-plan', more: readonly object[] = []): PlanOnDatabase =>
    planOn(found.database, {
      name,
      steps: [{ id: 'flip', cutover: { windows: [window] } }, ...more],
    });

  test('has its whole life over two plans, written at every stage', async () => {
    const found = await begun(one);
    const { database, query } = found;
    const write = async (texts: readonly string[], side: 'old' | 'new'): Promise<void> => {
      for (const text of texts) await query(text);
      expect(await query(wrong[side])).toEqual([]);
    };
    await write(writeOld, 'old');
    const second = flips(found, 'second-plan', [
      { id: 'after', verify: [{ in_sync: [window] }] },
      { id: 'soak', gate: { approval: 'dba' } },
      { id: 'still', verify: [{ in_sync: [window] }] },
      { id: 'done', close: { windows: [window], ...one.close } },
    ]);
    const rows = await rowsOf(found);
    const planned = await second.plan();
    expect(told(planned)).toBe('exit 0');
    expect(await rowsOf(found)).toEqual(rows);
    expect((await second.apply()).exit).toBe(EXIT.stopped);
    await write(writeNew, 'new');
    expect(await statusOf(found, 'first-plan')).toMatch(/cut over by second-plan@1.*that of second-plan@1 first/s);
    expect(await statusOf(found, 'second-plan')).toMatch(
      new RegExp(
        `window ${window} is open, the new side leads.*opened by first-plan@1.*cut over by second-plan@1`,
        's',
      ),
    );
    await second.approve('soak');
    await ended(second.apply());
    expect(await leftOver(found)).toEqual([]);
    expect(await statusOf(found, 'first-plan')).toMatch(/is closed.*closed by second-plan@1/s);

    const again = await found.first.apply();
    expect(again).toMatchObject({ exit: EXIT.done, report: { outcome: 'nothing to do' } });
    expect((await second.apply()).report!.outcome).toBe('nothing to do');
    for (const plan of [found.first, second])
      expect((await plan.rollback()).diagnostics[0]).toMatchObject({ code: 'LS9010' });
    expect(told(await found.first.rollback())).toMatch(/was closed by `second-plan@1` at /);
    const late = await planOn(database, {
      name: 'third-plan',
      steps: [{ id: 'done', close: { windows: [window] } }],
    }).apply();
    expect(told(late)).toMatch(/LS6513 `first-plan\/[a-z-]+` was closed by `second-plan@1` at/);
  });

  test('is taken back in the order in which it came', async () => {
    const found = await begun(one);
    const { query, first, before } = found;
    const rows = await rowsOf(found);
    const after = await catalogLines(found);
    const second = flips(found);
    await ended(second.apply());
    const refused = await first.rollback();
    expect(refused.diagnostics[0]).toMatchObject({ code: 'LS9037' });
    expect(told(refused)).toMatch(/`second-plan@1` has moved `first-plan\/[a-z-]+` at .*: new leads/);
    expect(refused.next).toEqual(['lockstep rollback second-plan@1']);
    expect((await first.rollback({ onlyShow: true })).diagnostics[0]).toMatchObject({ code: 'LS9037' });
    const third = flips(found, 'third-plan');
    expect(told(await third.apply())).toMatch(/LS6508/);

    const back = await second.rollback();
    expect(told(back)).toBe('exit 0');
    expect(back.report!.drift).toEqual([]);
    expect(await catalogLines(found)).toEqual(after);
    expect(await rowsOf(found)).toEqual(rows);
    for (const text of writeOld) await query(text);
    expect(await query(wrong.old)).toEqual([]);
    // And there again, and back again.
    await ended(second.apply());
    for (const text of writeNew) await query(text);
    expect(await query(wrong.new)).toEqual([]);
    expect(told(await second.rollback())).toBe('exit 0');
    expect(await query(wrong.old)).toEqual([]);
    const firstBack = await first.rollback();
    expect(told(firstBack)).toBe('exit 0');
    expect(firstBack.report!.drift).toEqual([]);
    expect(await catalogLines(found)).toEqual(before);
  });

  test('is closed without a cutover', async () => {
    const found = await begun(one);
    const done = { id: 'done', close: { windows: [window], old: 'keep' } };
    const later = planOn(found.database, { name: 'later', require: [{ in_sync: [window] }], steps: [done] });
    expect(told(await later.verify())).toBe('exit 0');
    await ended(later.apply());
    expect(told(await later.verify())).toBe('exit 0');
    expect(await leftOver(found)).toEqual([]);
    expect((await found.first.rollback()).diagnostics[0]).toMatchObject({ code: 'LS9010' });
  });

  test('is compared before anything that rests on it, and a difference stops the later plan', async () => {
    const found = await begun(one);
    await found.query(one.unseen);
    const stopped = await flips(found).apply();
    expect(stopped.exit).toBe(EXIT.checkFailed);
    expect(await found.value(`SELECT state FROM lockstep."window"`)).toBe('old leads');
  });

  test('is not gone on with while the run that opened it, or another one, is at it', async () => {
    const found = await begun(one);
    const waits = flips(found, 'second-plan', [{ id: 'soak', gate: { approval: 'dba' } }]);
    const before = planOn(found.database, {
      name: 'looks-only',
      steps: [
        { id: 'wait', gate: { approval: 'dba' } },
        { id: 'flip', cutover: { windows: [window] } },
      ],
    });
    expect((await before.apply()).exit).toBe(EXIT.stopped);
    // It has begun, and moved nothing yet.
    const refused = await found.first.rollback();
    expect(told(refused)).toMatch(/LS9037 `looks-only@1` goes on with `first-plan\/[a-z-]+`, and has not ended/);
    expect((await waits.apply()).exit).toBe(EXIT.heldByAnother);
    expect(told(await before.rollback())).toBe('exit 0');
    expect(told(await found.first.rollback())).toBe('exit 0');
    expect(told(await waits.apply())).toMatch(/LS6513 .* was taken back with `first-plan@1`/);
  });

  test('what it stands on is changed by no later plan, but behind its close', async () => {
    const found = await begun(one);
    const under = { id: 'under', ddl: one.underneath, allow: { breaks_readers: 'nobody reads it' } };
    const done = { id: 'done', close: { windows: [window], old: 'keep' } };
    const alone = planOn(found.database, { name: 'alone', steps: [under] });
    expect(told(await alone.plan())).toMatch(new RegExp(`LS6520 \`${window}\` keeps it in step`));
    const before = planOn(found.database, { name: 'before', steps: [under, done] });
    expect(told(await before.plan())).toMatch(new RegExp(`LS6520 \`${window}\` keeps it in step`));
    const behind = planOn(found.database, { name: 'behind', steps: [done, under] });
    await ended(behind.apply());
  });
});

describe.each(ON_NEW)('several windows on server %i', (major) => {
  test('of two plans and of its own are cut over in one commit, and closed', async () => {
    const found = await testDatabase({ major, after: onTestFinished });
    await found.query(`CREATE TABLE a (id serial PRIMARY KEY); CREATE TABLE b (id serial PRIMARY KEY, a int REFERENCES a); CREATE TABLE c (id serial PRIMARY KEY);
      INSERT INTO a SELECT FROM generate_series(1, 20); INSERT INTO b (a) SELECT g FROM generate_series(1, 20) g; INSERT INTO c SELECT FROM generate_series(1, 20)`);
    const opens = (table: string): object => ({ id: `key-of-${table}`, convert_uuid: { table, value: 'random' } });
    for (const table of ['a', 'b'])
      await ended(planOn(found.database, { name: `opens-${table}`, steps: [opens(table)] }).apply());
    const windows = ['opens-a/key-of-a', 'opens-b/key-of-b', 'key-of-c'];
    const last = planOn(found.database, {
      name: 'last',
      steps: [
        opens('c'),
        { id: 'flip', cutover: { windows } },
        { id: 'proof', verify: [{ in_sync: windows }, { in_sync: { of: windows } }] },
        { id: 'soak', gate: { approval: 'dba' } },
        { id: 'done', close: { windows, old: 'retire', retain: '1ms', quiet: '0s' } },
      ],
    });
    expect((await last.apply()).exit).toBe(EXIT.stopped);
    expect(told(await last.rollback())).toBe('exit 0');
    expect((await last.apply()).exit).toBe(EXIT.stopped);
    expect(told(await last.verify())).toBe('exit 0');
    await last.approve('soak');
    // The old columns wait for as long as they are kept.
    for (let turns = 0; turns < 3; turns++) await last.apply();
    expect(told(await last.apply())).toBe('exit 0');
    const types = `SELECT string_agg(attrelid::regclass || '.' || attname || ' ' || atttypid::regtype, ', ' ORDER BY attrelid::regclass::text, attnum)
      FROM pg_attribute WHERE attrelid IN ('a'::regclass, 'b'::regclass, 'c'::regclass) AND attnum > 0 AND NOT attisdropped`;
    expect(await found.value(types)).toBe('a.id uuid, b.a uuid, b.id uuid, c.id uuid');
  });
});

describe.each(ON_OLD)('a window in one direction on server %i', (major) => {
  test('can be compared and closed by a later plan, not cut over', async () => {
    const found = await testDatabase({ major, after: onTestFinished });
    await found.query(`CREATE TABLE origin (id int PRIMARY KEY, v text); CREATE TABLE copy (id int PRIMARY KEY, v text);
      INSERT INTO origin SELECT n, 'v' || n FROM generate_series(1, 50) AS n`);
    const mappings = { copied: { from: 'origin', to: 'copy', columns: 'same' } };
    const opens = { id: 'in-step', dual_write: { mappings: ['copied'] } };
    const window = 'first-plan/in-step';
    const done = { id: 'done', close: { windows: [window] } };
    const unfilled = planOn(found.database, { name: 'first-plan', mappings, steps: [opens] });
    await ended(unfilled.apply());
    const later = planOn(found.database, { name: 'later', steps: [done] });
    expect(told(await later.plan())).toMatch(/LS6505 No step fills copied/);
    expect(told(await unfilled.rollback())).toBe('exit 0');
    const fill = { id: 'fill', backfill: { mappings: ['copied'] } };
    await ended(planOn(found.database, { name: 'first-plan', mappings, steps: [opens, fill] }).apply());
    const flip = planOn(found.database, { name: 'later', steps: [{ id: 'flip', cutover: { windows: [window] } }] });
    expect(told(await flip.plan())).toMatch(/LS6508/);
    // Rows that came back are a difference, though both sides have them.
    await found.query('DELETE FROM origin WHERE id = 7');
    const proof = planOn(found.database, { name: 'proof', steps: [{ id: 'proof', verify: [{ in_sync: [window] }] }] });
    expect(told(await proof.verify())).toBe('exit 0');
    await found.query(`INSERT INTO copy VALUES (7, 'v7')`);
    expect((await proof.verify()).report!.checks[0]!.answer).toMatchObject({ violations: 2 });
    await found.query('DELETE FROM copy WHERE id = 7');
    await ended(later.apply());
    expect(await leftOver(found)).toEqual([]);
  });
});

describe('names of windows of other plans', () => {
  test('of what is not there are refused with what is', async () => {
    const found = await begun({ ...INSIDE, major: 18 });
    const told1 = async (name: string): Promise<string> =>
      told(await planOn(found.database, { name: 'later', steps: [{ id: 'done', close: { windows: [name] } }] }).plan());
    expect(await told1('no-plan/keys')).toMatch(
      /LS6513 The journal of this database has no run of `no-plan`.*open here: first-plan\/keys/,
    );
    expect(await told1('first-plan/other')).toMatch(
      /LS6513 `first-plan@1` has no window `other`.*open here: first-plan\/keys/,
    );
    expect(await told1('first-plan/')).toMatch(/LS1402 .*write `plan\/step`/);
    expect(await told1('later/keys')).toMatch(/LS1402 .*write `keys`/);
  });

  test('what was a uuid before has nothing to cut over, and nothing to close', async () => {
    const found = await testDatabase({ major: 18, after: onTestFinished });
    await found.query('CREATE TABLE users (id uuid PRIMARY KEY)');
    const first = planOn(found.database, { name: 'first-plan', ...INSIDE.first });
    expect((await first.apply()).exit).toBe(EXIT.done);
    const later = planOn(found.database, {
      name: 'later',
      steps: [
        { id: 'flip', cutover: { windows: ['first-plan/keys'] } },
        { id: 'done', close: { windows: ['first-plan/keys'] } },
      ],
    });
    expect(told(await later.apply())).toBe('exit 0');
  });
});

async function statusOf({ database }: TestDatabase, run: string): Promise<string> {
  const { report } = await statusCommand({ database, run });
  const { windows, run: summary } = report!.run!;
  return windowLines(windows, summary.name, { style: PLAIN_STYLE, width: 300 }).join('\n');
}
