/** Windows beside logical replication: on the side that publishes, and on the side that subscribes. A real subscription each time. */
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';

import { startPrimary } from '../../support/standby.js';
import { subscribedPair, type Side, type SubscribedPair } from '../../support/subscription.js';
import { planOn, told, type PlanOnDatabase } from '../../support/plan-on-database.js';

const TABLES = `CREATE TABLE origin (id int PRIMARY KEY, v text); CREATE TABLE copy (id int PRIMARY KEY, v text CHECK (v <> 'no'))`;
const ROWS = `INSERT INTO origin SELECT n, 'v' || n FROM generate_series(1, 9) AS n`;
const WRITES = `INSERT INTO origin VALUES (20, 'new'); UPDATE origin SET v = v || '!' WHERE id > 3; UPDATE origin SET id = 30 WHERE id = 7;
  DELETE FROM origin WHERE id = 8`;

function windowOn({ database }: Side, more: object = {}): PlanOnDatabase {
  return planOn(database, {
    name: 'published',
    mappings: {
      copied: { from: 'origin', to: 'copy', key: ['id'], columns: 'same', reverse: { on_delete: 'delete' } },
    },
    steps: [
      { id: 'in-step', dual_write: { mappings: ['copied'], ...more }, allow: { deadlocks: 'a test' } },
      { id: 'fill', backfill: { mappings: ['copied'] } },
      { id: 'soak', gate: { approval: 'dba' } },
      ...('direction' in more ? [{ id: 'flip', cutover: { windows: ['in-step'] } }] : []),
      { id: 'settled', gate: { approval: 'dba' } },
      { id: 'done', close: { windows: ['in-step'], quiet: '0s' } },
    ],
  });
}

for (const major of [18, 15]) {
  describe(`on server ${major}`, async () => {
    const server = await startPrimary(major, {
      max_replication_slots: '20',
      max_wal_senders: '20',
      max_worker_processes: '20',
    });
    afterAll(() => server.remove());
    let pairs = 0;
    const pair = async (): Promise<SubscribedPair> => {
      const made = await subscribedPair(server, `pair_${++pairs}`);
      onTestFinished(() => made.close());
      await made.publisher.query(TABLES);
      await made.subscriber.query(TABLES);
      return made;
    };
    const rowsOf = ({ query }: Side, table: string): Promise<unknown> => query(`SELECT * FROM ${table} ORDER BY id`);
    const applied = async (plan: PlanOnDatabase, exit: number): Promise<void> => {
      const result = await plan.apply();
      expect(result.exit, told(result)).toBe(exit);
    };

    it('a window on published tables: what mirrors and fill write reaches the subscriber, and nothing of the journal', async () => {
      const { publisher, subscriber, subscribe, caughtUp } = await pair();
      await publisher.query(ROWS);
      await subscribe('FOR TABLE origin, copy');
      const plan = windowOn(publisher, { direction: 'both' });
      await applied(plan, 6);
      await publisher.query(WRITES);
      await publisher.query(`UPDATE copy SET v = 'of the new side' WHERE id = 1; INSERT INTO copy VALUES (40, 'new')`);
      await plan.approve('soak');
      await applied(plan, 6);
      await publisher.query(`DELETE FROM copy WHERE id = 2; UPDATE origin SET v = 'of the old side' WHERE id = 3`);
      expect(await caughtUp()).toBe(true);
      for (const table of ['origin', 'copy']) {
        expect(await rowsOf(subscriber, table)).toEqual(await rowsOf(publisher, table));
        expect(await rowsOf(subscriber, table)).toEqual(await rowsOf(subscriber, 'origin'));
      }
      await plan.approve('settled');
      await applied(plan, 0);
      expect(await caughtUp()).toBe(true);
      expect(await subscriber.query(`SELECT FROM pg_namespace WHERE nspname = 'lockstep'`)).toEqual([]);
    });

    it.each([
      ['without a primary key', 'CREATE TABLE copy (id int NOT NULL UNIQUE, v text)', 'FOR TABLE origin, copy'],
      [
        'of a published schema, with NOTHING',
        'CREATE TABLE copy (id int PRIMARY KEY, v text); ALTER TABLE copy REPLICA IDENTITY NOTHING',
        'FOR TABLES IN SCHEMA public',
      ],
      [
        'with a partition of that kind',
        `CREATE TABLE copy (id int NOT NULL UNIQUE, v text) PARTITION BY RANGE (id); CREATE TABLE copy_1 PARTITION OF copy DEFAULT`,
        'FOR TABLE copy WITH (publish_via_partition_root = true)',
      ],
    ])('a published target whose rows subscribers could not find is refused: %s', async (_, table, publishing) => {
      const { publisher } = await pair();
      await publisher.query(`DROP TABLE copy; ${table}; ${ROWS}; CREATE PUBLICATION p ${publishing}`);
      const refused = await windowOn(publisher).apply();
      expect(refused.exit, told(refused)).toBe(4);
      expect(told(refused)).toContain('replica identity');
      expect(await publisher.query(`SELECT FROM pg_trigger WHERE tgname LIKE '00 lockstep%'`)).toEqual([]);
      await publisher.query('ALTER PUBLICATION p SET (publish = insert)');
      await applied(windowOn(publisher), 6);
      // What the refusal spares: since the mirrors fire, nobody can write the source.
      await publisher.query(`ALTER PUBLICATION p SET (publish = 'insert, update')`);
      await expect(publisher.query(`INSERT INTO origin VALUES (20, 'new')`)).rejects.toThrow(/replica identity/);
      await publisher.query(
        table.includes('PARTITION')
          ? 'ALTER TABLE copy_1 REPLICA IDENTITY FULL'
          : 'ALTER TABLE copy REPLICA IDENTITY FULL',
      );
      await publisher.query(`INSERT INTO origin VALUES (20, 'new')`);
      expect(await rowsOf(publisher, 'copy')).toEqual(await rowsOf(publisher, 'origin'));
    });

    it('a new target in a published schema stops a subscriber that does not have it; made there and refreshed, it goes on', async () => {
      const { publisher, subscriber, subscribe, caughtUp } = await pair();
      for (const { query } of [publisher, subscriber]) await query('DROP TABLE copy');
      await publisher.query(ROWS);
      await subscribe('FOR TABLES IN SCHEMA public');
      expect(await caughtUp()).toBe(true);
      await publisher.query('CREATE TABLE copy (id int PRIMARY KEY, v text)');
      await applied(windowOn(publisher), 6);
      expect(await caughtUp()).toBe(false);
      await subscriber.query('CREATE TABLE copy (id int PRIMARY KEY, v text)');
      await subscriber.query('ALTER SUBSCRIPTION s REFRESH PUBLICATION');
      await expect.poll(async () => (await subscriber.query('SELECT FROM copy')).length, { timeout: 30_000 }).toBe(9);
    });

    it('what the target does not take stops no worker where it is recorded', async () => {
      const { publisher, subscriber, subscribe, caughtUp } = await pair();
      await applied(windowOn(subscriber, { on_mirror_error: 'record' }), 6);
      await publisher.query(ROWS);
      await subscribe('FOR TABLE origin');
      expect(await caughtUp()).toBe(true);
      await publisher.query(`UPDATE origin SET v = 'no' WHERE id = 3`);
      expect(await caughtUp()).toBe(true);
      expect(await subscriber.query('SELECT key_after FROM lockstep.mirror_failure')).toEqual([{ key_after: '{3}' }]);
    });

    it('a window on tables that a subscription writes is refused before anything changes', async () => {
      const { publisher, subscriber, subscribe, caughtUp } = await pair();
      await publisher.query(ROWS);
      await subscribe('FOR TABLE origin');
      expect(await caughtUp()).toBe(true);
      const refused = await windowOn(subscriber).apply();
      expect(refused.exit, told(refused)).toBe(4);
      expect(told(refused)).toContain('no subscription writes to the tables of in-step');
      expect(await subscriber.query(`SELECT FROM pg_trigger WHERE tgname LIKE '00 lockstep%'`)).toEqual([]);
      await publisher.query(`UPDATE origin SET v = 'no' WHERE id = 3`);
      expect(await caughtUp()).toBe(true);
    });

    it('a subscription that comes while a window is open: mirrors fire for what it copies and applies', async () => {
      const { publisher, subscriber, subscribe, caughtUp } = await pair();
      await subscriber.query(`INSERT INTO origin VALUES (100, 'own')`);
      const plan = windowOn(subscriber);
      await applied(plan, 6);
      // The wrong design: an ordinary trigger. The worker of a subscription is a session in the role of a replica.
      await subscriber.query(`CREATE TABLE heard (id int); CREATE FUNCTION hear() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO heard VALUES (NEW.id); RETURN NULL; END $$;
        CREATE TRIGGER ordinary AFTER INSERT ON origin FOR EACH ROW EXECUTE FUNCTION hear()`);
      await publisher.query(ROWS);
      await subscribe('FOR TABLE origin');
      expect(await caughtUp()).toBe(true);
      await publisher.query(WRITES);
      expect(await caughtUp()).toBe(true);
      expect(await subscriber.query('SELECT FROM heard'), 'the wrong design was not caught').toEqual([]);
      expect(await rowsOf(subscriber, 'copy')).toEqual(await rowsOf(subscriber, 'origin'));
      expect(await subscriber.query('SELECT FROM copy')).toHaveLength(10);
      expect(told(await plan.verify())).toBe('exit 0');

      // Why one that is there before is refused: what the target does not take stops everything that is subscribed.
      await publisher.query(`UPDATE origin SET v = 'no' WHERE id = 3`);
      expect(await caughtUp()).toBe(false);
    });
  });
}
