/**
 * The conversion of text keys as teams write it: scenario 1's script, 1,000 rows in a transaction, users first, then what refers to
 * them, a table of pairs, then indexes and foreign keys. Once with two set-based statements per batch, which is the best that
 * such a script becomes, and once row by row, as it is usually written.
 */
import type { Session } from '../src/executor/session.js';
import type { BenchServer } from './bench-server.js';

export const CHILDREN = ['clinics', 'dashboards', 'providers'] as const;
const BATCH = 1_000;

/** One parent and three children of as many rows each, under text keys in no order. */
export function keyTables(rowsEach: number): string {
  const parent = `CREATE TABLE users (id text PRIMARY KEY, email text NOT NULL);
    INSERT INTO users SELECT md5('user ' || g), 'user' || g || '@example.org' FROM generate_series(1, ${rowsEach}) AS g`;
  const children = CHILDREN.map(
    (table) => `CREATE TABLE ${table} (id text PRIMARY KEY, user_id text NOT NULL REFERENCES users (id), name text);
      INSERT INTO ${table} SELECT md5('${table} ' || g), md5('user ' || (1 + g * 7919::bigint % ${rowsEach})), 'name ' || g FROM generate_series(1, ${rowsEach}) AS g;
      CREATE INDEX ON ${table} (user_id)`,
  );
  return `${[parent, ...children].join(';\n')}; VACUUM ANALYZE; CHECKPOINT`;
}

/** What `convert_uuid` of `tables: [users, clinics, dashboards, providers]` leaves, by other means. */
export async function convertByHand(server: BenchServer, how: 'set-based' | 'row by row'): Promise<void> {
  await server.run(`CREATE TABLE id_mappings (table_name text NOT NULL, old_id text NOT NULL, new_id uuid NOT NULL, PRIMARY KEY (table_name, old_id));
    ALTER TABLE users ADD COLUMN id_uuid uuid`);
  for (const table of CHILDREN)
    await server.run(`ALTER TABLE ${table} ADD COLUMN id_uuid uuid, ADD COLUMN user_id_uuid uuid`);
  await server.database.withSession(async (session) => {
    for (const table of ['users', ...CHILDREN])
      await inBatches(session, table, how === 'set-based' ? wholeBatch : rowByRow);
  });
  for (const table of ['users', ...CHILDREN])
    await server.run(
      `CREATE UNIQUE INDEX ON ${table} (id_uuid); ALTER TABLE ${table} ALTER COLUMN id_uuid SET NOT NULL`,
    );
  for (const table of CHILDREN)
    await server.run(`CREATE INDEX ON ${table} (user_id_uuid); ALTER TABLE ${table} ALTER COLUMN user_id_uuid SET NOT NULL;
      ALTER TABLE ${table} ADD FOREIGN KEY (user_id_uuid) REFERENCES users (id_uuid)`);
}

type Work = (session: Session, table: string, ids: readonly string[]) => Promise<void>;

async function inBatches(session: Session, table: string, work: Work): Promise<void> {
  for (let last = ''; ;) {
    const { rows } = await session.query<{ id: string }>(
      `SELECT id FROM ${table} WHERE id > $1 ORDER BY id LIMIT ${BATCH}`,
      [last],
    );
    if (rows.length === 0) return;
    const ids = rows.map(({ id }) => id);
    await session.query('BEGIN');
    await work(session, table, ids);
    await session.query('COMMIT');
    last = ids.at(-1)!;
  }
}

async function wholeBatch(session: Session, table: string, ids: readonly string[]): Promise<void> {
  const reference =
    table === 'users' ? '' : ', user_id_uuid = (SELECT u.id_uuid FROM users AS u WHERE u.id = t.user_id)';
  await session.query(`UPDATE ${table} AS t SET id_uuid = gen_random_uuid()${reference} WHERE t.id = ANY ($1)`, [ids]);
  await session.query(
    `INSERT INTO id_mappings SELECT '${table}', t.id, t.id_uuid FROM ${table} AS t WHERE t.id = ANY ($1)`,
    [ids],
  );
}

/** A round trip for the parent's uuid, one for the row, one for the pair: as an ORM sends them. */
async function rowByRow(session: Session, table: string, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    const uuid = crypto.randomUUID();
    if (table === 'users') {
      await session.query('UPDATE users SET id_uuid = $2 WHERE id = $1', [id, uuid]);
    } else {
      const { rows } = await session.query<{ parent: string }>(
        `SELECT u.id_uuid AS parent FROM ${table} AS t JOIN users AS u ON u.id = t.user_id WHERE t.id = $1`,
        [id],
      );
      await session.query(`UPDATE ${table} SET id_uuid = $2, user_id_uuid = $3 WHERE id = $1`, [
        id,
        uuid,
        rows[0]!.parent,
      ]);
    }
    await session.query('INSERT INTO id_mappings (table_name, old_id, new_id) VALUES ($1, $2, $3)', [table, id, uuid]);
  }
}
