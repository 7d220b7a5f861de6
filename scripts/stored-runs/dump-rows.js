// The rows of a database as the transactions that wrote them: rows of one xmin are inserted by one transaction, and the transactions
// come in their order. So what the journal knows of transactions (lockstep.batch.xid) is true in every database that the
// SQL is loaded into, though the numbers are others there: whose row it is, the row itself says (docs/decisions/0003).
import { quoted } from './shared-texts.js';

/** What is longer stands in the file that all states share: graphs above all. */
const LONG = 400;

const TABLES = `SELECT c.oid::regclass::text AS name,
    (SELECT json_agg(json_build_object('name', quote_ident(a.attname), 'type', format_type(a.atttypid, NULL)) ORDER BY a.attnum)
     FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns,
    EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attidentity = 'a') AS always
  FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
  WHERE n.nspname = ANY ($1) AND c.relkind = 'r' ORDER BY c.oid::regclass::text COLLATE "C"`;

const SEQUENCES = `SELECT c.oid::regclass::text AS name FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
  WHERE n.nspname = ANY ($1) AND c.relkind = 'S' ORDER BY c.oid::regclass::text COLLATE "C"`;

/** `{ transactions, sequences }`, as statements without their semicolons; long values are put into `texts`. */
export async function dumpRows(client, schemas, texts) {
  const groups = new Map();
  const { rows: tables } = await client.query(TABLES, [schemas]);
  for (const table of tables) {
    const values = table.columns.map(({ name }) => `${name}::text`).join(', ');
    const { rows } = await client.query({
      text: `SELECT xmin::text, age(xmin), ${values} FROM ${table.name} ORDER BY ctid`,
      rowMode: 'array',
    });
    for (const [xmin, age, ...row] of rows) {
      const group = groups.get(xmin) ?? { age, inserts: new Map() };
      groups.set(xmin, group);
      const literals = table.columns.map((column, index) => literal(column, row[index], xmin, texts));
      const list = group.inserts.get(table) ?? [];
      group.inserts.set(table, [...list, `(${literals.join(', ')})`]);
    }
  }
  const transactions = [...groups.values()]
    .sort((one, other) => other.age - one.age)
    .map(({ inserts }) => [...inserts].map(([table, rows]) => insert(table, rows)));
  return { transactions, sequences: await positions(client, schemas) };
}

/** Without names of columns: the same file makes the table. */
function insert({ name, always }, rows) {
  const over = always ? ' OVERRIDING SYSTEM VALUE' : '';
  return `INSERT INTO ${name}${over} VALUES\n${rows.join(',\n')}`;
}

function literal({ name, type }, value, xmin, texts) {
  if (value === null) return 'NULL';
  if (type === 'xid8') {
    // A number of another transaction would say something else in another database.
    if (BigInt(value) % 2n ** 32n !== BigInt(xmin))
      throw new Error(`${name} names transaction ${value}, and was written by ${xmin}`);
    return 'pg_current_xact_id()';
  }
  if (/^(integer|bigint|smallint|boolean)$/.test(type)) return value;
  if (value.length <= LONG) return quoted(value);
  return `(SELECT text FROM stored_text WHERE name = ${quoted(texts.share(name, value))})::${type}`;
}

async function positions(client, schemas) {
  const { rows } = await client.query(SEQUENCES, [schemas]);
  const statements = [];
  for (const { name } of rows) {
    const { rows: at } = await client.query(`SELECT last_value, is_called FROM ${name}`);
    statements.push(`SELECT setval(${quoted(name)}, ${at[0].last_value}, ${at[0].is_called})`);
  }
  return statements;
}
