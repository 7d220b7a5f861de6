/**
 * A publication and a subscription between two databases of one server. Owns the slot, which is made by hand: CREATE SUBSCRIPTION
 * would wait for its own transaction. What is published, and what becomes of it, belongs to the tests.
 */
import { PgDatabase } from '../../src/postgres/pg-database.js';
import type { ThrowawayServer } from '../../src/postgres/server/throwaway-server.js';
import { urlOfDatabase } from './database.js';

export interface Side {
  readonly database: PgDatabase;
  readonly query: <Row = Record<string, unknown>>(sql: string) => Promise<readonly Row[]>;
}

export interface SubscribedPair {
  readonly publisher: Side;
  readonly subscriber: Side;
  /** After this, `publishing` of the publisher reaches the subscriber: `FOR TABLE a, b`. */
  readonly subscribe: (publishing: string) => Promise<void>;
  /** All that was committed on the publisher before is there; false: the worker failed instead. */
  readonly caughtUp: () => Promise<boolean>;
  readonly close: () => Promise<void>;
}

export async function subscribedPair(server: ThrowawayServer, name: string): Promise<SubscribedPair> {
  const [publisher, subscriber] = [await side(server, `${name}_pub`), await side(server, `${name}_sub`)];
  await publisher.query('CREATE SCHEMA marks; CREATE TABLE marks.mark (n int PRIMARY KEY)');
  await subscriber.query('CREATE SCHEMA marks; CREATE TABLE marks.mark (n int PRIMARY KEY)');
  let marks = 0;
  let subscribed = false;
  return {
    publisher,
    subscriber,
    async subscribe(publishing) {
      const from = new URL(urlOfDatabase(server.url, `${name}_pub`));
      const connection = `host=${from.hostname} port=${from.port} dbname=${name}_pub user=${from.username} password=${decodeURIComponent(from.password)}`;
      await publisher.query(`CREATE PUBLICATION p ${publishing}; CREATE PUBLICATION marks FOR TABLE marks.mark`);
      await publisher.query(`SELECT pg_create_logical_replication_slot('${name}', 'pgoutput')`);
      await subscriber.query(
        `CREATE SUBSCRIPTION s CONNECTION '${connection}' PUBLICATION p, marks WITH (create_slot = false, slot_name = '${name}')`,
      );
      subscribed = true;
    },
    async caughtUp() {
      await publisher.query(`INSERT INTO marks.mark VALUES (${++marks})`);
      for (let tries = 0; tries < 600; tries++) {
        const [row] = await subscriber.query<{ there: boolean; failed: boolean }>(
          `SELECT EXISTS (SELECT FROM marks.mark WHERE n = ${marks}) AND NOT EXISTS (SELECT FROM pg_subscription_rel WHERE srsubstate <> 'r') AS there,
             (SELECT apply_error_count + sync_error_count > 0 FROM pg_stat_subscription_stats WHERE subname = 's') AS failed`,
        );
        if (row!.there || row!.failed) return row!.there;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      throw new Error('the subscriber does not come');
    },
    async close() {
      if (subscribed) {
        for (const sql of [
          'ALTER SUBSCRIPTION s DISABLE',
          'ALTER SUBSCRIPTION s SET (slot_name = NONE)',
          'DROP SUBSCRIPTION s',
        ])
          await subscriber.query(sql);
      }
      await Promise.all([publisher.database.close(), subscriber.database.close()]);
    },
  };
}

async function side(server: ThrowawayServer, name: string): Promise<Side> {
  const administrator = new PgDatabase({ url: server.url, maxSessions: 1 });
  await administrator.withSession((session) => session.query(`CREATE DATABASE ${name} TEMPLATE template0`));
  await administrator.close();
  const database = new PgDatabase({ url: urlOfDatabase(server.url, name) });
  const query: Side['query'] = async <Row>(sql: string) =>
    (await database.withSession((session) => session.query<Row>(sql))).rows;
  return { database, query };
}
