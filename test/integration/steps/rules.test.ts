/** Rules of tables that a step writes: refused by name where the server would rewrite, or refuse, what is written; and only there. */
import { beforeEach, describe, expect, it } from 'vitest';

import { testDatabase } from '../../support/database.js';
import { planOn, told, type PlanOnDatabase } from '../../support/plan-on-database.js';
import { forgetTables } from './whole-cycle.js';

const STEPS = {
  window: [
    { id: 'in-step', dual_write: { mappings: ['copied'] } },
    { id: 'fill', backfill: { mappings: ['copied'] } },
  ],
  both: [
    { id: 'in-step', dual_write: { mappings: ['copied'], direction: 'both' }, allow: { deadlocks: 'tried again' } },
    { id: 'fill', backfill: { mappings: ['copied'] } },
  ],
  copy: [{ id: 'fill', backfill: { mappings: ['copied'] } }],
  skip: [{ id: 'fill', backfill: { mappings: ['copied'], on_conflict: 'skip' } }],
  'in place': [{ id: 'fill', backfill: { table: 'origin', set: { v: `v || '!'` } } }],
  convert: [{ id: 'uuids', convert_uuid: { table: 'origin', value: 'random' } }],
} as const;

const ALSO = 'DO ALSO INSERT INTO log VALUES (1)';

for (const major of [18, 15]) {
  const test = await testDatabase({ major });
  const { query, database } = test;
  const plan = (steps: keyof typeof STEPS): PlanOnDatabase =>
    planOn(database, {
      name: 'rules',
      mappings: { copied: { from: 'origin', to: 'copy', columns: 'same', reverse: { on_delete: 'delete' } } },
      steps: STEPS[steps],
    });

  describe(`on server ${major}`, () => {
    beforeEach(async () => {
      await forgetTables(test);
      await query(`CREATE TABLE origin (id int PRIMARY KEY, v text); CREATE TABLE copy (id int PRIMARY KEY, v text); CREATE TABLE log (id int);
        INSERT INTO origin SELECT n, 'v' || n FROM generate_series(1, 9) AS n`);
    });

    const rule = (event: string, table: string, what: string = ALSO): string =>
      `CREATE RULE "R ON x" AS ON ${event} TO ${table} ${what}`;
    const refused: readonly (readonly [keyof typeof STEPS, string])[] = [
      ...(['INSERT', 'UPDATE', 'DELETE'] as const).flatMap((event) => [
        ['window', rule(event, 'copy')] as const,
        ['window', rule(event, 'origin')] as const,
        ['both', rule(event, 'copy', 'DO INSTEAD NOTHING')] as const,
      ]),
      ['window', `${rule('UPDATE', 'copy')}; ALTER TABLE copy DISABLE RULE "R ON x"`],
      ['window', rule('UPDATE', 'copy', 'DO ALSO NOTIFY changed')],
      [
        'window',
        `ALTER TABLE copy RENAME TO was; CREATE TABLE copy (LIKE was INCLUDING ALL); ${rule('DELETE', 'copy')}`,
      ],
      ['window', `${rule('DELETE', 'copy')}; ALTER TABLE copy ENABLE REPLICA RULE "R ON x"`],
      ['copy', rule('INSERT', 'copy')],
      ['copy', `${rule('INSERT', 'copy')}; ALTER TABLE copy ENABLE ALWAYS RULE "R ON x"`],
      ['copy', rule('DELETE', 'copy', 'DO INSTEAD UPDATE copy SET v = NULL WHERE id = OLD.id')],
      ['skip', rule('UPDATE', 'copy')],
      ['skip', `${rule('UPDATE', 'copy')}; ALTER TABLE copy DISABLE RULE "R ON x"`],
      ['in place', rule('UPDATE', 'origin')],
      ['convert', rule('UPDATE', 'origin')],
      ['convert', rule('DELETE', 'origin', 'DO INSTEAD NOTHING')],
    ];
    it.each(refused)('refuses a %s beside %s', async (steps, sql) => {
      await query(sql);
      const found = await plan(steps).apply();
      expect(found.exit, told(found)).toBe(3);
      expect(found.diagnostics.find(({ code }) => code === 'LS6110')?.detail).toContain('`"R ON x"` of `public.');
    });

    it.each([
      ['copy', rule('UPDATE', 'copy')],
      ['copy', `${rule('INSERT', 'copy')}; ALTER TABLE copy DISABLE RULE "R ON x"`],
      ['window', `${rule('DELETE', 'origin')}; ALTER TABLE origin DISABLE RULE "R ON x"`],
      ['copy', `${rule('INSERT', 'copy')}; ALTER TABLE copy ENABLE REPLICA RULE "R ON x"`],
      ['in place', rule('INSERT', 'origin')],
      ['window', `CREATE VIEW seen AS SELECT * FROM copy; ${rule('INSERT', 'seen', 'DO INSTEAD NOTHING')}`],
      [
        'window',
        `DROP TABLE copy; CREATE TABLE copy (id int PRIMARY KEY, v text) PARTITION BY RANGE (id); CREATE TABLE part PARTITION OF copy DEFAULT;
         ${rule('INSERT', 'part', 'DO INSTEAD NOTHING')}`,
      ],
    ] as const)('takes a %s beside %s, there and back', async (steps, sql) => {
      await query(sql);
      const found = plan(steps);
      expect(told(await found.apply())).toBe('exit 0');
      await query(`UPDATE origin SET v = v || '?' WHERE id = 3; INSERT INTO origin VALUES (20, 'new')`);
      expect(told(await found.rollback())).toBe('exit 0');
    });
  });
}
