/**
 * What `plan --sql` and `rollback --plan` say against what the server logged: for every reference plan on the database of
 * its example, and for ordinary DDL in its online form. On servers whose log shows every message of every client.
 */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { CommandResult } from '../../src/commands/command-result.js';
import type { Database, Session } from '../../src/executor/session.js';
import type { ThrowawayServer } from '../../src/postgres/server/throwaway-server.js';
import { built } from '../support/built-program.js';
import { compareStatements, type Comparison, type Prediction } from '../support/compare-statements.js';
import { createLoggedDatabase, startLoggingServer, type LoggedDatabase } from '../support/logging-server.js';
import { planOn, told, type PlanOnDatabase } from '../support/plan-on-database.js';
import { withSessions } from '../support/with-sessions.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const ROWS = 12_000;

const DDL_SCHEMA = `
CREATE TABLE users (id bigint PRIMARY KEY, email text NOT NULL);
CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint NOT NULL, number text, note text);
CREATE INDEX orders_number_idx ON orders (number);
INSERT INTO users SELECT n, 'u' || n || '@example.org' FROM generate_series(1, ${ROWS}) AS n;
INSERT INTO orders SELECT n, n, 'N' || n, NULL FROM generate_series(1, ${ROWS}) AS n;
ANALYZE users, orders`;

const DDL_PLAN = {
  name: 'orders-ddl',
  steps: [
    { id: 'column', ddl: 'ALTER TABLE orders ADD COLUMN tier text' },
    {
      id: 'said',
      sql: {
        up: `COMMENT ON COLUMN orders.tier IS 'free or paid'; COMMENT ON COLUMN orders.note IS 'for the driver'`,
        down: 'COMMENT ON COLUMN orders.tier IS NULL; COMMENT ON COLUMN orders.note IS NULL',
      },
    },
    { id: 'tiers', backfill: { table: 'orders', set: { tier: `'free'` } } },
    { id: 'filled', gate: { until: [{ no_rows: 'SELECT id FROM orders WHERE tier IS NULL' }] } },
    { id: 'required', ddl: 'ALTER TABLE orders ALTER COLUMN tier SET NOT NULL' },
    { id: 'index', ddl: 'CREATE INDEX orders_user_id_idx ON orders (user_id)' },
    { id: 'key', ddl: 'ALTER TABLE orders ADD FOREIGN KEY (user_id) REFERENCES users (id)' },
    { id: 'unused', ddl: 'DROP INDEX orders_number_idx' },
    {
      id: 'notes',
      when: [{ no_rows: 'SELECT 1 FROM users' }],
      sql: { up: `UPDATE orders SET note = 'never'`, down: 'UPDATE orders SET note = NULL' },
    },
  ],
};

/** A batch over an empty table sends nothing: each of the new tables holds a row that users says too. */
const ALSO: Readonly<Record<string, string>> = {
  'split-auth-schema': `INSERT INTO user_credentials SELECT id, password_hash, updated_at, created_at FROM users WHERE password_hash IS NOT NULL LIMIT 1;
    INSERT INTO user_profiles SELECT id, real_name, created_at, updated_at FROM users WHERE real_name IS NOT NULL LIMIT 1`,
};

for (const major of [18, 15]) {
  describe(`on server ${major}`, () => {
    let server: ThrowawayServer;
    let databases = 0;
    beforeAll(async () => {
      // The examples load their rows through what is built.
      await built();
      server = await startLoggingServer(major);
    });
    afterAll(() => server.remove());

    const withDatabase = async (work: (logged: LoggedDatabase) => Promise<void>): Promise<void> => {
      const logged = await createLoggedDatabase(server, `logged_${++databases}`);
      try {
        await work(logged);
      } finally {
        await logged.close();
      }
    };

    const plans = readdirSync(join(root, 'plans')).filter((file) => file.endsWith('.yaml'));
    test.each(plans)('plans/%s there and back', (file) =>
      withDatabase(async (logged) => {
        const name = basename(file, '.yaml');
        await promisify(execFile)(process.execPath, [join(root, 'examples/load.js'), name, String(ROWS)], {
          env: { PATH: process.env['PATH'], DATABASE_URL: logged.url },
        });
        await logged.query(ALSO[name] ?? 'SELECT');
        const path = join(root, 'plans', file);
        // Behind a close there is no way back.
        const text = readFileSync(path, 'utf8').replace(/\n {2}- id: done\n[^]*$/, '\n');
        await thereAndBack(logged, planOn(logged.database, text, withoutHolds(path)), `${name} on ${major}`);
      }),
    );

    test('ordinary DDL there and back', () =>
      withDatabase(async (logged) => {
        await logged.query(DDL_SCHEMA);
        await thereAndBack(logged, planOn(logged.database, DDL_PLAN), `${DDL_PLAN.name} on ${major}`);
      }));

    // Wrong designs: without these the two tests above would prove nothing.
    test.each(WRONG_SENDERS)('a sender that %s is seen', (_, change, problems) =>
      withDatabase(async (logged) => {
        await logged.query(DDL_SCHEMA);
        const plan = planOn(changing(logged.database, change), DDL_PLAN);
        expect((await there(logged, plan)).problems).toEqual(
          problems.map((problem) => expect.stringMatching(problem) as unknown),
        );
      }),
    );
  });
}

async function thereAndBack(logged: LoggedDatabase, plan: PlanOnDatabase, title: string): Promise<void> {
  for (const [way, comparison] of [
    ['apply', await there(logged, plan)],
    ['rollback', await back(logged, plan)],
  ] as const) {
    process.stderr.write(`${title}, ${way}: ${comparison.figures}\n`);
    expect(comparison.problems).toEqual([]);
    expect(comparison.predicted).toBeGreaterThan(4);
    expect(comparison.logged).toBeGreaterThan(comparison.predicted);
  }
}

async function there(logged: LoggedDatabase, plan: PlanOnDatabase): Promise<Comparison> {
  const report = shown(await plan.plan());
  const { result: applied, log } = await logged.loggedDuring(() => toItsEnd(plan));
  const { graph, run } = shown(applied);
  return compareStatements(log, { report, graph, skipped: skippedOf(run.operations) });
}

async function back(logged: LoggedDatabase, plan: PlanOnDatabase): Promise<Comparison> {
  const { wayBack: report } = shown(await plan.rollback({ onlyShow: true }));
  const { result: taken, log } = await logged.loggedDuring(() => plan.rollback());
  const { graph, run, drift } = shown(taken);
  expect(drift).toEqual([]);
  return compareStatements(log, { report, graph, skipped: skippedOf(run.operations) });
}

function shown<Report>(result: CommandResult<Report>): Report {
  expect(told(result)).toBe('exit 0');
  return result.report!;
}

function skippedOf(operations: readonly { readonly id: string; readonly state: string }[]): Prediction['skipped'] {
  return new Set(operations.filter(({ state }) => state === 'skipped').map(({ id }) => id));
}

/** Through its gates: whoever is asked agrees. */
async function toItsEnd(plan: PlanOnDatabase): ReturnType<PlanOnDatabase['apply']> {
  for (;;) {
    const applied = await plan.apply();
    const gates = applied.next.flatMap((command) => /^lockstep approve .* --gate (\S+)$/.exec(command)?.[1] ?? []);
    if (gates.length === 0) return applied;
    for (const gate of gates) expect(told(await plan.approve(gate))).toBe('exit 0');
  }
}

/** Params by which a gate is held: nobody waits for a day here. */
function withoutHolds(path: string): Readonly<Record<string, string>> {
  const holds = readFileSync(path, 'utf8').matchAll(/\bhold: *["']?\{\{ *(\w+) *\}\}/g);
  return Object.fromEntries([...holds].map(([, name]) => [name!, '0s']));
}

/** What is sent in place of a statement, in order. */
type Change = (sql: string) => readonly string[];

/** Rows, statistics, a lock in a mode that no operation shows, a setting that is not pinned. */
const UNSHOWN = ['TABLE users', 'ANALYZE orders', 'LOCK TABLE public.users IN EXCLUSIVE MODE', 'SET LOCAL jit = off'];

const WRONG_SENDERS: readonly (readonly [what: string, change: Change, problems: readonly RegExp[]])[] = [
  [
    'sends another batch than was shown',
    (sql) => [sql.startsWith('WITH changed AS') ? sql.replace('*<>', '<>') : sql],
    [/^logged, not predicted: WITH changed AS/, /^tiers\/fill\S*: predicted 1, logged 0: WITH changed AS/],
  ],
  [
    'leaves a statement out',
    (sql) => (sql.includes('VALIDATE CONSTRAINT orders_user_id_fkey') ? [] : [sql]),
    [/^key\/\S+: predicted 1, logged 0: ALTER TABLE \S+ VALIDATE CONSTRAINT orders_user_id_fkey/],
  ],
  [
    'sends a statement twice',
    (sql) => (sql.startsWith('COMMENT ON COLUMN orders.tier') ? [sql, sql] : [sql]),
    [/^said\/\S+: predicted 1, logged 2: COMMENT ON COLUMN/],
  ],
  [
    'sends what nobody was shown',
    (sql) => (sql.startsWith('COMMENT ON COLUMN orders.tier') ? [sql, ...UNSHOWN] : [sql]),
    UNSHOWN.map((sql) => new RegExp(`^logged, not predicted: ${sql}$`)),
  ],
];

function changing(database: Database, change: Change): Database {
  const changed = (session: Session): Session => ({
    async query<Row>(sql: string, parameters: readonly unknown[] = []) {
      let result = { rows: [] as readonly Row[], count: 0 };
      for (const text of change(sql)) {
        result = await session.query<Row>(text, text.includes('$1') ? parameters : []);
      }
      return result;
    },
  });
  return withSessions(database, changed);
}
