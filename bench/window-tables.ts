/** The tables of a copy with a window over them, and what an application writes to them. */
import type { BenchServer } from './bench-server.js';
import { COPY_BY_HAND, tablesToCopy } from './fills.js';
import type { Write } from './writers.js';

export type Direction = 'forward' | 'both';

/** Opens a window and fills its target; steps of the caller's may follow. `schema`: of both tables. */
export function windowPlan(schema: string, direction: Direction, more = ''): string {
  return `mappings:
  preferences:
    from: ${schema}.users
    to: ${schema}.user_preferences
    columns: { user_id: id, theme: theme, created_at: created_at }
    reverse: { on_delete: delete }
steps:
  - id: in-step
    dual_write: { mappings: [preferences], direction: ${direction} }${
      direction === 'both' ? '\n    allow: { deadlocks: the application tries again }' : ''
    }
  - id: fill
    backfill: { mappings: [preferences] }
${more}`;
}

/** Both sides of a copy, and what the server wants to know about them. */
export async function copiedTables(server: BenchServer, rows: number): Promise<void> {
  await tablesToCopy(server, rows);
  await COPY_BY_HAND.work(server);
  await server.run('VACUUM ANALYZE user_preferences; CHECKPOINT');
}

/** A row that comes from the new side has no address yet. */
export const NEW_SIDE_MAY_INSERT = `ALTER TABLE users ALTER email SET DEFAULT ''`;

export type WriteName = keyof ReturnType<typeof writesTo>;

/** Each of one row; its number is the parameter. */
export function writesTo(schema: string) {
  const update = (table: string, key: string): Write => ({
    sql: `UPDATE ${schema}.${table} SET theme = CASE theme WHEN 'light' THEN 'dark' ELSE 'light' END WHERE ${key} = md5($1::bigint::text)`,
    key: 'there',
  });
  return {
    'UPDATE of the old side': update('users', 'id'),
    'INSERT into the old side': {
      sql: `INSERT INTO ${schema}.users (id, email, created_at) SELECT md5(n::text), 'user' || n || '@example.org', now() FROM (SELECT $1::bigint AS n) AS new`,
      key: 'new',
    },
    'UPDATE of the new side': update('user_preferences', 'user_id'),
    'INSERT into the new side': {
      sql: `INSERT INTO ${schema}.user_preferences (user_id, created_at) SELECT md5($1::bigint::text), now()`,
      key: 'new',
    },
  } as const satisfies Readonly<Record<string, Write>>;
}
