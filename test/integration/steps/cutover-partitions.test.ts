/** `cutover` over plain and partitioned tables whose columns have other names and values on the other side. */
import { beforeEach, describe, expect, it } from 'vitest';

import { testDatabase } from '../../support/database.js';
import { planOn, rowsOf, told, type PlanOnDatabase } from '../../support/plan-on-database.js';
import { forgetTables } from './whole-cycle.js';
import { stopAfterOperation } from './stop-after-operation.js';
import { leftOver } from './window-cycle.js';

for (const major of [18, 15]) {
  const test = await testDatabase({ major });
  const { query, value, database } = test;

  const plan = (): PlanOnDatabase =>
    planOn(database, {
      name: 'flipping',
      mappings: {
        copied: {
          from: 'origin',
          to: 'copy',
          columns: { k: 'id', v: 'upper(v)' },
          reverse: { columns: { v: 'lower(v)' }, on_delete: 'delete' },
        },
      },
      steps: [
        {
          id: 'in-step',
          dual_write: { mappings: ['copied'], direction: 'both' },
          allow: { deadlocks: 'this test writes from one side at a time' },
        },
        { id: 'fill', backfill: { mappings: ['copied'] } },
        { id: 'joined', gate: { approval: 'dba' } },
        { id: 'flip', cutover: { windows: ['in-step'] } },
        { id: 'soak', gate: { approval: 'dba' } },
        { id: 'done', close: { windows: ['in-step'], quiet: '1h' } },
      ],
    });
  const state = (): Promise<unknown> => value(`SELECT state FROM lockstep."window" WHERE name = 'flipping/in-step'`);
  const agree = async (): Promise<void> => {
    const wanted = await query('SELECT id AS k, upper(v) AS v FROM origin ORDER BY id');
    expect(await query('SELECT k, v FROM copy ORDER BY k')).toEqual(wanted);
    expect(await query('SELECT id, v FROM origin ORDER BY id')).toEqual(
      await query('SELECT k AS id, lower(v) AS v FROM copy ORDER BY k'),
    );
  };
  const writes = async (table: 'origin' | 'copy', first: number): Promise<void> => {
    const [key, v] = table === 'origin' ? ['id', "'new'"] : ['k', "'NEW'"];
    await query(`INSERT INTO ${table} VALUES (${first}, ${v}), (${first + 1}, ${v}), (${first + 2}, NULL)`);
    await query(`UPDATE ${table} SET v = v || v WHERE ${key} IN (1, ${first})`);
    await query(`UPDATE ${table} SET ${key} = ${key} + 50 WHERE ${key} = ${first + 1}`);
    await query(`DELETE FROM ${table} WHERE ${key} = ${first + 2}`);
    await agree();
  };

  describe(`on server ${major}`, () => {
    describe.each([
      ['plain', 'CREATE TABLE origin (id int PRIMARY KEY, v text)'],
      [
        'partitioned',
        `CREATE TABLE origin (id int PRIMARY KEY, v text) PARTITION BY RANGE (id);
         CREATE TABLE origin_low PARTITION OF origin FOR VALUES FROM (MINVALUE) TO (20);
         CREATE TABLE origin_high PARTITION OF origin FOR VALUES FROM (20) TO (MAXVALUE)`,
      ],
    ])('over a %s table', (_, origin) => {
      beforeEach(async () => {
        await forgetTables(test);
        await query(`${origin}; CREATE TABLE copy (k int PRIMARY KEY, v text);
          INSERT INTO origin SELECT n, 'v' || n FROM generate_series(1, 7) AS n`);
      });

      it('keeps both sides in step before and after, and takes the way back with all that was written', async () => {
        const flipping = plan();
        expect(told(await flipping.apply())).toBe('exit 6');
        await agree();
        await writes('origin', 10);
        await writes('copy', 20);
        await flipping.approve('joined');
        expect(told(await flipping.apply())).toBe('exit 6');
        expect(await state()).toBe('new leads');
        await writes('copy', 110);
        await writes('origin', 120);
        const written = (await rowsOf(test))['origin'] ?? [];
        const back = await flipping.rollback();
        expect(told(back)).toBe('exit 0');
        expect(back.report?.drift).toEqual([]);
        expect((await rowsOf(test))['origin'] ?? []).toEqual(written);
        expect(await value('SELECT count(*) FROM copy')).toBe('0');
        expect(await leftOver(test)).toEqual([]);
      });

      it('compares what was written while everything was compared, on either side', async () => {
        const flipping = plan();
        await flipping.apply();
        await flipping.approve('joined');
        const stopped = await flipping.apply(stopAfterOperation('flip/watch/2'));
        expect(stopped.exit, told(stopped)).toBe(6);
        await writes('origin', 10);
        await writes('copy', 20);
        expect(await value('SELECT count(DISTINCT key) FROM lockstep.touched')).toBe('9');
        expect(told(await flipping.apply())).toBe('exit 6');
        expect(await state()).toBe('new leads');
        expect(await value('SELECT count(*) FROM lockstep.touched')).toBe('0');
      });

      it('closes when nobody has written to the old side for as long as the plan says', async () => {
        const flipping = plan();
        await flipping.apply();
        await flipping.approve('joined');
        expect(told(await flipping.apply())).toBe('exit 6');
        await writes('copy', 10);
        await query(`UPDATE origin SET v = 'late' WHERE id = 3`);
        await flipping.approve('soak');
        const refused = await flipping.apply();
        expect(refused.exit, told(refused)).toBe(1);
        expect(JSON.stringify(refused.report!.run.operations)).toContain('nobody has written to the old side');
        await query(`UPDATE lockstep.old_writer SET at = at - interval '2 hours'`);
        expect(told(await flipping.apply())).toBe('exit 0');
        expect(await state()).toBe('closed');
        expect(await leftOver(test)).toEqual([]);
      });

      it('changes nothing where a row differs', async () => {
        const flipping = plan();
        await flipping.apply();
        await query(`SET lockstep.echo = 'x'; ALTER TABLE origin DISABLE TRIGGER USER; UPDATE origin SET v = 'else' WHERE id = 3;
          DO $$ DECLARE t record; BEGIN FOR t IN SELECT tgname FROM pg_trigger WHERE tgrelid = 'origin'::regclass LOOP
            EXECUTE format('ALTER TABLE origin ENABLE ALWAYS TRIGGER %I', t.tgname); END LOOP; END $$`);
        await flipping.approve('joined');
        const refused = await flipping.apply();
        expect(refused.exit, told(refused)).toBe(4);
        expect(await state()).toBe('old leads');
      });
    });
  });
}
