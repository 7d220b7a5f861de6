/**
 * How long a comparison of a window counts: it is asked again by each process that goes on, until what it is for has been done. Not
 * beyond: a way back takes rows away, and a closed window's sides go their own ways.
 */
import { beforeEach, describe, expect, it } from 'vitest';

import { testDatabase } from '../../support/database.js';
import { ON_OLD } from '../../support/majors.js';
import { planOn, told, type PlanOnDatabase } from '../../support/plan-on-database.js';
import { stopAfterBatches } from './stop-after-batches.js';
import { stopAfterOperation } from './stop-after-operation.js';
import { forgetTables } from './whole-cycle.js';
import { leftOver } from './window-cycle.js';

const ROWS = 50;
const COMPARISON = 'undo/flip/compare/in-step/1-in_sync';

for (const major of ON_OLD) {
  const test = await testDatabase({ major });
  const { query, value, database } = test;
  const state = (): Promise<unknown> => value(`SELECT state FROM lockstep."window"`);

  const cutOver = async (...more: readonly object[]): Promise<PlanOnDatabase> => {
    const plan = planOn(database, {
      name: 'lasting',
      defaults: { batch: { rows: 10, target: 'off' } },
      mappings: { copied: { from: 'origin', to: 'copy', columns: 'same', reverse: { on_delete: 'delete' } } },
      steps: [
        {
          id: 'in-step',
          dual_write: { mappings: ['copied'], direction: 'both' },
          allow: { deadlocks: 'a test' },
        },
        { id: 'fill', backfill: { mappings: ['copied'] } },
        { id: 'flip', cutover: { windows: ['in-step'] } },
        { id: 'soak', gate: { approval: 'dba' } },
        { id: 'done', close: { windows: ['in-step'], quiet: '0s' } },
        ...more,
      ],
    });
    expect(told(await plan.apply())).toBe('exit 6');
    expect(await state()).toBe('new leads');
    return plan;
  };

  describe(`on server ${major}`, () => {
    beforeEach(async () => {
      await forgetTables(test);
      await query(`CREATE TABLE origin (id int PRIMARY KEY, v text); CREATE TABLE copy (id int PRIMARY KEY, v text);
        INSERT INTO origin SELECT n, 'v' || n FROM generate_series(1, ${ROWS}) AS n`);
    });

    it('a way back that stopped while rows were taken away goes on', async () => {
      // The wrong design: asked again until everything has ended that waits for it, so of rows that are being taken away.
      const plan = await cutOver();
      await query(`UPDATE copy SET v = 'new side' WHERE id = 4`);
      expect((await plan.rollback(stopAfterBatches(1))).exit).toBe(6);
      expect(await state()).toBe('leaving');
      const left = Number(await value('SELECT count(*) FROM copy'));
      expect(left).toBeGreaterThan(0);
      expect(left).toBeLessThan(ROWS);
      const back = await plan.rollback();
      expect(told(back)).toBe('exit 0');
      expect(back.report?.drift).toEqual([]);
      expect(await value('SELECT count(*) FROM copy')).toBe('0');
      expect(await value('SELECT v FROM origin WHERE id = 4')).toBe('new side');
      expect(await leftOver(test)).toEqual([]);
    });

    it('one that stopped when the mirrors had learned to leave goes on, whatever was written since', async () => {
      const plan = await cutOver();
      expect((await plan.rollback(stopAfterOperation('undo/in-step/leave'))).exit).toBe(6);
      await query(`INSERT INTO origin VALUES (${ROWS + 1}, 'late'); UPDATE origin SET v = 'late' WHERE id = 4`);
      expect(told(await plan.rollback())).toBe('exit 0');
      expect(await value('SELECT count(*) FROM copy')).toBe('0');
      expect(await value(`SELECT count(*) FROM origin WHERE v = 'late'`)).toBe('2');
    });

    it('one that stopped behind the comparison does not trust it', async () => {
      const plan = await cutOver();
      expect((await plan.rollback(stopAfterOperation(COMPARISON))).exit).toBe(6);
      expect(await state()).toBe('new leads');
      // Between two turns, and undone: nothing shows it but the rows.
      await query(`ALTER TABLE copy DISABLE TRIGGER ALL; UPDATE copy SET v = 'unseen' WHERE id = 4`);
      await query(`DO $$ DECLARE t record; BEGIN
        FOR t IN SELECT tgname FROM pg_trigger WHERE tgrelid = 'copy'::regclass LOOP
          EXECUTE format('ALTER TABLE copy ENABLE ALWAYS TRIGGER %I', t.tgname);
        END LOOP; END $$`);
      const refused = await plan.rollback({ acceptDrift: true });
      expect(refused.exit, told(refused)).toBe(4);
      expect(told(refused)).toContain(COMPARISON);
      expect(await state()).toBe('new leads');
    });

    it('a closed window is not compared again for a step that needs its end', async () => {
      const plan = await cutOver(
        { id: 'later', gate: { approval: 'dba' } },
        { id: 'last', needs: ['done'], verify: [{ exists: { table: 'copy' } }] },
      );
      expect((await plan.approve('soak')).exit).toBe(0);
      expect((await plan.apply(stopAfterOperation('done/forget/in-step'))).exit).toBe(6);
      await query(`UPDATE copy SET v = 'on its own' WHERE id = 4`);
      const waiting = await plan.apply();
      expect(told(waiting)).toBe('exit 6');
      expect((await plan.approve('later')).exit).toBe(0);
      expect(told(await plan.apply())).toBe('exit 0');
    });

    it('keys that were converted are not compared by names that they no longer have', async () => {
      await query('CREATE TABLE keyed (id serial PRIMARY KEY, v text); INSERT INTO keyed (v) VALUES (1), (2)');
      const plan = planOn(database, {
        name: 'keys',
        steps: [
          { id: 'keys', convert_uuid: { table: 'keyed', value: 'random' } },
          { id: 'flip', cutover: { windows: ['keys'] } },
        ],
      });
      expect(told(await plan.apply())).toBe('exit 0');
      expect((await plan.rollback(stopAfterOperation('undo/flip/cutover'))).exit).toBe(6);
      expect(told(await plan.rollback())).toBe('exit 0');
      expect(await query('SELECT id, v FROM keyed ORDER BY id')).toEqual([
        { id: 1, v: '1' },
        { id: 2, v: '2' },
      ]);
    });
  });
}
