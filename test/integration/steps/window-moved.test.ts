/** What a plan does to the tables of a window before its end: refused by its code, or taken; never a crash. Compiled only. */
import { beforeEach, describe, expect, it } from 'vitest';

import { testDatabase } from '../../support/database.js';
import { planOn } from '../../support/plan-on-database.js';
import { forgetTables } from './whole-cycle.js';

const OPENED = [
  { id: 'in-step', dual_write: { mappings: ['m'], direction: 'both' }, allow: { deadlocks: 'tried again' } },
  { id: 'fill', backfill: { mappings: ['m'] } },
];
const CONVERTED = [{ id: 'in-step', convert_uuid: { table: 'a', value: 'random' } }];
const LATER: readonly (readonly object[])[] = [
  [{ id: 'done', close: { windows: ['in-step'] } }],
  [
    { id: 'flip', cutover: { windows: ['in-step'] } },
    { id: 'done', close: { windows: ['in-step'] } },
  ],
  [{ id: 'proof', verify: [{ in_sync: ['in-step'] }] }],
  [{ id: 'again', dual_write: { mappings: ['m'] } }],
];

/** `true`: what the mirrors name goes, so LS6520. */
const CHANGES: readonly (readonly [string, boolean])[] = [
  ['ALTER TABLE a RENAME TO x', true],
  ['ALTER TABLE b RENAME TO x', true],
  ['ALTER TABLE a RENAME TO x; ALTER TABLE b RENAME TO a', true],
  ['ALTER TABLE a RENAME TO x; CREATE TABLE a (id int PRIMARY KEY, n text)', true],
  ['ALTER TABLE a SET SCHEMA elsewhere', true],
  ['ALTER SCHEMA public RENAME TO gone', true],
  ['DROP TABLE a', true],
  ['DROP TABLE b', true],
  ['ALTER TABLE b RENAME COLUMN n TO x', true],
  ['ALTER TABLE a DROP COLUMN n', true],
  ['ALTER TABLE b ALTER COLUMN id TYPE bigint', true],
  ['ALTER TABLE a DROP CONSTRAINT a_pkey', true],
  ['ALTER TABLE b1 RENAME TO x', false],
  ['ALTER TABLE b DETACH PARTITION b1', false],
  ['DROP TABLE b1', false],
  ['ALTER TABLE b1 SET SCHEMA elsewhere', false],
  ['CREATE TABLE b2 PARTITION OF b FOR VALUES FROM (100) TO (200)', false],
];

const test = await testDatabase({ major: 18 });
const { query, database } = test;

describe('a window whose tables are changed before its end', () => {
  beforeEach(async () => {
    await forgetTables(test);
    await query(`DROP SCHEMA IF EXISTS elsewhere CASCADE; CREATE SCHEMA elsewhere; CREATE TABLE a (id int PRIMARY KEY, n text);
      CREATE TABLE b (id int PRIMARY KEY, n text) PARTITION BY RANGE (id); CREATE TABLE b1 PARTITION OF b FOR VALUES FROM (1) TO (100)`);
  });

  it.each(CHANGES)('%s', async (ddl, named) => {
    const codes = async (opened: readonly object[], later: readonly object[]): Promise<readonly string[]> => {
      const { diagnostics } = await planOn(database, {
        name: 'moved',
        mappings: { m: { from: 'a', to: 'b', columns: 'same', reverse: { on_delete: 'delete' } } },
        steps: [...opened, { id: 'change', ddl, allow: { breaks_readers: 'x', data_loss: 'x' } }, ...later],
      }).plan();
      return diagnostics.map(({ code }) => code);
    };
    for (const later of LATER) {
      const found = await codes(OPENED, later);
      if (named) expect(found).toContain('LS6520');
      else expect(found).not.toContain('LS6520');
      if (!JSON.stringify(later).includes('"m"')) await codes(CONVERTED, later);
    }
  });
});
