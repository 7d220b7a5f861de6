/**
 * A statement of every form, over one small schema. The page of the kind is generated from them, and tests run each on
 * every server, hold the predicted locks against what the server shows, and take each back.
 */
import type { Allowed } from '../step-definition.js';
import { OBJECT_SAMPLES } from './object-samples.js';

export interface Sample {
  /** What it is about, as the page groups them. */
  readonly about: string;
  readonly sql: string;
  /** What is there beside the schema. */
  readonly before?: string;
  readonly allow?: Allowed;
  /** Nothing takes it back. */
  readonly final?: true;
  /** The first server that knows it. */
  readonly since?: 18;
}

export const SAMPLE_SCHEMA = `
CREATE TABLE users (
  id bigint PRIMARY KEY,
  email varchar(100) NOT NULL,
  name text,
  plan text DEFAULT 'free',
  visits integer,
  CONSTRAINT visits_count CHECK (visits >= 0)
);
CREATE TABLE orders (
  id bigint CONSTRAINT orders_pkey PRIMARY KEY,
  user_id bigint,
  number text,
  total numeric(10,2),
  CONSTRAINT orders_number_key UNIQUE (number)
);
CREATE TABLE items (order_id bigint CONSTRAINT items_order_id_fkey REFERENCES orders (id), line integer, note text);
CREATE INDEX orders_total_idx ON orders (total);
CREATE SEQUENCE tickets;
CREATE TABLE events (at timestamptz NOT NULL, user_id bigint, kind text) PARTITION BY RANGE (at);
CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE SCHEMA archive;
`;

const TABLES = 'tables';
const COLUMNS = 'columns';
const CONSTRAINTS = 'constraints';
const INDEXES = 'indexes';
const PARTITIONS = 'partitioned tables';

const STATEMENTS_ON_TABLES: readonly Sample[] = [
  {
    about: TABLES,
    sql: 'CREATE TABLE tags (id bigint PRIMARY KEY, user_id bigint REFERENCES users (id), name text UNIQUE)',
  },
  { about: TABLES, sql: 'CREATE TABLE busy_users AS SELECT id, name FROM users WHERE visits > 10' },
  { about: TABLES, sql: 'CREATE SEQUENCE numbers' },
  {
    about: TABLES,
    sql: 'ALTER TABLE users RENAME TO people',
    allow: { breaks_readers: 'the application reads a view' },
  },
  { about: TABLES, sql: 'ALTER TABLE items SET SCHEMA archive', allow: { breaks_readers: 'nobody reads it' } },
  { about: TABLES, sql: 'ALTER TABLE users ENABLE ROW LEVEL SECURITY' },
  { about: TABLES, sql: 'DROP TABLE items', allow: { data_loss: 'it is empty' }, final: true },
  { about: TABLES, sql: 'DROP SEQUENCE tickets', allow: { data_loss: 'nobody uses it' }, final: true },

  { about: COLUMNS, sql: 'ALTER TABLE users ADD COLUMN theme text' },
  { about: COLUMNS, sql: "ALTER TABLE users ADD COLUMN theme text NOT NULL DEFAULT 'dark'" },
  { about: COLUMNS, sql: 'ALTER TABLE orders ADD COLUMN payer_id bigint REFERENCES users (id)' },
  { about: COLUMNS, sql: 'ALTER TABLE users ADD COLUMN phone text UNIQUE' },
  {
    about: COLUMNS,
    sql: 'ALTER TABLE users ADD COLUMN token uuid DEFAULT gen_random_uuid()',
    allow: { rewrites_table: 'the table is small', blocks_reads: 'the table is small' },
  },
  {
    about: COLUMNS,
    sql: 'ALTER TABLE users ADD COLUMN number bigint GENERATED ALWAYS AS IDENTITY',
    allow: { rewrites_table: 'the table is small', blocks_reads: 'the table is small' },
  },
  {
    about: COLUMNS,
    sql: 'ALTER TABLE users ADD COLUMN double integer GENERATED ALWAYS AS (visits * 2) VIRTUAL',
    since: 18,
  },
  { about: COLUMNS, sql: "ALTER TABLE users ALTER COLUMN plan SET DEFAULT 'trial'" },
  { about: COLUMNS, sql: 'ALTER TABLE users ALTER COLUMN plan DROP DEFAULT' },
  { about: COLUMNS, sql: 'ALTER TABLE users ALTER COLUMN name SET NOT NULL' },
  { about: COLUMNS, sql: 'ALTER TABLE users ALTER COLUMN email DROP NOT NULL' },
  { about: COLUMNS, sql: 'ALTER TABLE users ALTER COLUMN email TYPE varchar(200)' },
  {
    about: COLUMNS,
    sql: 'ALTER TABLE users ALTER COLUMN visits TYPE bigint',
    allow: { rewrites_table: 'the table is small', blocks_reads: 'the table is small' },
  },
  {
    about: COLUMNS,
    sql: 'ALTER TABLE orders ALTER COLUMN total TYPE integer USING total::integer',
    allow: { rewrites_table: 'the table is small', blocks_reads: 'the table is small' },
    final: true,
  },
  {
    about: COLUMNS,
    sql: 'ALTER TABLE users RENAME COLUMN name TO full_name',
    allow: { breaks_readers: 'read through a view' },
  },
  { about: COLUMNS, sql: 'ALTER TABLE users DROP COLUMN plan', allow: { data_loss: 'nobody reads it' }, final: true },

  {
    about: CONSTRAINTS,
    sql: 'ALTER TABLE orders ADD CONSTRAINT orders_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id)',
  },
  { about: CONSTRAINTS, sql: 'ALTER TABLE orders ADD CONSTRAINT positive CHECK (total >= 0)' },
  { about: CONSTRAINTS, sql: 'ALTER TABLE users ADD CONSTRAINT users_email_key UNIQUE (email)' },
  { about: CONSTRAINTS, sql: 'ALTER TABLE items ADD PRIMARY KEY (order_id, line)' },
  {
    about: CONSTRAINTS,
    sql: 'ALTER TABLE users ADD CONSTRAINT users_email_key UNIQUE USING INDEX users_by_email',
    before: 'CREATE UNIQUE INDEX users_by_email ON users (email)',
  },
  {
    about: CONSTRAINTS,
    sql: 'ALTER TABLE orders ADD CONSTRAINT one_total EXCLUDE (total WITH =)',
    allow: { blocks_reads: 'the table is small' },
  },
  {
    about: CONSTRAINTS,
    sql: 'ALTER TABLE orders VALIDATE CONSTRAINT later',
    before: 'ALTER TABLE orders ADD CONSTRAINT later CHECK (total < 1000000) NOT VALID',
  },
  { about: CONSTRAINTS, sql: 'ALTER TABLE items DROP CONSTRAINT items_order_id_fkey' },
  { about: CONSTRAINTS, sql: 'ALTER TABLE users DROP CONSTRAINT visits_count' },
  { about: CONSTRAINTS, sql: 'ALTER TABLE orders DROP CONSTRAINT orders_number_key' },
  { about: CONSTRAINTS, sql: 'ALTER TABLE orders RENAME CONSTRAINT orders_number_key TO one_number' },

  { about: INDEXES, sql: 'CREATE INDEX users_email_idx ON users (lower(email))' },
  { about: INDEXES, sql: 'CREATE UNIQUE INDEX ON users (email) WHERE visits > 0' },
  { about: INDEXES, sql: 'DROP INDEX orders_total_idx' },
  { about: INDEXES, sql: 'ALTER INDEX orders_total_idx RENAME TO orders_by_total' },

  {
    about: PARTITIONS,
    sql: 'ALTER TABLE events ADD CONSTRAINT events_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id)',
  },
  { about: PARTITIONS, sql: 'ALTER TABLE events ADD CONSTRAINT named CHECK (kind IS NOT NULL)' },
  {
    about: PARTITIONS,
    sql: 'CREATE INDEX events_user_id_idx ON events (user_id)',
    allow: { blocks_writes: 'it is small' },
  },
  {
    about: PARTITIONS,
    sql: 'ALTER TABLE events ADD UNIQUE (at, user_id)',
    allow: { blocks_reads: 'it is small' },
  },
  { about: PARTITIONS, sql: 'ALTER TABLE events ALTER COLUMN kind SET NOT NULL' },
  { about: PARTITIONS, sql: 'ALTER TABLE events ADD COLUMN source text' },
  { about: PARTITIONS, sql: "ALTER TABLE events ALTER COLUMN kind SET DEFAULT 'login'" },
  {
    about: PARTITIONS,
    sql: 'ALTER TABLE events RENAME COLUMN kind TO sort',
    allow: { breaks_readers: 'nobody reads it' },
  },
  { about: PARTITIONS, sql: 'ALTER TABLE events ENABLE ROW LEVEL SECURITY' },
  {
    about: PARTITIONS,
    sql: "CREATE TABLE events_2027 PARTITION OF events FOR VALUES FROM ('2027-01-01') TO ('2028-01-01')",
  },
];

export const SAMPLES: readonly Sample[] = [...STATEMENTS_ON_TABLES, ...OBJECT_SAMPLES];
