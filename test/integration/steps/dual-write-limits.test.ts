/** `dual_write`: what it refuses, before it opens and while it is open; whoever is refused changed nothing. */
import { beforeEach, describe, expect, it } from 'vitest';

import { PgDatabase } from '../../../src/postgres/pg-database.js';
import { testDatabase } from '../../support/database.js';
import { ON_OLD } from '../../support/majors.js';
import { planOn, rowsOf, told, type PlanOnDatabase } from '../../support/plan-on-database.js';
import { stopAfterBatches } from './stop-after-batches.js';
import { forgetTables } from './whole-cycle.js';
import { leftOver } from './window-cycle.js';

for (const major of ON_OLD) {
  const test = await testDatabase({ major });
  const { query, value, database, url } = test;

  const plan = (
    more: Readonly<Record<string, unknown>> = {},
    mapping: Readonly<Record<string, unknown>> = {},
  ): PlanOnDatabase =>
    planOn(database, {
      name: 'limits',
      defaults: { batch: { rows: 2, target: 'off', max_rows: 2 }, workers: 1 },
      mappings: { copied: { from: 'origin', to: 'copy', columns: 'same', ...mapping } },
      steps: [
        { id: 'in-step', dual_write: { mappings: ['copied'], ...more } },
        { id: 'fill', backfill: { mappings: ['copied'] } },
      ],
    });
  const opened = async (...parts: Parameters<typeof plan>): Promise<PlanOnDatabase> => {
    const found = plan(...parts);
    expect(told(await found.apply())).toBe('exit 0');
    return found;
  };
  const codes = async (found: PlanOnDatabase): Promise<readonly string[]> =>
    (await found.plan()).diagnostics.filter(({ severity }) => severity === 'error').map(({ code }) => code);

  describe(`on server ${major}`, () => {
    beforeEach(async () => {
      await forgetTables(test);
      await query(`CREATE TABLE origin (id int PRIMARY KEY, v text); CREATE TABLE copy (id int PRIMARY KEY, v text CHECK (v <> 'no'));
        INSERT INTO origin SELECT n, 'v' || n FROM generate_series(1, 9) AS n`);
    });

    it.each([
      [
        'LS6501',
        'a key without a unique index',
        'ALTER TABLE origin ADD PRIMARY KEY (v)',
        'ALTER TABLE origin DROP CONSTRAINT origin_pkey',
      ],
      [
        'LS6501',
        'a key whose index is deferrable',
        'ALTER TABLE origin ADD UNIQUE (id) DEFERRABLE, ADD PRIMARY KEY (v)',
        'ALTER TABLE origin DROP CONSTRAINT origin_pkey',
      ],
      [
        'LS6502',
        'a trigger that sorts before the mirror',
        `CREATE TRIGGER "00 first" AFTER UPDATE ON origin FOR EACH ROW EXECUTE FUNCTION f()`,
        `CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'`,
      ],
      [
        'LS6101',
        'a trigger of the target that nobody spoke for',
        `CREATE TRIGGER mine BEFORE DELETE ON copy FOR EACH ROW EXECUTE FUNCTION f()`,
        `CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'`,
      ],
      ['LS6107', 'an unlogged target', 'SELECT', 'ALTER TABLE copy SET UNLOGGED'],
      ['LS6107', 'a source with inheritance children', 'CREATE TABLE child () INHERITS (origin)', 'SELECT'],
    ])('refuses with %s %s', async (code, _, then, first) => {
      await query(first);
      await query(then);
      expect(await codes(plan())).toContain(code);
    });

    it('refuses tables of another owner with LS6503', async () => {
      const role = `not_owner_${test.name}`;
      await query(`CREATE ROLE ${role} LOGIN PASSWORD 'x'; GRANT ALL ON DATABASE ${test.name} TO ${role}; GRANT USAGE, CREATE ON SCHEMA public TO ${role};
        GRANT ALL ON origin, copy TO ${role}`);
      const login = new URL(url);
      [login.username, login.password] = [role, 'x'];
      const theirs = new PgDatabase({ url: login.href });
      try {
        const found = planOn(theirs, {
          name: 'theirs',
          mappings: { copied: { from: 'origin', to: 'copy', columns: 'same' } },
          steps: [{ id: 'in-step', dual_write: { mappings: ['copied'] } }],
        });
        expect((await found.apply()).diagnostics.map(({ code }) => code)).toEqual(['LS6503', 'LS6503']);
      } finally {
        await theirs.close();
        await query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
      }
    });

    it.each([
      ['differ', `INSERT INTO copy VALUES (3, 'mine')`, { different: 1 }],
      ['the source does not have', `INSERT INTO copy VALUES (99, 'mine')`, { extra: 1 }],
    ])('changes nothing where the target holds rows that %s', async (_, sql, figures) => {
      await query(sql);
      const before = await rowsOf(test);
      const refused = await plan().apply();
      expect(refused.exit, told(refused)).toBe(4);
      const proof = refused.report!.run.operations.find(({ outcome }) => (outcome?.answer?.violations ?? 0) > 0);
      expect(proof?.outcome?.answer?.figures).toMatchObject(figures);
      expect(await rowsOf(test)).toEqual(before);
      expect(await leftOver(test)).toEqual([]);
    });

    it('refuses a TRUNCATE of either side by the name of the window, and lets it be after the way back', async () => {
      const found = await opened();
      for (const table of ['origin', 'copy', 'origin, copy'])
        await expect(query(`TRUNCATE ${table}`)).rejects.toThrow(/lockstep window "limits\/in-step": TRUNCATE of /);
      expect(await value('SELECT count(*) FROM copy')).toBe('9');
      expect(told(await found.rollback())).toBe('exit 0');
      await query('TRUNCATE origin');
    });

    it('lets a write fail with the error of the server, with the window in its context', async () => {
      await opened();
      const message = await query(`DO $$ DECLARE m text; c text; BEGIN UPDATE origin SET v = 'no' WHERE id = 3;
        EXCEPTION WHEN check_violation THEN GET STACKED DIAGNOSTICS m = MESSAGE_TEXT, c = PG_EXCEPTION_CONTEXT; RAISE EXCEPTION '% | %', m, c; END $$`).catch(
        String,
      );
      expect(message).toContain('new row for relation "copy" violates check constraint "copy_v_check"');
      expect(message).toContain('mirror of limits/in-step: copied');
      expect(await value('SELECT v FROM origin WHERE id = 3')).toBe('v3');
    });

    it('does not touch a row of others at the same key', async () => {
      await query(
        `DROP TABLE copy; CREATE TABLE copy (id int PRIMARY KEY, v text, kind text NOT NULL); INSERT INTO copy VALUES (50, 'theirs', 'other')`,
      );
      await opened({}, { target_where: `kind = 'own'`, columns: { id: 'id', v: 'v', kind: { value: 'own' } } });
      await expect(query(`INSERT INTO origin VALUES (50, 'ours')`)).rejects.toThrow(
        /limits\/in-step.*belongs to others/s,
      );
      await query(`UPDATE origin SET id = 51 WHERE id = 9`);
      await expect(query(`UPDATE origin SET id = 50 WHERE id = 51`)).rejects.toThrow(/belongs to others/);
      expect(await query('SELECT id, v, kind FROM copy WHERE id >= 50 ORDER BY id')).toEqual([
        { id: 50, v: 'theirs', kind: 'other' },
        { id: 51, v: 'v9', kind: 'own' },
      ]);
    });

    it('leaves a row of others alone when a recorded one of its own at the same key goes', async () => {
      await query(
        `DROP TABLE copy; CREATE TABLE copy (id int PRIMARY KEY, v text, kind text NOT NULL); INSERT INTO copy VALUES (50, 'theirs', 'other')`,
      );
      await opened(
        { on_mirror_error: 'record' },
        { target_where: `kind = 'own'`, columns: { id: 'id', v: 'v', kind: { value: 'own' } } },
      );
      await query(`INSERT INTO origin VALUES (50, 'ours')`);
      await query(`DELETE FROM origin WHERE id = 50`);
      expect(await query('SELECT v, kind FROM copy WHERE id = 50')).toEqual([{ v: 'theirs', kind: 'other' }]);
    });

    it('mirrors for a role that may not touch the other table, with any search path, and in every replication role', async () => {
      const role = `app_${test.name}`;
      await query(
        `CREATE ROLE ${role}; GRANT SELECT, INSERT, UPDATE, DELETE ON origin TO ${role}; GRANT USAGE ON SCHEMA public TO ${role}`,
      );
      try {
        await opened();
        await query(`SET ROLE ${role}; SET search_path = pg_catalog; INSERT INTO public.origin VALUES (20, 'by the app'); UPDATE public.origin SET v = 'again' WHERE id = 20;
          DELETE FROM public.origin WHERE id = 1; RESET ROLE; RESET search_path`);
        await query(
          `SET session_replication_role = replica; UPDATE origin SET v = 'as a replica' WHERE id = 2; RESET session_replication_role`,
        );
        expect(await query('SELECT * FROM copy ORDER BY id')).toEqual(await query('SELECT * FROM origin ORDER BY id'));
        await expect(query(`SET ROLE ${role}; INSERT INTO copy VALUES (77, 'x')`)).rejects.toThrow(/permission denied/);
        await query('RESET ROLE');
      } finally {
        await query(`RESET ROLE; DROP OWNED BY ${role}; DROP ROLE ${role}`);
      }
    });

    it('lets a write pass that is recorded, and brings the others on', async () => {
      await opened({ on_mirror_error: 'record' });
      await query(
        `UPDATE origin SET v = CASE id WHEN 3 THEN 'no' ELSE 'yes' END; DELETE FROM origin WHERE id = 4; INSERT INTO origin VALUES (30, 'no')`,
      );
      expect(await value(`SELECT count(*) FROM copy WHERE v = 'yes'`)).toBe('7');
      expect(
        await query('SELECT operation, key_before, key_after, side FROM lockstep.mirror_failure ORDER BY id'),
      ).toEqual([
        { operation: 'update', key_before: '{3}', key_after: '{3}', side: 'new' },
        { operation: 'insert', key_before: null, key_after: '{30}', side: 'new' },
      ]);
    });

    it('stops the fill where a mirror was switched off, and goes on when it fires again', async () => {
      const found = plan();
      let off: Promise<unknown> | undefined;
      const first = await found.apply(stopAfterBatches(1));
      expect(first.exit).toBe(6);
      const [{ tgname: trigger }] = (await query<{ tgname: string }>(
        `SELECT tgname FROM pg_trigger WHERE tgrelid = 'origin'::regclass AND tgname LIKE '00 lockstep % u'`,
      )) as [{ tgname: string }];
      const silent = await found.apply({
        observe: (event) => {
          // While the process is at work, so that the comparison of definitions at its beginning does not see it.
          if (event.type === 'operation' && event.operation === 'fill/fill/copied' && event.to === 'running')
            off ??= query(`ALTER TABLE origin DISABLE TRIGGER "${trigger}"`);
        },
      });
      await off;
      if (silent.exit !== 0) expect(told(silent)).toContain('mirror');
      else expect((await query('SELECT 1 FROM copy')).length).toBe(9);
      await query(`ALTER TABLE origin ENABLE ALWAYS TRIGGER "${trigger}"`);
      expect(told(await found.apply({ acceptDrift: true }))).toBe('exit 0');
    });

    it('compares citext as the plan does, whatever the search path', async () => {
      if ((await value(`SELECT count(*) FROM pg_available_extensions WHERE name = 'citext'`)) === '0') return;
      await query(`DROP TABLE origin, copy; CREATE EXTENSION citext; CREATE TABLE origin (mail citext PRIMARY KEY, v text); CREATE TABLE copy (mail citext PRIMARY KEY, v text, kind text);
        INSERT INTO origin VALUES ('A@x', 'a'), ('b@x', 'b')`);
      await opened(
        {},
        {
          where: `mail <> 'C@X'`,
          columns: { mail: 'mail', v: 'v', kind: `CASE WHEN mail = 'a@X' THEN 'first' ELSE 'other' END` },
        },
      );
      await query(
        `SET search_path = pg_catalog; UPDATE public.origin SET mail = 'a@X', v = 'A' WHERE v = 'a'; INSERT INTO public.origin VALUES ('c@x', 'c'); DELETE FROM public.origin WHERE v = 'b'; RESET search_path`,
      );
      // One key, spelled otherwise: the other side takes the new spelling.
      expect(await query(`SELECT mail::text, v, kind FROM copy`)).toEqual([{ mail: 'a@X', v: 'A', kind: 'first' }]);
    });
  });
}
