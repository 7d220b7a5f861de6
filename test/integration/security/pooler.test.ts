/** Behind PgBouncer the application and we share connections: nothing of ours may reach its transactions. */
import pg from 'pg';
import { expect, it, onTestFinished } from 'vitest';
import { PgDatabase } from '../../../src/postgres/pg-database.js';
import { pgbouncer, startTransactionPooler } from '../../faults/support/transaction-pooler.js';
import { testDatabase } from '../../support/database.js';
import { planOn, told } from '../../support/plan-on-database.js';

const program = pgbouncer();
if (program === undefined) process.stderr.write('behind a pooler: skipped, pgbouncer is not installed\n');

/** What a session of somebody else sees. Of a setting of our own PostgreSQL keeps the name, without a value, once a transaction has set it. */
const SEEN = `SELECT concat_ws(' ', ${[
  ...['search_path', 'row_security', 'lock_timeout', 'statement_timeout', 'idle_in_transaction_session_timeout'],
  ...['TimeZone', 'extra_float_digits', 'session_replication_role', 'client_connection_check_interval'],
  ...['tcp_keepalives_idle', 'default_transaction_read_only'],
]
  .map((name) => `current_setting('${name}')`)
  .join(', ')}, nullif(current_setting('lockstep.run_id', true), '')) AS seen`;

for (const major of [18, 15])
  it.skipIf(program === undefined)(`in transaction mode, on ${major}`, async () => {
    const test = await testDatabase({ major, after: onTestFinished });
    await test.query(
      'CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL DEFAULT 0); INSERT INTO t SELECT generate_series(1, 6000)',
    );
    const pooler = await startTransactionPooler(program!, test.url);
    onTestFinished(() => pooler.close());
    const database = new PgDatabase({ url: pooler.url });
    onTestFinished(() => database.close());
    const application = new pg.Client({ connectionString: pooler.url });
    await application.connect();
    onTestFinished(() => application.end());
    const look = async (): Promise<string> => (await application.query<{ seen: string }>(SEEN)).rows[0]!.seen;
    const untouched = await look();
    const seen = new Set<string>();
    const over = new AbortController();
    const looking = (async () => {
      while (!over.signal.aborted) seen.add(await look());
    })();

    const plan = planOn(database, {
      name: 'shared',
      steps: [
        { id: 'a', ddl: 'ALTER TABLE t ADD COLUMN extra text' },
        { id: 'f', backfill: { table: 't', set: { n: 'n + 1' }, batch: { rows: 250, target: 'off' } } },
      ],
    });
    expect(told(await plan.apply())).toBe('exit 0');
    expect(told(await plan.rollback())).toBe('exit 0');
    expect(database.way).toMatchObject({ pooler: 'transaction' });
    const index = planOn(database, { name: 'index', steps: [{ id: 'i', ddl: 'CREATE INDEX t_n ON t (n)' }] });
    expect(told(await index.plan())).toContain('LS9082');
    const refused = await index.apply();
    expect([refused.exit, refused.diagnostics.map(({ code }) => code)]).toEqual([1, ['LS9082']]);
    expect(told(refused)).toMatch(/run outside of transactions: `i\//);

    over.abort();
    await looking;
    expect([...seen]).toEqual([untouched]);
    const locks = `SELECT count(*)::int FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
    expect(await test.value(locks)).toBe(0);
  });

it.skipIf(program === undefined)(
  'in session mode a session is one, and work outside of transactions runs',
  async () => {
    const test = await testDatabase({ after: onTestFinished });
    await test.query('CREATE TABLE t (id int PRIMARY KEY, n int)');
    const pooler = await startTransactionPooler(program!, test.url, 'session');
    onTestFinished(() => pooler.close());
    const database = new PgDatabase({ url: pooler.url, maxSessions: 3 });
    onTestFinished(() => database.close());
    await database.withSession((session) => session.query('SELECT 1'));
    expect(database.way).toMatchObject({ pooler: 'session' });
  },
);
