/** Scenario 1: uuids beside text ids, additive, with the table of pairs; under live writes, taken back and applied again. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';

import { statusCommand } from '../../src/commands/status.js';
import { validateCommand } from '../../src/commands/validate.js';
import { catalogLines } from '../support/catalog-text.js';
import { testDatabase } from '../support/database.js';
import { loadExample } from '../support/load-example.js';
import { ON_NEW } from '../support/majors.js';
import { planOn, told } from '../support/plan-on-database.js';
import { whileWritten, type Write } from '../support/while-written.js';

const FILE = fileURLToPath(new URL('../../plans/clinic-uuid.yaml', import.meta.url));
const TEXT = readFileSync(FILE, 'utf8');
const SET = { batch_size: '200' };
const USERS = 2_000;
const STILL = [
  `SELECT id, email, name, role, created_at FROM users WHERE email NOT LIKE 'live-%' ORDER BY id`,
  `SELECT id, name, location, created_at FROM clinics WHERE name <> 'live' ORDER BY id`,
  `SELECT id, user_id, clinic_id, title, settings FROM dashboards WHERE title IS DISTINCT FROM 'live' ORDER BY id`,
  `SELECT id, clinic_id, name, status FROM providers WHERE name <> 'live' ORDER BY id`,
];
/** Pairs that do not belong together, or are missing, in any of the seven columns. */
const COLUMNS_APART = `SELECT (SELECT count(*) FROM users WHERE uuid_id IS NULL) + (SELECT count(*) FROM clinics WHERE uuid_id IS NULL)
  + (SELECT count(*) FROM dashboards AS d LEFT JOIN users AS u ON u.id = d.user_id WHERE d.uuid_id IS NULL OR d.user_uuid_id IS DISTINCT FROM u.uuid_id)
  + (SELECT count(*) FROM dashboards AS d LEFT JOIN clinics AS c ON c.id = d.clinic_id WHERE d.clinic_id_uuid IS DISTINCT FROM c.uuid_id)
  + (SELECT count(*) FROM providers AS p LEFT JOIN clinics AS c ON c.id = p.clinic_id WHERE p.clinic_id_uuid IS DISTINCT FROM c.uuid_id)`;
/** The same, and of the table of pairs. */
const APART = `${COLUMNS_APART}
  + (SELECT count(*) FROM (SELECT 'users' AS t, id, uuid_id FROM users UNION ALL SELECT 'clinics', id, uuid_id FROM clinics UNION ALL SELECT 'dashboards', id, uuid_id FROM dashboards) AS k
     FULL JOIN id_mappings AS m ON m.table_name = k.t AND m.old_id = k.id WHERE m.new_id IS DISTINCT FROM k.uuid_id)`;

for (const major of ON_NEW) {
  const found = await testDatabase({ major });
  const { database, query, value, url } = found;
  const plan = planOn(database, TEXT, SET);
  const still = (): Promise<readonly unknown[]> => Promise.all(STILL.map((sql) => query(sql)));

  describe(`clinic-uuid on server ${major}`, () => {
    let before: readonly unknown[];
    let catalog: readonly string[];
    beforeAll(async () => {
      await loadExample(found, 'clinic-uuid', USERS);
      before = await still();
      catalog = await catalogLines(found);
    });

    test('is valid, and the plan fills parents before what refers to them', async () => {
      expect(told(await validateCommand({ files: [FILE], set: SET, env: {} }))).toBe('exit 0');
      const planned = await plan.plan();
      expect(told(planned)).toBe('exit 0');
      expect(await value(`SELECT to_regnamespace('lockstep')`)).toBeNull();
    });

    test('verify before it is the baseline, in the shape of the scenario', async () => {
      const { exit, report } = await plan.verify();
      expect(exit).toBe(0);
      expect(report).toMatchObject({ overallStatus: 'passed', summary: { failed: 0 }, tables: null });
      expect(report!.summary.totalChecks).toBe(report!.summary.passed);
      expect(report!.summary.totalChecks).toBeGreaterThan(0);
      expect(Math.abs(Date.parse(report!.timestamp) - Date.now())).toBeLessThan(60_000);
    });

    test('a provider without a clinic is found before anything changes', async () => {
      await query(`INSERT INTO providers (clinic_id, name) VALUES ('no such clinic', 'nobody''s')`);
      const refused = await plan.apply();
      expect(refused.exit).toBe(4);
      expect(told(refused)).toMatch(/no such clinic/);
      expect(await value(`SELECT count(*)::int FROM pg_attribute WHERE attname = 'uuid_id'`)).toBe(0);
      await query(`DELETE FROM providers WHERE clinic_id = 'no such clinic'`);
    });

    test('every row has its uuid while everybody writes, in batches of the size that was asked for', async () => {
      await whileWritten(url, { clients: 4, write: oldSide }, async (writes) => {
        await writes.written(20);
        const applied = await plan.apply();
        expect(told(applied)).toBe('exit 0');
        await writes.written(100);
      });
      expect(await value(APART)).toBe('0');
      expect(await value(`SELECT max(rows)::int FROM lockstep.batch`)).toBeLessThanOrEqual(200);
      expect(await value(`SELECT count(*)::int FROM lockstep."window" WHERE state = 'old leads'`)).toBe(1);
      const again = await plan.apply();
      expect(again.report!.outcome).toBe('nothing to do');
    });

    test('status says checkpoints, and verify what each table came to, in the shapes of the scenario', async () => {
      const { report } = await statusCommand({ database, run: 'clinic-uuid' });
      expect(report!.checkpoints.map(({ phase, status, errors }) => [phase, status, errors])).toEqual(
        report!.checkpoints.map(() => ['uuids', 'completed', []]),
      );
      for (const { table, processedCount, totalCount, lastProcessedId } of report!.checkpoints) {
        expect(processedCount, table).toBe(totalCount);
        expect(lastProcessedId, table).not.toBeNull();
      }
      const { report: after } = await plan.verify();
      expect(after).toMatchObject({ overallStatus: 'passed', summary: { failed: 0 } });
      expect(Object.keys(after!.tables!).sort()).toEqual([
        'public.clinics',
        'public.dashboards',
        'public.providers',
        'public.users',
      ]);
      for (const { total, migrated, failed, duration } of Object.values(after!.tables!)) {
        expect(total).toBeGreaterThan(0);
        expect([migrated, failed]).toEqual([total, 0]);
        expect(duration).toBeGreaterThan(0);
      }
    });

    test('the application may write uuids already', async () => {
      await query(
        `INSERT INTO dashboards (id, user_uuid_id, title) SELECT 'd-new', uuid_id, 'live' FROM users WHERE id = 'user123'`,
      );
      expect(await value(`SELECT user_id FROM dashboards WHERE id = 'd-new'`)).toBe('user123');
      await query(
        `UPDATE providers SET clinic_id_uuid = (SELECT uuid_id FROM clinics ORDER BY created_at LIMIT 1) WHERE name = 'live'`,
      );
      await query(
        `INSERT INTO providers (name, clinic_id_uuid) SELECT 'live', uuid_id FROM clinics ORDER BY created_at LIMIT 3`,
      );
      expect(await value(APART)).toBe('0');
    });

    test('is taken back while everybody writes: columns, the place for the authentication id, and mappings go', async () => {
      await whileWritten(url, { clients: 4, write: oldSide }, async (writes) => {
        await writes.written(20);
        const back = await plan.rollback();
        expect(told(back)).toBe('exit 0');
        expect(back.report!.drift).toEqual([]);
        await writes.written(20);
      });
      expect(await catalogLines(found)).toEqual(catalog);
      expect(await still()).toEqual(before);
      expect(await value(`SELECT to_regclass('id_mappings')`)).toBeNull();
    });

    test('applies again after the way back', async () => {
      expect(told(await plan.apply())).toBe('exit 0');
      expect(await value(APART)).toBe('0');
    });

    // The plan is compiled anew against a catalog that has its columns already.
    test('verify asks about what the run has left', async () => {
      expect(told(await plan.verify())).toBe('exit 0');
    });

    test('a later plan makes the new ids the ids, while everybody writes, and takes that back', async () => {
      const between = await catalogLines(found);
      const flip = { id: 'flip', cutover: { windows: ['clinic-uuid/uuids'] } };
      const steps = [flip, { id: 'proof', verify: [{ in_sync: ['clinic-uuid/uuids'] }] }];
      const later = planOn(database, { name: 'clinic-flip', steps });
      await whileWritten(url, { clients: 4, write: byNoId }, async (writes) => {
        await writes.written(20);
        expect(told(await later.apply())).toBe('exit 0');
      });
      expect(
        await value(
          `SELECT count(*)::int FROM pg_attribute WHERE attname = 'id' AND atttypid = 'uuid'::regtype AND attrelid IN ('users'::regclass, 'clinics'::regclass, 'dashboards'::regclass)`,
        ),
      ).toBe(3);
      await query(`INSERT INTO dashboards (user_id, title) SELECT id, 'live' FROM users WHERE id_legacy = 'user123'`);
      expect((await plan.rollback()).diagnostics[0]).toMatchObject({ code: 'LS9037' });
      expect(told(await later.rollback())).toBe('exit 0');
      expect(await catalogLines(found)).toEqual(between);
      expect(
        await value(`SELECT count(*)::int FROM dashboards WHERE user_id = 'user123' AND id ~ '^[0-9a-f-]{36}$'`),
      ).toBe(1);
      expect(await value(APART)).toBe('0');
    });

    test('a later plan closes what this one left open', async () => {
      const close = { windows: ['clinic-uuid/uuids'], old: 'keep' };
      const later = planOn(database, { name: 'clinic-close', steps: [{ id: 'done', close }] });
      expect(told(await later.apply())).toBe('exit 0');
      expect(await value(`SELECT count(*)::int FROM pg_trigger WHERE tgname LIKE '%lockstep%'`)).toBe(0);
      expect(await value(COLUMNS_APART)).toBe('0');
      expect(await value(`SELECT to_regclass('id_mappings')`)).toBeNull();
      expect(told(await plan.rollback())).toMatch(/LS9010 `clinic-uuid\/uuids` was closed by `clinic-close@1`/);
      expect((await plan.apply()).report!.outcome).toBe('nothing to do');
    });
  });
}

/** As the application writes today: text ids alone. */
function oldSide(client: number, turn: number): Write {
  const user = `live-${client}-${turn % 5}`;
  const one = crypto.randomUUID();
  const writes = [
    `INSERT INTO users (id, email) VALUES ('${user}', '${user}@clinic.example') ON CONFLICT DO NOTHING`,
    `INSERT INTO dashboards (id, user_id, clinic_id, title) SELECT '${one}', u.id, c.id, 'live' FROM users AS u, (SELECT id FROM clinics ORDER BY created_at LIMIT 1) AS c WHERE u.id = '${user}'`,
    `INSERT INTO clinics (id, name) VALUES ('${one}', 'live'); INSERT INTO providers (clinic_id, name) VALUES ('${one}', 'live')`,
    `UPDATE dashboards SET clinic_id = NULL WHERE user_id = '${user}' AND title = 'live'`,
    `UPDATE providers SET status = 'gone' WHERE name = 'live'`,
    `DELETE FROM users WHERE id = '${user}'`,
  ];
  return { sql: writes[turn % writes.length]! };
}

/** What says no id by itself means the same before a cutover and behind it. */
function byNoId(client: number, turn: number): Write {
  const one = `email = 'user${1 + ((client * 37 + turn * 11) % USERS)}@clinic.example'`;
  const writes = [
    `INSERT INTO providers (clinic_id, name) SELECT id, 'live' FROM clinics ORDER BY created_at LIMIT 1`,
    `UPDATE users SET role = role WHERE ${one}`,
    `UPDATE dashboards SET user_id = (SELECT id FROM users WHERE ${one}) WHERE title = 'live'`,
    `UPDATE providers SET clinic_id = (SELECT id FROM clinics ORDER BY created_at DESC LIMIT 1) WHERE name = 'live'`,
    `DELETE FROM providers WHERE id = (SELECT max(id) FROM providers WHERE name = 'live')`,
  ];
  return { sql: writes[turn % writes.length]! };
}
