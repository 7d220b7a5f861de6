/** Copies and fills in place beside what is written by hand for the same. */
import { applyPlan } from './apply-plan.js';
import type { BenchServer } from './bench-server.js';
import type { Comparison } from './side-by-side.js';

export interface FillComparison extends Comparison {
  readonly name: string;
  /** At most this ratio; null where there is no target. */
  readonly target: number | null;
}

/** With a text key, as applications make them: the order of the keys is not that of the rows. */
function users(rows: number): string {
  return `CREATE TABLE users (id text PRIMARY KEY, email text NOT NULL, theme text, created_at timestamptz NOT NULL);
    INSERT INTO users SELECT md5(g::text), 'user' || g || '@example.org', CASE g % 3 WHEN 0 THEN 'dark' END, now() - g * interval '1 s'
    FROM generate_series(1, ${rows}) AS g; VACUUM ANALYZE users; CHECKPOINT`;
}

const PREFERENCES =
  'CREATE TABLE user_preferences (user_id text PRIMARY KEY, theme text, created_at timestamptz NOT NULL)';

export const MAPPING = `mappings:
  preferences:
    from: users
    to: user_preferences
    columns: { user_id: id, theme: theme, created_at: created_at }
`;

export const COPY_BY_HAND = {
  how: 'INSERT … SELECT … ON CONFLICT DO NOTHING',
  work: (server: BenchServer) =>
    server.run('INSERT INTO user_preferences SELECT id, theme, created_at FROM users ON CONFLICT (user_id) DO NOTHING'),
};

export function copyPlan(fields = ''): string {
  return `${MAPPING}steps:\n  - id: fill\n    backfill: { mappings: [preferences]${fields} }\n`;
}

/** The tables of a copy, and nothing copied yet. */
export async function tablesToCopy(server: BenchServer, rows: number): Promise<void> {
  await server.run(users(rows));
  await server.run(PREFERENCES);
}

export async function counted(server: BenchServer, sql: string, expected: number): Promise<void> {
  const [row] = await server.rows<{ count: string }>(sql);
  if (Number(row?.count) !== expected) throw new Error(`${sql}: ${row?.count ?? '?'}, expected ${expected}`);
}

function copies(rows: number, fields: string): Pick<FillComparison, 'prepare' | 'ours' | 'theirs' | 'proof'> {
  return {
    prepare: (server) => tablesToCopy(server, rows),
    ours: {
      how: `backfill: { mappings${fields} }`,
      work: (server) => applyPlan(server, 'copy', copyPlan(fields)),
    },
    theirs: COPY_BY_HAND,
    proof: (server) => counted(server, 'SELECT count(*) FROM user_preferences', rows),
  };
}

const ORDERS = (rows: number): string => `CREATE TABLE orders (id text PRIMARY KEY, customer int NOT NULL, note text);
  INSERT INTO orders SELECT gen_random_uuid()::text, g % 1000, 'a note of some length for order ' || g FROM generate_series(1, ${rows}) AS g;
  CREATE INDEX ON orders (customer); VACUUM ANALYZE orders; CHECKPOINT`;

const ADD = 'ALTER TABLE orders ADD COLUMN uid uuid';

export function fillComparisons(rows: number): readonly FillComparison[] {
  const filled = (server: BenchServer): Promise<void> =>
    counted(server, 'SELECT count(*) FROM orders WHERE uid = id::uuid', rows);
  return [
    { name: 'fill a new table nobody else writes', target: 0.45, ...copies(rows, '') },
    { name: 'fill a table that others may write', target: null, ...copies(rows, ', on_conflict: skip') },
    {
      name: 'fill a new column in place, two indexes',
      target: 0.65,
      prepare: (server) => server.run(ORDERS(rows)),
      ours: {
        how: 'ddl, then backfill: { table, set }',
        work: (server) =>
          applyPlan(
            server,
            'new-column',
            `steps:\n  - { id: add, ddl: ${ADD} }\n  - id: fill\n    backfill: { table: orders, set: { uid: "id::uuid" } }\n`,
          ),
      },
      theirs: {
        how: 'ALTER TABLE, then one UPDATE',
        work: (server) => server.run(`${ADD}; UPDATE orders SET uid = id::uuid`),
      },
      proof: filled,
    },
    {
      name: 'fill a column that was there, which keeps what it overwrites',
      target: null,
      prepare: (server) => server.run(`${ORDERS(rows)}; ${ADD}`),
      ours: {
        how: 'backfill: { table, set }',
        work: (server) =>
          applyPlan(
            server,
            'old-column',
            `steps:\n  - id: fill\n    backfill: { table: orders, set: { uid: "id::uuid" } }\n`,
          ),
      },
      theirs: {
        how: 'one UPDATE, which keeps nothing',
        work: (server) => server.run('UPDATE orders SET uid = id::uuid'),
      },
      proof: filled,
    },
  ];
}
