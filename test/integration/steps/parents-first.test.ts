/** Rows that come before the rows that they refer to: trees and circles in any batch size, and writes while nothing is filled yet. */
import { beforeEach, describe, expect, it } from 'vitest';

import type { DatabaseError } from '../../../src/executor/session.js';
import { testDatabase } from '../../support/database.js';
import { planOn, told, type PlanOnDatabase } from '../../support/plan-on-database.js';
import { forgetTables } from './whole-cycle.js';

for (const major of [18, 15]) {
  const test = await testDatabase({ major });
  const { query, value, database } = test;
  const plan = (
    direction: 'forward' | 'both',
    fills: readonly (readonly string[])[],
    more: object = {},
  ): PlanOnDatabase =>
    planOn(database, {
      name: 'parents',
      defaults: { batch: { rows: 3, target: 'off' }, workers: 1 },
      mappings: {
        tree: { from: 'a', to: 'b', columns: 'same', reverse: { on_delete: 'delete' } },
        leaf: {
          from: 'la',
          to: 'lb',
          columns: { id: 'id', node: 'node', 'n n': 'n' },
          reverse: { on_delete: 'delete', columns: { n: '"n n"' } },
        },
      },
      steps: [
        {
          id: 'in-step',
          dual_write: { mappings: ['leaf', 'tree'], direction, ...more },
          ...(direction === 'both' && { allow: { deadlocks: 'tried again' } }),
        },
        { id: 'ok', gate: { approval: 'dba' } },
        ...fills.map((mappings, index) => ({ id: `fill-${index}`, backfill: { mappings } })),
      ],
    });
  const differ = (): Promise<readonly object[]> =>
    query(`(TABLE a EXCEPT TABLE b) UNION ALL (TABLE b EXCEPT TABLE a) UNION ALL
      (SELECT id, node, n::text FROM la EXCEPT SELECT id, node, "n n"::text FROM lb) UNION ALL (SELECT id, node, "n n"::text FROM lb EXCEPT SELECT id, node, n::text FROM la)`);

  describe(`on server ${major}`, () => {
    beforeEach(async () => {
      await forgetTables(test);
      // A child sorts before its parent; 5 and 6 refer to each other, 7 to itself.
      await query(`CREATE TABLE a (id text PRIMARY KEY, up text REFERENCES a, root text REFERENCES a); CREATE TABLE la (id text PRIMARY KEY, node text NOT NULL REFERENCES a, n int);
        CREATE TABLE b (id text PRIMARY KEY, up text REFERENCES b, root text REFERENCES b); CREATE TABLE lb (id text PRIMARY KEY, node text NOT NULL REFERENCES b, "n n" int);
        INSERT INTO a SELECT 'k' || lpad(n::text, 3, '0'), CASE WHEN n < 40 THEN 'k' || lpad((n + 1 + n % 3)::text, 3, '0') END, 'k042' FROM generate_series(1, 42) AS n;
        INSERT INTO a VALUES ('c5', 'c6'), ('c6', 'c5'), ('c7', 'c7');
        INSERT INTO la SELECT 'l' || n, 'k' || lpad(n::text, 3, '0'), n FROM generate_series(1, 20) AS n`);
    });

    const WRITES: readonly string[] = [
      `UPDATE la SET n = n + 1 WHERE id = 'l7'`,
      `BEGIN ISOLATION LEVEL REPEATABLE READ; DELETE FROM la WHERE id = 'l8'; COMMIT`,
      `INSERT INTO a VALUES ('x28', 'x24'), ('x24', 'x30'), ('x30', 'k009')`,
      `INSERT INTO a VALUES ('y1', 'y2'), ('y2', 'y1'), ('y3', 'y3')`,
      `WITH p AS (INSERT INTO a VALUES ('z1', 'c5', 'z1')) INSERT INTO la VALUES ('m1', 'k012', 1)`,
      `UPDATE a SET up = 'c6' WHERE id = 'k003'`,
      `BEGIN; UPDATE la SET node = 'k011' WHERE id = 'l9'; DELETE FROM la WHERE id = 'l9'; ROLLBACK`,
    ];

    it.each([
      ['forward', [['tree'], ['leaf']]],
      ['forward', [['leaf'], ['tree']]],
      ['both', [['leaf', 'tree']]],
    ] as const)('%s, filled by %j: writes before, and behind', async (direction, fills) => {
      const found = plan(direction, fills);
      expect((await found.apply()).exit).toBe(6);
      for (const sql of WRITES) await query(sql);
      await found.approve('ok');
      expect(told(await found.apply())).toBe('exit 0');
      expect(await differ()).toEqual([]);
      await query(
        `DELETE FROM la WHERE id = 'm1'; UPDATE a SET up = NULL, root = NULL WHERE id ~ '^[xyz]'; DELETE FROM a WHERE id ~ '^[xyz]'`,
      );
      for (const sql of WRITES) await query(sql);
      expect(await differ()).toEqual([]);
      if (direction === 'both') {
        await query(`INSERT INTO b VALUES ('v1', 'k001', 'v1'); INSERT INTO lb VALUES ('w1', 'v1', 3)`);
        expect(await differ()).toEqual([]);
      }
    });

    it('a transaction that is older than the fill of the parents ends in 40001, not in an error of a foreign key', async () => {
      const found = plan('forward', [['tree'], ['leaf']]);
      expect((await found.apply()).exit).toBe(6);
      await found.approve('ok');
      let code = '';
      await database
        .transaction(async (session) => {
          await session.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM a');
          expect(told(await found.apply())).toBe('exit 0');
          await session.query(`UPDATE la SET n = n + 1 WHERE id = 'l3'`).catch((error: unknown) => {
            code = (error as DatabaseError).facts.sqlstate ?? '';
          });
        })
        .catch(() => undefined);
      expect(code).toBe('40001');
    });

    it('a parent that changes while it is brought is brought as it is then', async () => {
      const found = plan('forward', [['tree'], ['leaf']]);
      expect((await found.apply()).exit).toBe(6);
      let writing: Promise<unknown> | undefined;
      await database.transaction(async (session) => {
        await session.query(`UPDATE a SET up = 'c7' WHERE id = 'k015'`);
        writing = query(`UPDATE la SET n = n + 1 WHERE id = 'l13'`);
        await new Promise((resolve) => setTimeout(resolve, 300));
      });
      await writing;
      expect(await value(`SELECT up FROM b WHERE id = 'k015'`)).toBe('c7');
      await found.approve('ok');
      expect(told(await found.apply())).toBe('exit 0');
      expect(await differ()).toEqual([]);
    });

    it('of a key of two columns, in a write and in a batch', async () => {
      await query(`CREATE TABLE pa (x int, y text, up int, PRIMARY KEY (x, y), FOREIGN KEY (up, y) REFERENCES pa); CREATE TABLE pb (x int, y text, up int, PRIMARY KEY (x, y), FOREIGN KEY (up, y) REFERENCES pb);
        CREATE TABLE qa (id int PRIMARY KEY, x int, y text, FOREIGN KEY (x, y) REFERENCES pa); CREATE TABLE qb (id int PRIMARY KEY, x int, y text, FOREIGN KEY (x, y) REFERENCES pb);
        INSERT INTO pa SELECT n, 'y', CASE WHEN n < 30 THEN n + 1 END FROM generate_series(1, 30) AS n; INSERT INTO qa SELECT n, n, 'y' FROM generate_series(1, 9) AS n`);
      const found = planOn(database, {
        name: 'parents',
        defaults: { batch: { rows: 3, target: 'off' }, workers: 1 },
        mappings: { p: { from: 'pa', to: 'pb', columns: 'same' }, q: { from: 'qa', to: 'qb', columns: 'same' } },
        steps: [
          { id: 'in-step', dual_write: { mappings: ['p', 'q'] } },
          { id: 'ok', gate: { approval: 'dba' } },
          { id: 'fill', backfill: { mappings: ['q', 'p'] } },
        ],
      });
      expect((await found.apply()).exit).toBe(6);
      await query(`UPDATE qa SET x = 12 WHERE id = 3; INSERT INTO qa VALUES (20, 25, 'y')`);
      expect(await value('SELECT count(*)::int FROM pb')).toBe(19);
      await found.approve('ok');
      expect(told(await found.apply())).toBe('exit 0');
      expect(await query('(TABLE pa EXCEPT TABLE pb) UNION ALL (TABLE pb EXCEPT TABLE pa)')).toEqual([]);
      expect(await query('(TABLE qa EXCEPT TABLE qb) UNION ALL (TABLE qb EXCEPT TABLE qa)')).toEqual([]);
    });

    it('warns of what it cannot bring: tables in a circle, and a key of other columns', async () => {
      await query(
        `ALTER TABLE la ADD UNIQUE (n); ALTER TABLE lb ADD UNIQUE ("n n"); ALTER TABLE b ADD other int REFERENCES lb ("n n"); ALTER TABLE a ADD other int REFERENCES la (n)`,
      );
      const { diagnostics } = await plan('forward', [['tree', 'leaf']]).plan();
      expect(diagnostics.filter(({ code }) => code === 'LS6530').map(({ severity }) => severity)).toEqual([
        'warning',
        'warning',
      ]);
    });
  });
}
