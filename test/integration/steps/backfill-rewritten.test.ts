/** Rows of a backfill whose table somebody has rewritten since: what can still be told goes, what cannot is counted and kept. */
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';

import { renderRun } from '../../../src/render/render-run.js';
import { PLAIN_STYLE } from '../../../src/render/style.js';
import { PgDatabase } from '../../../src/postgres/pg-database.js';
import { startDebianServer, withoutRepack } from '../../support/debian-server.js';
import { testDatabase } from '../../support/database.js';
import { planOn, told } from '../../support/plan-on-database.js';

const COPY = {
  name: 'copy',
  mappings: { m: { from: 'a', to: 'b', columns: 'same' } },
  steps: [{ id: 'fill', backfill: { mappings: ['m'] } }],
};
const TABLES = `CREATE TABLE a (id bigint PRIMARY KEY, v text, n numeric(10, 2), j json);
  CREATE TABLE b (LIKE a INCLUDING ALL);
  INSERT INTO a SELECT g, 'x' || g, g, '{"g": 1}' FROM generate_series(1, 1200) AS g`;
/** As pg_dump and psql do, or any job that puts rows into another table and swaps the names. */
const PUT_BACK = `CREATE TABLE b2 (LIKE b INCLUDING ALL); INSERT INTO b2 TABLE b; DROP TABLE b; ALTER TABLE b2 RENAME TO b;
  ALTER INDEX b2_pkey RENAME TO b_pkey`;

describe.each([18, 15])('a table that was filled on server %i', (major) => {
  async function filled() {
    const own = await testDatabase({ major, after: onTestFinished });
    await own.query(TABLES);
    const plan = planOn(own.database, COPY);
    expect(told(await plan.apply())).toBe('exit 0');
    return { ...own, plan };
  }

  test('and put back by others: the rows are counted by verify and by the way back, and kept', async () => {
    const { plan, query, value } = await filled();
    await query(PUT_BACK);
    await query(`UPDATE b SET v = 'theirs' WHERE id <= 100`);
    await query(`INSERT INTO b VALUES (0, 'theirs')`);
    expect(told(await plan.verify())).toMatch(
      /^exit 4\nLS9069 `fill\/fill\/m`: 1,100 rows can no longer be told from those of others\./,
    );
    const back = await plan.rollback({ acceptDrift: true });
    expect(told(back)).toMatch(/^exit 4\nLS9069 .*1,100 rows .*, and were kept\./);
    expect(await value('SELECT count(*) FROM b')).toBe('1201');
    expect(await value('SELECT status FROM lockstep.run')).toBe('rolled back');
    const { run, graph, outcome } = back.report!;
    const shown = renderRun({ report: run, graph, outcome }, { style: PLAIN_STYLE, width: 200 });
    expect(shown).toMatch(/!.*can still be told from others.*1,100/);
    expect(shown).toContain('kept: the table was rewritten since, whose it is cannot be told');
  });

  test('and rewritten by VACUUM FULL, which keeps who wrote a row: the rows go', async () => {
    const { plan, query, value } = await filled();
    await query('VACUUM FULL b');
    expect(told(await plan.verify())).toBe('exit 0');
    await query(`UPDATE b SET v = 'theirs' WHERE id <= 100`);
    expect(told(await plan.rollback())).toBe('exit 0');
    expect(await value('SELECT count(*) FROM b')).toBe('100');
  });

  test('and is on another server now, where an id of ours is anybody’s: no row goes by it', async () => {
    const { plan, query, value } = await filled();
    // What a restore brings: the journal as it was, files of its own, ids that may be the same by chance.
    await query(`VACUUM FULL b`);
    await query(`UPDATE lockstep.file_node SET server = '1'`);
    expect(told(await plan.rollback())).toMatch(/^exit 4\nLS9069 .*1,200 rows/);
    expect(await value('SELECT count(*) FROM b')).toBe('1200');
  });

  test('in partitions, of which one was put back: the rows of the others go', async () => {
    const own = await testDatabase({ major, after: onTestFinished });
    await own.query(TABLES);
    await own.query('DROP TABLE b');
    await own.query('CREATE TABLE b (LIKE a, PRIMARY KEY (id)) PARTITION BY RANGE (id)');
    await own.query(
      'CREATE TABLE b1 PARTITION OF b FOR VALUES FROM (0) TO (500); CREATE TABLE b2 PARTITION OF b FOR VALUES FROM (500) TO (9999)',
    );
    const plan = planOn(own.database, COPY);
    expect(told(await plan.apply())).toBe('exit 0');
    await own.query('CREATE TABLE kept AS TABLE b1; TRUNCATE b1; INSERT INTO b1 TABLE kept');
    expect(told(await plan.rollback())).toMatch(/^exit 4\nLS9069 .*499 rows/);
    expect(await own.value('SELECT count(*) FROM b')).toBe('499');
  });
});

if (withoutRepack !== undefined) process.stderr.write(`pg_repack is not tried: ${withoutRepack}\n`);

describe.skipIf(withoutRepack !== undefined)('pg_repack', () => {
  test('makes rows untellable, and no run begins beside it', async () => {
    const server = await startDebianServer();
    const database = new PgDatabase({ url: server.url });
    const query = async <Row>(sql: string) => (await database.withSession((session) => session.query<Row>(sql))).rows;
    const count = async (sql: string) => (await query<{ count: string }>(sql))[0]!.count;
    afterAll(async () => {
      await database.close();
      await server.remove();
    });
    await query(`CREATE EXTENSION pg_repack; ${TABLES}`);
    const plan = planOn(database, COPY);
    const held = await database.withSession(async (session) => {
      // It waits for this one before it swaps the files.
      await session.query('BEGIN; LOCK TABLE b IN ACCESS SHARE MODE');
      const repacked = server.repack('-t', 'b', '--no-order', '--no-kill-backend', '--wait-timeout=60');
      for (let tries = 0; tries < 200; tries++) {
        if ((await count(`SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 16185446`)) !== '0')
          break;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      const refused = await planOn(database, {
        ...COPY,
        steps: [{ id: 'fill', backfill: { mappings: ['m'], user_triggers: 'fire' } }],
      }).apply();
      await session.query('ROLLBACK');
      await repacked;
      return refused;
    });
    expect(told(held)).toMatch(/^exit 7\nLS9070 `public\.b` is being rewritten by pg_repack \(server process \d+\)\./);
    expect(told(await plan.apply())).toBe('exit 0');
    await server.repack('-t', 'b', '--no-order');
    expect(told(await plan.verify())).toMatch(/^exit 4\nLS9069 .*1,200 rows/);
    expect(told(await plan.rollback())).toMatch(/^exit 4\nLS9069 .*1,200 rows/);
    expect(await count('SELECT count(*) FROM b')).toBe('1200');
  });
});
