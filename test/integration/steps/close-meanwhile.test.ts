/** `close` beside who writes while it compares, and beside partitions that come and go: what passed the mirrors by is found, and named. */
import { beforeEach, describe, expect, it } from 'vitest';

import { testDatabase } from '../../support/database.js';
import { planOn, told, type PlanOnDatabase } from '../../support/plan-on-database.js';
import { forgetTables } from './whole-cycle.js';

for (const major of [18, 15]) {
  const test = await testDatabase({ major });
  const { query, value, database } = test;
  const plan = (direction: 'forward' | 'both', last: readonly object[]): PlanOnDatabase =>
    planOn(database, {
      name: 'meanwhile',
      mappings: { m: { from: 'old', to: 'new', columns: { id: 'id', v: 'v' }, reverse: { on_delete: 'delete' } } },
      steps: [
        {
          id: 'in-step',
          dual_write: { mappings: ['m'], direction },
          ...(direction === 'both' && { allow: { deadlocks: 'tried again' } }),
        },
        { id: 'fill', backfill: { mappings: ['m'] } },
        { id: 'ok', gate: { approval: 'dba' } },
        ...last,
      ],
    });
  const DONE = [{ id: 'done', close: { windows: ['in-step'] } }];
  const toTheGate = async (found: PlanOnDatabase): Promise<void> => {
    expect((await found.apply()).exit).toBe(6);
    await found.approve('ok');
  };
  const state = (): Promise<unknown> => value('SELECT state FROM lockstep."window"');
  const triggers = (): Promise<unknown> =>
    value(`SELECT count(*) FROM pg_trigger WHERE tgname LIKE '00 lockstep %' AND tgparentid = 0`);

  describe(`on server ${major}`, () => {
    beforeEach(async () => {
      await forgetTables(test);
      await query(`CREATE TABLE old (id int PRIMARY KEY, v text) PARTITION BY RANGE (id); CREATE TABLE old_1 PARTITION OF old FOR VALUES FROM (0) TO (100);
        CREATE TABLE old_2 PARTITION OF old FOR VALUES FROM (100) TO (200); CREATE TABLE new (id int PRIMARY KEY, v text);
        INSERT INTO old SELECT n * 15, 'v' || n FROM generate_series(1, 12) AS n`);
    });

    it.each(['forward', 'both'] as const)(
      '%s: a write that its mirror did not make, behind the comparison, is found',
      async (direction) => {
        const found = plan(direction, DONE);
        await toTheGate(found);
        let done = false;
        // Of the key alone the watch knows: the mirror itself is switched off and on again.
        const lied = async (): Promise<void> => {
          const mirror = String(
            await value(
              `SELECT quote_ident(tgname) FROM pg_trigger WHERE tgrelid = 'old'::regclass AND tgname LIKE '00 lockstep % u'`,
            ),
          );
          await query(
            `BEGIN; ALTER TABLE old DISABLE TRIGGER ${mirror}; UPDATE old SET v = 'parted' WHERE id = 15; ALTER TABLE old ENABLE ALWAYS TRIGGER ${mirror}; COMMIT`,
          );
        };
        let writing: Promise<void> | undefined;
        const closed = await found.apply({
          observe: (event) => {
            if (
              done ||
              event.type !== 'operation' ||
              event.to !== 'done' ||
              !event.operation.startsWith('done/compare/')
            )
              return;
            done = true;
            writing = lied();
          },
        });
        await writing;
        expect(done, 'the comparison was seen').toBe(true);
        expect(closed.exit, told(closed)).not.toBe(0);
        expect(await state()).toBe('old leads');
        await query(`UPDATE old SET v = v || '!'`);
        expect(told(await found.apply())).toBe('exit 0');
        expect(await state()).toBe('closed');
        expect(await triggers()).toBe('0');
        expect(await value('SELECT count(*) FROM lockstep.touched')).toBe('0');
      },
    );

    it('a way back from a close that stopped leaves nothing of it', async () => {
      const found = plan('forward', DONE);
      await toTheGate(found);
      await query(`INSERT INTO new VALUES (7, 'of others')`);
      expect((await found.apply()).exit).toBe(4);
      await query(`DELETE FROM new WHERE id = 7`);
      expect(told(await found.rollback())).toBe('exit 0');
      expect(await triggers()).toBe('0');
      expect(await value('SELECT count(*) FROM new')).toBe('0');
    });

    const came = `CREATE TABLE old_3 PARTITION OF old FOR VALUES FROM (200) TO (300); INSERT INTO old VALUES (201, 'a'), (202, 'b')`;
    it.each([
      ['a partition that came is truncated', `${came}; TRUNCATE old_3`],
      ['a partition is detached with its rows', 'ALTER TABLE old DETACH PARTITION old_2'],
      ['a partition is dropped', 'DROP TABLE old_2'],
      [
        'one is attached with rows',
        `CREATE TABLE old_3 (id int PRIMARY KEY, v text); INSERT INTO old_3 VALUES (250, 'brought'); ALTER TABLE old ATTACH PARTITION old_3 FOR VALUES FROM (200) TO (300)`,
      ],
    ])('%s: verify and close find it, and name it', async (_, sql) => {
      const found = plan('forward', DONE);
      await toTheGate(found);
      await query(sql);
      for (const result of [await found.verify(), await found.apply({ acceptDrift: true })]) {
        expect(result.exit, told(result)).toBe(4);
        if (!sql.startsWith('DROP'))
          expect(JSON.stringify(result)).toContain('TRUNCATE, ATTACH or DETACH of a partition');
      }
      expect(await state()).toBe('old leads');
    });

    it.each([
      ['came, and what is written there is mirrored', came],
      ['came and went', `${came}; DELETE FROM old WHERE id > 200; DROP TABLE old_3`],
      ['was emptied and dropped', 'DELETE FROM old WHERE id >= 100; DROP TABLE old_2'],
      ['was emptied and detached', 'DELETE FROM old WHERE id >= 100; ALTER TABLE old DETACH PARTITION old_2'],
    ])('a partition that %s is in nobody’s way', async (_, sql) => {
      const found = plan('forward', DONE);
      await toTheGate(found);
      await query(sql);
      expect(told(await found.apply({ acceptDrift: true }))).toBe('exit 0');
      expect(await query('SELECT id, v FROM old EXCEPT SELECT id, v FROM new')).toEqual([]);
      expect(await triggers()).toBe('0');
      expect(
        await value(
          `SELECT count(*) FROM pg_proc WHERE pronamespace = 'lockstep'::regnamespace AND proname LIKE '%meanwhile%'`,
        ),
      ).toBe('0');
    });
  });
}
