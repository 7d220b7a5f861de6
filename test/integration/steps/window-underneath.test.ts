/** What an open window stands on stays as it is: a step that renames, drops or retypes it is refused before anything changes. */
import { beforeEach, describe, expect, it } from 'vitest';

import { testDatabase } from '../../support/database.js';
import { planOn, told, type PlanOnDatabase } from '../../support/plan-on-database.js';
import { forgetTables } from './whole-cycle.js';
import { leftOver } from './window-cycle.js';

const ALLOW = {
  ...{ breaks_readers: 'a test', data_loss: 'a test', rewrites_table: 'a test', blocks_writes: 'a test' },
  ...{ blocks_reads: 'a test', breaks_subscribers: 'a test' },
};

for (const major of [18, 15] as const) {
  const test = await testDatabase({ major });
  const { query } = test;

  const window = (id: string): object => ({ id, dual_write: { mappings: ['copied'] } });
  const changing = (text: string, kind = 'ddl'): object => ({
    id: 'change',
    ...(kind === 'ddl' ? { ddl: text } : { sql: { up: text } }),
    allow: ALLOW,
    rollback: { none: 'a test' },
  });
  const planOf = (name: string, ...steps: readonly object[]): PlanOnDatabase =>
    planOn(test.database, {
      name,
      mappings: {
        copied: {
          ...{ from: 'origin', to: 'copy', where: 'live', target_where: `kind = 'own'` },
          columns: { id: 'id', v: `v || '!'`, kind: { value: 'own' } },
          reverse: { columns: { v: `rtrim(v, '!')`, back: 'v' }, on_delete: 'delete' },
        },
      },
      steps,
    });
  const codes = async (plan: PlanOnDatabase): Promise<readonly string[]> =>
    (await plan.plan()).diagnostics.filter(({ severity }) => severity === 'error').map(({ code }) => code);

  describe(`on server ${major}`, () => {
    beforeEach(async () => {
      await forgetTables(test);
      await query(`CREATE TABLE origin (id int PRIMARY KEY, v text, live boolean DEFAULT true, back text, note text, half text GENERATED ALWAYS AS (left(v, 1)) STORED);
        CREATE TABLE copy (id int PRIMARY KEY, v text, kind text, extra text, spare text); INSERT INTO origin VALUES (1, 'a')`);
    });

    it.each([
      ['renames a column that is read', 'ALTER TABLE origin RENAME v TO w', 'origin.v'],
      ['renames a column of the condition', 'ALTER TABLE origin RENAME live TO alive', 'origin.live'],
      ['drops the key', 'ALTER TABLE origin DROP CONSTRAINT origin_pkey', 'unique index on id'],
      ['drops a column that is written', 'ALTER TABLE copy DROP v', 'copy.v'],
      ['renames a column that is written', 'ALTER TABLE copy RENAME v TO w', 'copy.v'],
      ['renames a column that says whose a row is', 'ALTER TABLE copy RENAME kind TO sort', 'copy.kind'],
      [
        'gives a column that is written another type',
        'ALTER TABLE copy ALTER v TYPE varchar(9)',
        'character varying(9)',
      ],
      ['gives a column that is read another type', 'ALTER TABLE origin ALTER v TYPE varchar', 'character varying'],
      ['renames the source', 'ALTER TABLE origin RENAME TO former', 'is renamed to `public.former`'],
      ['moves the target', 'CREATE SCHEMA IF NOT EXISTS aside; ALTER TABLE copy SET SCHEMA aside', 'aside.copy'],
      ['drops the target', 'DROP TABLE copy', 'is dropped'],
    ])('a step that %s', async (_, text, says) => {
      for (const kind of ['ddl', 'sql']) {
        const refused = await planOf('underneath', window('in-step'), changing(text, kind)).plan();
        const found = refused.diagnostics.filter(({ code }) => code === 'LS6520');
        expect(found.map(({ detail }) => detail).join(), `${kind}: ${told(refused)}`).toContain(says);
        expect(found[0]!.help).toContain('in-step');
      }
    });

    it('lets a step pass that changes what no mirror has to do with, and any behind the close', async () => {
      const free = `ALTER TABLE origin ADD more text; ALTER TABLE origin RENAME note TO remark; ALTER TABLE copy DROP spare; ALTER TABLE copy RENAME extra TO other; CREATE INDEX ON copy (v)`;
      expect(await codes(planOf('underneath', window('in-step'), changing(free)))).toEqual([]);
      const behind = [
        { id: 'fill', backfill: { mappings: ['copied'] } },
        { id: 'done', close: { windows: ['in-step'] } },
      ];
      expect(await codes(planOf('underneath', window('in-step'), ...behind, changing('DROP TABLE copy')))).toEqual([]);
    });

    it('a column of the source that only the way back writes is one of a window in both directions alone', async () => {
      const rename = changing('ALTER TABLE origin RENAME back TO forth');
      expect(await codes(planOf('underneath', window('in-step'), rename))).toEqual([]);
      const both = {
        id: 'in-step',
        dual_write: { mappings: ['copied'], direction: 'both' },
        allow: { deadlocks: 'a test' },
      };
      expect(await codes(planOf('underneath', both, rename))).toEqual(['LS6520']);
    });

    it('without the refusal the application could not write any more', async () => {
      expect(told(await planOf('underneath', window('in-step')).apply())).toBe('exit 0');
      await query('ALTER TABLE copy RENAME v TO w');
      await expect(query(`UPDATE origin SET v = 'b'`)).rejects.toThrow(/column "v" .*does not exist/);
    });

    it('a window that another plan has left open, whichever of its columns it is', async () => {
      const open = planOf('keeps-open', window('in-step'));
      expect(told(await open.apply())).toBe('exit 0');
      for (const text of ['ALTER TABLE copy RENAME v TO w', 'ALTER TABLE origin DROP live', 'DROP TABLE copy']) {
        const refused = await planOf('comes-later', changing(text)).plan();
        expect(refused.diagnostics[0]).toMatchObject({ code: 'LS6520' });
        expect(told(refused)).toContain('keeps-open/in-step');
      }
      const added = planOf('comes-later', changing('ALTER TABLE copy ADD more text; CREATE INDEX ON origin (v)'));
      expect(await codes(added)).toEqual([]);
      expect(told(await open.rollback())).toBe('exit 0');
      expect(await leftOver(test)).toEqual([]);
      expect(await codes(planOf('comes-later', changing('ALTER TABLE copy RENAME v TO w')))).toEqual([]);
    });
  });
}
