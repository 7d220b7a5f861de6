/** Constraints around partitions whose names only the server chooses, and what it makes a partition's own. */
import { afterEach, describe, expect, it } from 'vitest';

import { testDatabase } from '../../support/database.js';
import { planOn, told } from '../../support/plan-on-database.js';
import { forgetTables } from './whole-cycle.js';

for (const major of [18, 15] as const) {
  const test = await testDatabase({ major });
  const { query } = test;
  const plan = (name: string, ...texts: readonly string[]) =>
    planOn(test.database, { name, steps: texts.map((ddl, index) => ({ id: `s${index + 1}`, ddl })) });

  describe(`on server ${major}`, () => {
    afterEach(() => forgetTables(test));

    it('the parts of a foreign key to a partitioned table bear names that the next one cannot have', async () => {
      await query(`CREATE TABLE events (n int PRIMARY KEY) PARTITION BY RANGE (n);
        CREATE TABLE events_low PARTITION OF events FOR VALUES FROM (0) TO (8);
        CREATE TABLE notes (id int PRIMARY KEY, event int REFERENCES events)`);
      const more = plan('second-key', 'ALTER TABLE notes ADD FOREIGN KEY (event) REFERENCES events ON DELETE CASCADE');
      expect(told(await more.apply())).toBe('exit 0');
      const names = `SELECT conname AS name FROM pg_constraint WHERE conrelid = 'notes'::regclass AND conparentid = 0 AND contype = 'f' ORDER BY 1`;
      expect(await query(names)).toEqual([{ name: 'notes_event_fkey' }, { name: 'notes_event_fkey2' }]);
      expect(told(await more.rollback())).toBe('exit 0');
    });

    it('a foreign key whose name a partition has taken gets another one there', async () => {
      await query(`CREATE TABLE people (id int PRIMARY KEY);
        CREATE TABLE events (n int, person int) PARTITION BY RANGE (n);
        CREATE TABLE events_low PARTITION OF events FOR VALUES FROM (0) TO (8);
        ALTER TABLE events_low ADD CONSTRAINT known CHECK (n IS NOT NULL)`);
      const key = plan('taken', 'ALTER TABLE events ADD CONSTRAINT known FOREIGN KEY (person) REFERENCES people');
      expect(told(await key.apply())).toBe('exit 0');
      expect(told(await key.rollback())).toBe('exit 0');
      expect((await key.rollback()).report?.drift ?? []).toEqual([]);
    });

    it('a primary key that makes NOT NULL a partition’s own has no way back where the table says it too', async () => {
      await query(`CREATE TABLE events (n int, code text) PARTITION BY RANGE (n);
        CREATE TABLE events_low PARTITION OF events FOR VALUES FROM (0) TO (8)`);
      const key = plan(
        'own',
        'ALTER TABLE events ALTER code SET NOT NULL',
        'ALTER TABLE events_low ADD PRIMARY KEY (code)',
      );
      const applied = told(await key.apply());
      if (major === 18) {
        expect(applied).toContain('LS6202');
        return;
      }
      expect(applied).toBe('exit 0');
      expect(told(await key.rollback())).toBe('exit 0');
    });
  });
}
