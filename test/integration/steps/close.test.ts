/** `close`: ends a window only where both sides agree and nobody had a mirror switched off; what is wrong leaves it open. */
import { beforeEach, describe, expect, it } from 'vitest';

import { testDatabase } from '../../support/database.js';
import { planOn, rowsOf, told, type PlanOnDatabase } from '../../support/plan-on-database.js';
import { forgetShape } from './whole-cycle.js';
import { stopAfterOperation } from './stop-after-operation.js';
import { leftOver } from './window-cycle.js';

/** What a person sends who has found a mirror switched off. */
const REPAIR = `DO $$ DECLARE t record; BEGIN
  FOR t IN SELECT tgrelid::regclass AS of, tgname FROM pg_trigger AS g JOIN pg_proc AS p ON p.oid = tgfoid WHERE pronamespace = 'lockstep'::regnamespace LOOP
    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', t.of, t.tgname);
  END LOOP; END $$`;

for (const major of [18, 15]) {
  const test = await testDatabase({ major });
  const { query, value, database } = test;

  const plan = (dualWrite: Readonly<Record<string, unknown>> = {}): PlanOnDatabase =>
    planOn(database, {
      name: 'closing',
      mappings: { copied: { from: 'origin', to: 'copy', columns: 'same' } },
      steps: [
        { id: 'in-step', dual_write: { mappings: ['copied'], ...dualWrite } },
        { id: 'fill', backfill: { mappings: ['copied'] } },
        { id: 'filled', gate: { approval: 'dba' } },
        { id: 'done', close: { windows: ['in-step'] } },
      ],
    });
  const atTheGate = async (dualWrite: Readonly<Record<string, unknown>> = {}): Promise<PlanOnDatabase> => {
    const found = plan(dualWrite);
    expect(told(await found.apply())).toBe('exit 6');
    await found.approve('filled');
    return found;
  };
  const state = (): Promise<unknown> => value(`SELECT state FROM lockstep."window" WHERE name = 'closing/in-step'`);

  describe(`on server ${major}`, () => {
    beforeEach(async () => {
      await forgetShape(test);
      await query(`CREATE TABLE origin (id int PRIMARY KEY, v text); CREATE TABLE copy (id int PRIMARY KEY, v text CHECK (v <> 'no'));
        INSERT INTO origin SELECT n, 'v' || n FROM generate_series(1, 7) AS n`);
    });

    it('takes the mirrors away, keeps the rows, and has no way back', async () => {
      const closing = await atTheGate();
      expect(await state()).toBe('old leads');
      const done = await closing.apply();
      expect(told(done)).toBe('exit 0');
      expect(await state()).toBe('closed');
      expect(await leftOver(test)).toEqual([]);
      await query('DELETE FROM origin');
      expect(await value('SELECT count(*) FROM copy')).toBe('7');
      await query('TRUNCATE origin; TRUNCATE copy');
      const back = await closing.rollback();
      expect(back.exit).toBe(1);
      expect(back.diagnostics[0]).toMatchObject({ code: 'LS9010' });
    });

    it.each([
      ['that others changed', `UPDATE copy SET v = 'else' WHERE id = 3`, { different: 1 }],
      ['that others deleted', 'DELETE FROM copy WHERE id = 3', { missing: 1 }],
      ['that others added', `INSERT INTO copy VALUES (99, 'other')`, { extra: 1 }],
      [
        'that were deleted and are back on both sides',
        // As a writer would leave it whose mirror did not see the other's.
        `INSERT INTO lockstep.tombstone (window_name, mapping, key) VALUES ('closing/in-step', 'copied', '{3}')`,
        { resurrected: 1 },
      ],
    ])('finds rows %s, and leaves the window open', async (_, sql, figures) => {
      const closing = await atTheGate();
      await query(sql);
      const before = await rowsOf(test);
      const refused = await closing.apply();
      expect(refused.exit, told(refused)).toBe(4);
      const compare = refused.report!.run.operations.find(({ id }) => id.startsWith('done/compare/in-step'));
      expect(compare?.outcome?.answer?.figures).toMatchObject(figures);
      expect(await state()).toBe('old leads');
      expect(await rowsOf(test)).toEqual(before);
    });

    it('goes on when the rows are repaired', async () => {
      const closing = await atTheGate();
      await query(`UPDATE copy SET v = 'else' WHERE id = 3`);
      expect((await closing.apply()).exit).toBe(4);
      await query(`UPDATE origin SET v = v || '' WHERE id = 3; UPDATE origin SET v = 'v3!' WHERE id = 3`);
      expect(told(await closing.apply())).toBe('exit 0');
      expect(await state()).toBe('closed');
    });

    it.each([
      ['off', 'ALTER TABLE origin DISABLE TRIGGER ALL'],
      [
        'off and on again, which makes it one that a session can keep from firing',
        'ALTER TABLE origin DISABLE TRIGGER ALL; ALTER TABLE origin ENABLE TRIGGER ALL',
      ],
      ['off for one table that TRUNCATE may name', 'ALTER TABLE copy DISABLE TRIGGER ALL'],
    ])('refuses where a mirror was switched %s', async (_, sql) => {
      const closing = await atTheGate();
      await query(sql);
      const drifted = await closing.apply();
      expect(drifted.diagnostics[0], told(drifted)).toMatchObject({ code: 'LS9029' });
      // Also where a person waves that through, and where it happens while the run goes on.
      const refused = await closing.apply({ acceptDrift: true });
      expect(refused.exit, told(refused)).toBe(1);
      expect(JSON.stringify(refused.report!.run.operations)).toContain('the mirror of copied is as it was made');
      expect(await state()).toBe('old leads');
      expect(await leftOver(test)).not.toEqual([]);
      // Who repairs it says so to every session.
      await query(REPAIR);
      expect(told(await closing.apply())).toBe('exit 0');
      expect(await leftOver(test)).toEqual([]);
    });

    it('refuses while a write is not made good that the target did not take', async () => {
      const closing = await atTheGate({ on_mirror_error: 'record' });
      await query(`UPDATE origin SET v = 'no' WHERE id = 3`);
      expect(
        await query('SELECT mapping, operation, key_before, sqlstate, by_user FROM lockstep.mirror_failure'),
      ).toEqual([
        {
          mapping: 'copied',
          operation: 'update',
          key_before: '{3}',
          sqlstate: '23514',
          by_user: await value('SELECT session_user'),
        },
      ]);
      const refused = await closing.apply();
      expect(refused.exit, told(refused)).toBe(4);
      expect(await state()).toBe('old leads');
      await query(`UPDATE origin SET v = 'yes' WHERE id = 3`);
      expect(told(await closing.apply())).toBe('exit 0');
      expect(await state()).toBe('closed');
    });

    it('refuses where the target did not take a write that came behind the comparison', async () => {
      const closing = await atTheGate({ on_mirror_error: 'record' });
      expect((await closing.apply(stopAfterOperation('done/compare/in-step/1-in_sync'))).exit).toBe(6);
      // An index build or a VACUUM holds the close back, but not a writer.
      let read: () => void = () => undefined;
      const reading = database.transaction(async (session) => {
        await session.query('LOCK TABLE origin IN SHARE UPDATE EXCLUSIVE MODE');
        await new Promise<void>((resolve) => (read = resolve));
      });
      let writing: Promise<unknown> | undefined;
      const refused = await closing.apply({
        observe: (event) => {
          if (event.type === 'retry' && event.operation === 'done/close/in-step')
            writing ??= query(`UPDATE origin SET v = 'no' WHERE id = 3`).finally(read);
        },
      });
      await Promise.all([reading, writing]);
      expect(refused.exit, told(refused)).toBe(1);
      expect(JSON.stringify(refused.report!.run.operations)).toContain('did not take has been made good');
      expect(await state()).toBe('old leads');
      await query(`UPDATE origin SET v = 'yes' WHERE id = 3`);
      expect(told(await closing.apply())).toBe('exit 0');
    });

    it('does not trust a comparison behind which a mirror was switched off', async () => {
      const closing = await atTheGate();
      expect((await closing.apply(stopAfterOperation('done/compare/in-step/1-in_sync'))).exit).toBe(6);
      await query(`ALTER TABLE origin DISABLE TRIGGER ALL; UPDATE origin SET v = 'unseen' WHERE id = 3`);
      await query(REPAIR);
      const refused = await closing.apply({ acceptDrift: true });
      expect(refused.exit, told(refused)).not.toBe(0);
      expect(await state()).toBe('old leads');
    });

    it('does not close a window that somebody moved in the journal', async () => {
      const closing = await atTheGate();
      await query(`UPDATE lockstep."window" SET state = 'leaving'`);
      const refused = await closing.apply();
      expect(refused.exit, told(refused)).not.toBe(0);
      expect(JSON.stringify(refused.report!.run.operations)).toContain('can become: closed');
    });

    it('closes several windows, each by itself', async () => {
      await query('CREATE TABLE other (id int PRIMARY KEY, v text)');
      const several = planOn(database, {
        name: 'several',
        mappings: {
          copied: { from: 'origin', to: 'copy', columns: 'same' },
          others: { from: 'origin', to: 'other', columns: 'same' },
        },
        steps: [
          { id: 'first', dual_write: { mappings: ['copied'] } },
          { id: 'second', dual_write: { mappings: ['others'] } },
          { id: 'fill', backfill: { mappings: ['copied', 'others'] } },
          { id: 'one', close: { windows: ['first'] } },
          { id: 'stand', gate: { approval: 'dba' } },
          { id: 'two', close: { windows: ['second'] } },
        ],
      });
      expect(told(await several.apply())).toBe('exit 6');
      await query(`INSERT INTO origin VALUES (8, 'v8')`);
      expect(await value('SELECT count(*) FROM copy')).toBe('7');
      expect(await value('SELECT count(*) FROM other')).toBe('8');
      await several.approve('stand');
      expect(told(await several.apply())).toBe('exit 0');
      expect(await leftOver(test)).toEqual([]);
    });
  });
}
