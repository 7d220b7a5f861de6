/** References that find nothing, of every rule: found and told before anything changes, and nothing of them lost on any way. */
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';

import { diffFingerprints } from '../../../src/catalog/fingerprint.js';
import { EXIT } from '../../../src/commands/command-result.js';
import { statusCommand } from '../../../src/commands/status.js';
import { readFingerprint } from '../../../src/postgres/read-fingerprint.js';
import { testDatabase } from '../../support/database.js';
import { ON_OLD } from '../../support/majors.js';
import { planOn, rowsOf, told, type PlanOnDatabase } from '../../support/plan-on-database.js';
import { whileWritten, type Write } from '../../support/while-written.js';
import { stopAfterBatches } from './stop-after-batches.js';
import { forgetTables } from './whole-cycle.js';

type Rule = 'fail' | 'keep' | 'set_null' | 'quarantine';

/** Events 3, 6, 9 … refer to users that are not there. */
const SCHEMA = `CREATE TABLE users (id serial PRIMARY KEY, name text);
  CREATE TABLE event (id int PRIMARY KEY, user_id int, note text);
  INSERT INTO users (name) SELECT 'u' || g FROM generate_series(1, 20) AS g;
  INSERT INTO event SELECT g, CASE WHEN g % 3 = 0 THEN 1000 + g ELSE g END, 'n' || g FROM generate_series(1, 20) AS g`;
const ORPHANS = `SELECT id, user_id FROM event WHERE user_id >= 1000 ORDER BY id`;
const FLIP = { id: 'flip', cutover: { windows: ['keys'] } };

for (const major of ON_OLD) {
  const db = await testDatabase({ major });
  const { database, query, value, url } = db;
  const keys = (orphans: Rule | undefined, more: Readonly<Record<string, unknown>> = {}) => ({
    id: 'keys',
    convert_uuid: {
      ...{ table: 'users', value: 'random', references: ['event.user_id'], batch: { rows: 4, target: 'off' }, ...more },
      ...(orphans !== undefined && { orphans }),
    },
  });
  const planFor = (orphans: Rule | undefined, ...behind: readonly unknown[]): PlanOnDatabase =>
    planOn(database, { name: 'keys', steps: [keys(orphans), ...behind] });
  const definitions = () => database.transaction((session) => readFingerprint(session), { readOnly: true });

  describe(`orphans on server ${major}`, () => {
    beforeEach(async () => {
      await query(SCHEMA);
    });
    afterEach(() => forgetTables(db));

    test.each(['fail', 'keep', 'set_null', 'quarantine'] as const)(
      '%s: a dry run and the run say how many there are, and which, before anything changes',
      async (rule) => {
        const planned = await planFor(rule).plan();
        expect(planned.exit).toBe(EXIT.done);
        const [found] = planned.diagnostics;
        expect(found).toMatchObject({ code: 'LS9038', severity: 'warning' });
        expect(found!.detail).toMatch(/public\.event\.user_id[\s\S]*6 rows[\s\S]*"user_id":1003/);
        expect(await value(`SELECT to_regnamespace('lockstep')`)).toBeNull();

        const applied = await planFor(rule).apply();
        expect(applied.exit).toBe(rule === 'fail' ? EXIT.checkFailed : EXIT.done);
        const asked = applied.report!.run.operations.filter(({ id }) => id.includes('no_orphans'));
        expect(asked[0]!.outcome!.answer).toMatchObject({ violations: 6 });
        expect(asked[0]!.outcome!.answer!.samples).toContainEqual({ id: 3, user_id: 1003, note: 'n3' });
        if (rule !== 'fail') return;
        expect(await value(`SELECT count(*)::int FROM pg_attribute WHERE attname LIKE '%_uuid'`)).toBe(0);
      },
    );

    describe('set_null', () => {
      test('both references are NULL, all others are converted, and the way back restores every old value', async () => {
        const before = await rowsOf(db);
        const catalog = await definitions();
        const plan = planFor('set_null');
        expect(told(await plan.apply())).toBe('exit 0');
        expect(await value('SELECT count(*)::int FROM event WHERE user_id IS NULL AND user_id_uuid IS NULL')).toBe(6);
        expect(
          await value(
            'SELECT count(*)::int FROM event AS e JOIN users AS u ON (u.id, u.id_uuid) = (e.user_id, e.user_id_uuid)',
          ),
        ).toBe(14);
        const back = await plan.rollback();
        expect(told(back)).toBe('exit 0');
        expect(await rowsOf(db)).toEqual(before);
        expect(diffFingerprints(catalog, await definitions())).toEqual([]);
      });

      test('what somebody has written since stays, and is reported', async () => {
        const plan = planFor('set_null');
        expect(told(await plan.apply())).toBe('exit 0');
        await query(
          `UPDATE event SET user_id = 7 WHERE id = 3; UPDATE event SET note = 'other' WHERE id = 6; DELETE FROM event WHERE id = 9`,
        );
        const back = await plan.rollback();
        expect(told(back)).toBe('exit 0');
        expect(await query('SELECT id, user_id FROM event WHERE id IN (3, 6, 12) ORDER BY id')).toEqual([
          { id: 3, user_id: 7 },
          { id: 6, user_id: 1006 },
          { id: 12, user_id: 1012 },
        ]);
        const found = back.report!.run.operations.flatMap(({ findings }) => findings.samples);
        expect(found.map(({ what, detail }) => [what, detail['key']])).toEqual([
          ['kept: changed by others since', ['3']],
          ['gone since', ['9']],
        ]);
      });

      test('orphans that came while the window was open follow before the cutover; back again, all is there', async () => {
        const before = await rowsOf(db);
        const plan = planFor('set_null', { id: 'wait', gate: { approval: 'dba' } }, FLIP);
        expect((await plan.apply()).exit).toBe(EXIT.stopped);
        await query(`INSERT INTO event VALUES (50, 2050, 'late'); DELETE FROM users WHERE id = 1`);
        await plan.approve('wait');
        expect(told(await plan.apply())).toBe('exit 0');
        expect(await query('SELECT id, user_id, user_id_legacy FROM event WHERE id IN (1, 50)')).toEqual([
          { id: 1, user_id: null, user_id_legacy: null },
          { id: 50, user_id: null, user_id_legacy: null },
        ]);
        // Behind the cutover nobody sets anything to NULL.
        await query(
          `DELETE FROM users WHERE id_legacy = 2; INSERT INTO event (id, user_id) VALUES (51, gen_random_uuid())`,
        );
        expect(told(await plan.rollback())).toBe('exit 0');
        await query(`DELETE FROM event WHERE id IN (50, 51); INSERT INTO users VALUES (1, 'u1'), (2, 'u2')`);
        expect(await rowsOf(db)).toEqual(before);
      });

      test('stopped between batches, there and back, no row is left out', async () => {
        const before = await rowsOf(db);
        const plan = planFor('set_null', FLIP);
        expect((await plan.apply(stopAfterBatches(2))).exit).toBe(EXIT.stopped);
        expect(told(await plan.apply())).toBe('exit 0');
        expect(await query(`SELECT id FROM event WHERE user_id_legacy >= 1000`)).toEqual([]);
        let exit: number = (await plan.rollback(stopAfterBatches(1))).exit;
        for (let turn = 0; exit === EXIT.stopped && turn < 20; turn++)
          ({ exit } = await plan.rollback(stopAfterBatches(1)));
        expect(exit).toBe(EXIT.done);
        expect(await rowsOf(db)).toEqual(before);
      });

      test('a row that somebody gives a parent while a batch waits for it keeps it', async () => {
        await database.withSession(async (session) => {
          await session.query(
            `BEGIN; INSERT INTO users VALUES (2006, 'came'); UPDATE event SET user_id = 2006 WHERE id = 6`,
          );
          const applying = planFor('set_null').apply();
          const waits = `SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%lockstep_v0%'`;
          await expect.poll(() => value(waits), { timeout: 20_000 }).toBeGreaterThan(0);
          await session.query('COMMIT');
          expect(told(await applying)).toBe('exit 0');
        });
        // Its old value was that of no row when the batch looked; with a parent since, the reference says what the parent is.
        expect(await value('SELECT user_id FROM event WHERE id = 6')).toBe(2006);
        expect(
          await value('SELECT user_id_uuid = (SELECT id_uuid FROM users WHERE id = 2006) FROM event WHERE id = 6'),
        ).toBe(true);
      });

      test('under a foreign key that is NOT VALID what comes back is what was there', async () => {
        await query(`ALTER TABLE event ADD CONSTRAINT later FOREIGN KEY (user_id) REFERENCES users NOT VALID`);
        const before = await rowsOf(db);
        const catalog = await definitions();
        const steps = [keys('set_null', { references: undefined }), FLIP];
        const plan = planOn(database, { name: 'keys', steps });
        expect(told(await plan.apply())).toBe('exit 0');
        expect(
          await value(
            `SELECT string_agg(conname || ' ' || convalidated, ',') FROM pg_constraint WHERE contype = 'f' AND conrelid = 'event'::regclass`,
          ),
        ).toBe('later false');
        expect(told(await plan.rollback())).toBe('exit 0');
        expect(await rowsOf(db)).toEqual(before);
        expect(diffFingerprints(catalog, await definitions())).toEqual([]);
      });

      test.each([
        ['a column that is NOT NULL', 'ALTER TABLE event ALTER user_id SET NOT NULL', 'is NOT NULL'],
        [
          'a column that another one refers to',
          'ALTER TABLE event ADD UNIQUE (user_id); CREATE TABLE seen (id int PRIMARY KEY, by int REFERENCES event (user_id))',
          'would refer to nothing',
        ],
      ])('%s is refused', async (_, schema, detail) => {
        await query(schema);
        const { exit, diagnostics } = await planFor('set_null').plan();
        expect(exit).toBe(EXIT.planInvalid);
        expect(diagnostics).toMatchObject([{ code: 'LS6611', help: expect.stringContaining('keep') as string }]);
        expect(diagnostics[0]!.detail).toContain(detail);
      });
    });

    test.each(['keep', 'set_null'] as const)(
      '%s: a parent that came later gives its child the new key before the cutover',
      async (rule) => {
        const plan = planFor(rule, { id: 'wait', gate: { approval: 'dba' } }, FLIP);
        expect((await plan.apply()).exit).toBe(EXIT.stopped);
        await query(`INSERT INTO event VALUES (50, 5000, 'first'); INSERT INTO event VALUES (51, 5001, 'alone')`);
        await query(`INSERT INTO users VALUES (5000, 'then')`);
        await plan.approve('wait');
        expect(told(await plan.apply())).toBe('exit 0');
        expect(await value('SELECT users.name FROM event JOIN users ON users.id = user_id WHERE event.id = 50')).toBe(
          'then',
        );
        const alone = 'SELECT user_id, user_id_legacy FROM event WHERE id = 51';
        expect(await query(alone)).toEqual([{ user_id: null, user_id_legacy: rule === 'keep' ? 5001 : null }]);
      },
    );

    describe('quarantine', () => {
      const aside = async (): Promise<readonly (readonly string[])[]> => {
        const { report } = await statusCommand({ database, run: 'keys' });
        const rows = [...report!.run!.quarantined].sort((a, b) => Number(a.id) - Number(b.id));
        return rows.map(({ table, id, error, timestamp }) => {
          expect(timestamp).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
          return [table, id, error];
        });
      };
      const finds = (id: number, key: number | string): readonly string[] => [
        'public.event',
        String(id),
        `user_id = ${key} finds no row of public.users`,
      ];

      test('rows stay, have no new value, and are listed; once the parent is there a replay gives it', async () => {
        const before = await rowsOf(db);
        const plan = planFor('quarantine');
        const applied = await plan.apply();
        expect(told(applied)).toBe('exit 0');
        expect(await query(ORPHANS)).toHaveLength(6);
        expect(await value('SELECT count(*)::int FROM event WHERE user_id_uuid IS NULL')).toBe(6);
        expect(await aside()).toEqual([3, 6, 9, 12, 15, 18].map((id) => finds(id, 1000 + id)));
        expect(applied.report!.run.quarantined.find(({ id }) => id === '3')).toMatchObject({
          row: { id: 3, user_id: 1003, note: 'n3' },
        });

        const first = await plan.replay();
        expect(first.exit).toBe(EXIT.failed);
        expect(first.report).toMatchObject({ written: 0, gone: 0 });
        await query(
          `INSERT INTO users VALUES (1003, 'late'); UPDATE event SET user_id = NULL WHERE id = 6; DELETE FROM event WHERE id = 9`,
        );
        const second = await plan.replay();
        expect(second.report).toMatchObject({ written: 2, gone: 1 });
        expect(await aside()).toEqual([12, 15, 18].map((id) => finds(id, 1000 + id)));
        expect(
          await value('SELECT user_id_uuid = (SELECT id_uuid FROM users WHERE id = 1003) FROM event WHERE id = 3'),
        ).toBe(true);

        expect(told(await plan.rollback())).toBe('exit 0');
        await query(
          `DELETE FROM users WHERE id = 1003; UPDATE event SET user_id = 1006 WHERE id = 6; INSERT INTO event VALUES (9, 1009, 'n9')`,
        );
        expect(await rowsOf(db)).toEqual(before);
      });

      test('what comes while the window is open is noted down at COMMIT, and only what has no parent by then', async () => {
        const plan = planFor('quarantine', { id: 'wait', gate: { approval: 'dba' } }, FLIP);
        expect((await plan.apply()).exit).toBe(EXIT.stopped);
        await query(
          `BEGIN; INSERT INTO event VALUES (50, 5000, 'first'); INSERT INTO users VALUES (5000, 'then'); COMMIT`,
        );
        await query(`INSERT INTO event VALUES (51, 5001, 'alone')`);
        await query(`UPDATE event SET note = 'again' WHERE id = 51; UPDATE event SET user_id = 5002 WHERE id = 2`);
        const standing = [3, 6, 9, 12, 15, 18].map((id) => finds(id, 1000 + id));
        expect(await aside()).toEqual([finds(2, 5002), ...standing, finds(51, 5001)]);
        // Its parent comes: a difference, until it is replayed.
        await query(`INSERT INTO users VALUES (5001, 'late')`);
        await plan.approve('wait');
        expect((await plan.apply()).exit).toBe(EXIT.checkFailed);
        expect((await plan.replay()).report).toMatchObject({ written: 1 });
        expect(told(await plan.apply())).toBe('exit 0');
        expect(await aside()).toEqual([finds(2, 5002), ...standing]);
      });

      test('behind the cutover a replay finds the parent by either key, and a close waits for all of them', async () => {
        const before = await rowsOf(db);
        const close = { id: 'done', close: { windows: ['keys'], quiet: '0s', retain: '0s' } };
        const plan = planFor('quarantine', FLIP, { id: 'wait', gate: { approval: 'dba' } }, close);
        expect((await plan.apply()).exit).toBe(EXIT.stopped);
        const late = '00000000-0000-4000-8000-000000000077';
        await query(`INSERT INTO event (id, user_id, note) VALUES (60, '${late}', 'new side')`);
        expect((await aside()).at(-1)).toEqual(finds(60, late));
        await query(
          `INSERT INTO users (id_legacy, name) VALUES (1003, 'late'); INSERT INTO users (id, name) VALUES ('${late}', 'late')`,
        );
        expect((await plan.replay()).report).toMatchObject({ written: 2 });
        expect(await value(`SELECT user_id_legacy FROM event WHERE id = 60`)).toBe(
          await value(`SELECT id_legacy FROM users WHERE id = '${late}'`),
        );
        expect(
          await value('SELECT count(*)::int FROM event JOIN users ON users.id = user_id WHERE event.id IN (3, 60)'),
        ).toBe(2);

        await plan.approve('wait');
        const refused = await plan.apply();
        expect(told(refused)).toMatch(/stands aside[\s\S]*1006/);
        expect(told(await plan.rollback())).toBe('exit 0');
        await query(`DELETE FROM event WHERE id = 60; DELETE FROM users WHERE name = 'late'`);
        expect(await rowsOf(db)).toEqual(before);
      });

      test('closed once nobody stands aside', async () => {
        const close = { id: 'done', close: { windows: ['keys'], quiet: '0s', retain: '0s' } };
        const plan = planFor('quarantine', FLIP, close);
        expect((await plan.apply()).exit).not.toBe(EXIT.done);
        await query('UPDATE event SET user_id_legacy = NULL WHERE user_id_legacy >= 1000');
        expect((await plan.replay()).report).toMatchObject({ written: 6, standing: [] });
        expect(told(await plan.apply())).toBe('exit 0');
        expect(await value('SELECT count(user_id)::int FROM event')).toBe(14);
      });

      test('stopped between batches, no row is noted twice, and none is left out', async () => {
        const plan = planFor('quarantine');
        let exit: number = (await plan.apply(stopAfterBatches(1))).exit;
        for (let turn = 0; exit === EXIT.stopped && turn < 40; turn++)
          ({ exit } = await plan.apply(stopAfterBatches(1)));
        expect(exit).toBe(EXIT.done);
        expect(await aside()).toEqual([3, 6, 9, 12, 15, 18].map((id) => finds(id, 1000 + id)));
        const counts = `SELECT sum(rows_changed)::int AS changed, sum(rows_quarantined)::int AS aside FROM lockstep.range WHERE operation_id = 'keys/fill/public.event/1'`;
        expect(await query(counts)).toEqual([{ changed: 14, aside: 6 }]);
      });
    });

    describe('shapes', () => {
      beforeEach(() => query('DROP TABLE event, users'));

      const SHAPES = {
        'a reference that holds in some rows': {
          schema: `CREATE TABLE users (id serial PRIMARY KEY, name text); INSERT INTO users (name) VALUES ('a'), ('b');
            CREATE TABLE event (id int PRIMARY KEY, kind text, subject int);
            INSERT INTO event VALUES (1, 'user', 1), (2, 'user', 77), (3, 'post', 77), (4, 'user', NULL)`,
          convert: { references: [{ column: 'event.subject', where: "kind = 'user'" }] },
          parent: `INSERT INTO users (id_legacy, name) VALUES (77, 'late')`,
          again: `DELETE FROM users WHERE name = 'late'`,
          nulled: 'SELECT id FROM event WHERE subject IS NULL ORDER BY id',
          wanted: [2, 4],
        },
        'a composite reference of which a part is NULL': {
          schema: `CREATE TABLE users (tenant int, id int, name text, PRIMARY KEY (tenant, id)); INSERT INTO users VALUES (1, 1, 'a'), (2, 1, 'b');
            CREATE TABLE event (id int PRIMARY KEY, tenant int, user_id int, FOREIGN KEY (tenant, user_id) REFERENCES users);
            INSERT INTO event VALUES (1, 1, 1), (2, NULL, 1), (3, 2, 1)`,
          convert: { column: 'id', old_value: '99' },
          parent: `UPDATE event SET tenant = 2 WHERE id = 2`,
          again: `UPDATE event SET tenant = NULL WHERE id = 2`,
          nulled: 'SELECT id FROM event WHERE user_id IS NULL ORDER BY id',
          wanted: [2],
        },
        'rows whose own key is converted, too': {
          schema: `CREATE TABLE users (id serial PRIMARY KEY, name text); INSERT INTO users (name) VALUES ('a'), ('b');
            CREATE TABLE event (id serial PRIMARY KEY, user_id int); INSERT INTO event (user_id) VALUES (1), (77), (2), (78)`,
          convert: {
            table: undefined,
            tables: ['users', 'event'],
            references: [{ column: 'event.user_id', to: 'users' }],
          },
          parent: `INSERT INTO users (id_legacy, name) VALUES (77, 'late'), (78, 'late')`,
          again: `DELETE FROM users WHERE name = 'late'`,
          nulled: 'SELECT id_legacy AS id FROM event WHERE user_id IS NULL ORDER BY 1',
          wanted: [2, 4],
        },
      } as const;
      const shapes = Object.keys(SHAPES) as (keyof typeof SHAPES)[];

      test.each(shapes)('%s: set to NULL, over the cutover and back', async (shape) => {
        const { schema, convert, nulled, wanted } = SHAPES[shape];
        await query(schema);
        const before = await rowsOf(db);
        const plan = planOn(database, {
          name: 'keys',
          steps: [keys('set_null', { references: undefined, ...convert }), FLIP],
        });
        expect(told(await plan.apply())).toBe('exit 0');
        expect((await query<{ id: number }>(nulled)).map(({ id }) => id)).toEqual(wanted);
        expect(told(await plan.rollback())).toBe('exit 0');
        expect(await rowsOf(db)).toEqual(before);
      });

      test.each(shapes)('%s: set aside, replayed behind the cutover, and back', async (shape) => {
        const { schema, convert, parent, again } = SHAPES[shape];
        await query(schema);
        const before = await rowsOf(db);
        const plan = planOn(database, {
          name: 'keys',
          steps: [keys('quarantine', { references: undefined, ...convert }), FLIP],
        });
        expect(told(await plan.apply())).toBe('exit 0');
        const standing = (await plan.replay()).report!.standing;
        expect(standing.length).toBeGreaterThan(0);
        await query(parent);
        expect((await plan.replay()).report).toMatchObject({ standing: [] });
        expect(told(await plan.verify())).toBe('exit 0');
        expect(told(await plan.rollback())).toBe('exit 0');
        await query(again);
        expect(await rowsOf(db)).toEqual(before);
      });
    });

    describe('while the application makes orphans, and takes them away', () => {
      /** Every second child is there before its parent, in a transaction of its own; parents go without asking. */
      const write = (client: number, turn: number): Write => {
        const [id, user] = [
          1000 * (client + 1) + 100_000 * Math.floor(turn / 6) + (turn % 6),
          10_000 + 100 * client + (turn % 12),
        ];
        const writes = [
          `INSERT INTO event VALUES (${id}, ${user}, 'live')`,
          `INSERT INTO users VALUES (${user}, 'live') ON CONFLICT DO NOTHING`,
          `BEGIN; INSERT INTO event VALUES (${id}, ${user + 50}, 'live'); INSERT INTO users VALUES (${user + 50}, 'live') ON CONFLICT DO NOTHING; COMMIT`,
          `DELETE FROM users WHERE id = ${user + 50}`,
          `UPDATE event SET user_id = ${20_000 + turn} WHERE note = 'live' AND id = ${id - 4}`,
          `UPDATE event SET user_id = 5 WHERE note = 'live' AND id = ${id - 5}`,
        ];
        return { sql: writes[turn % writes.length]! };
      };
      const seeded = () => query(`SELECT id, user_id, note FROM event WHERE note <> 'live' ORDER BY id`);
      /** Has a parent, and not its new key; or a new key, and no old one. */
      const APART = `SELECT e.id FROM event AS e JOIN users AS u ON u.id = e.user_id WHERE e.user_id_uuid IS DISTINCT FROM u.id_uuid
        UNION ALL SELECT id FROM event WHERE user_id IS NULL AND user_id_uuid IS NOT NULL`;

      test.each(['set_null', 'quarantine'] as const)('%s: there, and back', async (rule) => {
        const before = await seeded();
        const plan = planFor(rule, { id: 'wait', gate: { approval: 'dba' } }, FLIP);
        await whileWritten(url, { clients: 3, write }, async (writes) => {
          await writes.written(20);
          expect((await plan.apply()).exit).toBe(EXIT.stopped);
          await writes.written(60);
        });
        if (rule === 'quarantine') {
          const { standing } = (await plan.replay()).report!;
          const missing = `SELECT e.id FROM event AS e WHERE user_id IS NOT NULL AND user_id_uuid IS NULL AND NOT EXISTS (SELECT FROM users AS u WHERE u.id = e.user_id)`;
          const ids = new Set(standing.map(({ id }) => Number(id)));
          expect((await query<{ id: number }>(missing)).filter(({ id }) => !ids.has(id))).toEqual([]);
          expect(await query(APART)).toEqual([]);
          expect(await seeded()).toEqual(before);
        }
        await plan.approve('wait');
        expect(told(await plan.apply())).toBe('exit 0');
        expect(told(await plan.rollback())).toBe('exit 0');
        expect(await seeded()).toEqual(before);

        const anew = planFor(rule);
        expect(told(await anew.apply())).toBe('exit 0');
        await whileWritten(url, { clients: 3, write: (client, turn) => write(client + 10, turn) }, async (writes) => {
          await writes.written(20);
          expect(told(await anew.rollback())).toBe('exit 0');
          await writes.written(20);
        });
        expect(await seeded()).toEqual(before);
      });
    });
  });
}

const SCHEMA_OF_KEPT = `CREATE TABLE users (id text PRIMARY KEY); CREATE TABLE audit (id int PRIMARY KEY, user_id text);
  INSERT INTO users SELECT 'u' || g FROM generate_series(1, 9) AS g; INSERT INTO audit SELECT g, 'u' || g FROM generate_series(1, 11) AS g`;

test.each([
  ['random', {}],
  ['derived', { namespace: '6ba7b810-9dad-11d1-80b4-00c04fd430c8' }],
])('values that are kept do not go with their column but by consent: %s', async (value, more) => {
  const { database, query, value: one } = await testDatabase({ after: onTestFinished });
  await query(SCHEMA_OF_KEPT);
  const closing = (allow: object, on = database): PlanOnDatabase =>
    planOn(on, {
      name: 'keys',
      steps: [
        {
          id: 'keys',
          convert_uuid: { table: 'users', value, references: ['audit.user_id'], orphans: 'keep', ...more },
        },
        { id: 'flip', cutover: { windows: ['keys'] } },
        { id: 'done', close: { windows: ['keys'], quiet: '0s', retain: '0s' }, ...allow },
      ],
    });
  expect(told(await closing({}).apply())).toMatch(/^exit 4\nLS9003 `done\/kept\/keys\/1-kept`/);
  expect(await one('SELECT count(user_id_legacy)::int FROM audit')).toBe(11);
  await query(`DELETE FROM audit WHERE id > 9`);
  expect(told(await closing({}).apply())).toBe('exit 0');
  const again = await testDatabase({ after: onTestFinished });
  await again.query(SCHEMA_OF_KEPT);
  expect(told(await closing({ allow: { data_loss: 'nobody asks' } }, again.database).apply())).toBe('exit 0');
});
