import { describe, expect, it } from 'vitest';

import type { CatalogSnapshot, Relation } from '../../../src/catalog/catalog-snapshot.js';
import { walkableKeyOf } from '../../../src/catalog/walkable-key.js';
import { readCatalog } from '../../../src/postgres/read-catalog.js';
import { testDatabase } from '../../support/database.js';

const SCHEMA = `
  CREATE SCHEMA auth;
  CREATE SCHEMA lockstep;
  CREATE TABLE lockstep.run (id int);
  CREATE TEMPORARY TABLE passing (id int);
  CREATE TYPE auth.mood AS ENUM ('sad', 'glad');
  CREATE TYPE auth.pair AS (x int, y int);
  CREATE DOMAIN auth.ratio AS double precision;
  CREATE DOMAIN auth.small_ratio AS auth.ratio CHECK (VALUE < 1);
  CREATE COLLATION auth.loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
  CREATE FUNCTION auth.twice(n int, m auth.mood) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 2 * n';
  CREATE FUNCTION auth.touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
  CREATE TABLE auth.users (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    gone int,
    name varchar(255) NOT NULL DEFAULT 'nobody',
    born date DEFAULT '2020-01-31',
    mood auth.mood,
    ratio auth.small_ratio NOT NULL,
    doubled bigint GENERATED ALWAYS AS (2 * 1) STORED,
    loose text COLLATE auth.loose NOT NULL,
    plain text COLLATE "C" NOT NULL,
    at timestamptz(3)
  );
  ALTER TABLE auth.users DROP COLUMN gone;
  CREATE UNIQUE INDEX users_part ON auth.users (name) WHERE id > 0;
  CREATE UNIQUE INDEX users_expr ON auth.users (name, lower(name)) INCLUDE (at);
  CREATE UNIQUE INDEX users_ratio ON auth.users (ratio);
  CREATE UNIQUE INDEX users_loose ON auth.users (loose);
  CREATE UNIQUE INDEX users_mixed ON auth.users (id, name DESC);
  CREATE UNIQUE INDEX users_down ON auth.users (id DESC, name DESC);
  CREATE UNIQUE INDEX users_pattern ON auth.users (name varchar_pattern_ops);
  CREATE UNIQUE INDEX users_other ON auth.users (plain COLLATE "POSIX");
  CREATE UNIQUE INDEX users_nulls ON auth.users (born) NULLS NOT DISTINCT;
  CREATE INDEX users_hash ON auth.users USING hash (name);
  CREATE TABLE "Weird ""s""" (
    "a.b" int, "order" int, CONSTRAINT "späť" UNIQUE ("order", "a.b") DEFERRABLE, "user" bigint NOT NULL REFERENCES auth.users
  );
  ALTER TABLE "Weird ""s""" ADD CONSTRAINT positive CHECK ("order" > 0) NOT VALID;
  ALTER TABLE "Weird ""s""" ENABLE ROW LEVEL SECURITY;
  CREATE TRIGGER touched BEFORE INSERT OR UPDATE ON auth.users FOR EACH ROW EXECUTE FUNCTION auth.touch();
  ALTER TABLE auth.users ENABLE ALWAYS TRIGGER touched;
  CREATE TABLE events (id int, day date, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
  CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2020-01-01') TO ('2021-01-01') PARTITION BY RANGE (id);
  CREATE TABLE events_1_1 PARTITION OF events_1 FOR VALUES FROM (0) TO (1000);
  CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM ('2021-01-01') TO ('2022-01-01');
  CREATE TABLE refers (id int, day date, CONSTRAINT refers_event FOREIGN KEY (id, day) REFERENCES events);
  CREATE TABLE base (a int);
  CREATE TABLE child (b int) INHERITS (base);
  CREATE UNLOGGED TABLE quick (a int);
  CREATE VIEW names AS SELECT name FROM auth.users;
  CREATE MATERIALIZED VIEW counted AS SELECT 1 AS one;
  INSERT INTO events SELECT g, '2020-05-05' FROM generate_series(1, 300) AS g;
  INSERT INTO events SELECT g, '2021-05-05' FROM generate_series(1, 200) AS g;
  CREATE PUBLICATION lockstep_test_everything FOR ALL TABLES`;

for (const major of [18, 15]) {
  describe(`on PostgreSQL ${major}`, async () => {
    const { database, query, name, url } = await testDatabase({ major });
    const read = (): Promise<CatalogSnapshot> => database.transaction(readCatalog, { readOnly: true });
    await query(SCHEMA);
    const catalog = await read();
    const relation = (key: string): Relation => {
      const found = catalog.relations[key];
      if (found === undefined) throw new Error(`no ${key} among ${Object.keys(catalog.relations).join(', ')}`);
      return found;
    };

    it('knows the server', () => {
      expect(catalog.server).toMatchObject({
        database: name,
        user: decodeURIComponent(new URL(url).username),
        standby: false,
        deadlockTimeoutMs: 1_000,
        publishesAllTables: true,
        maySuppressTriggers: true,
      });
      expect(Math.floor(catalog.server.versionNum / 10_000)).toBe(major);
    });

    it('reads every schema but the journal, the system, and what is temporary', () => {
      expect(catalog.schemas).toEqual(['auth', 'public']);
      expect(Object.keys(catalog.relations)).toEqual([
        'auth.users',
        'auth.users_id_seq',
        'public."Weird ""s"""',
        ...['base', 'child', 'counted', 'events', 'events_1', 'events_1_1', 'events_2', 'names', 'quick', 'refers'].map(
          (table) => `public.${table}`,
        ),
      ]);
      expect(catalog.types).toEqual(['auth.mood', 'auth.pair', 'auth.ratio', 'auth.small_ratio']);
      expect(Object.keys(catalog.functions)).toEqual(['auth.touch()', 'auth.twice(integer, auth.mood)']);
      expect(catalog.extensions).toContain('plpgsql');
    });

    it('reads columns in their order, types and names with their schema', () => {
      expect(relation('auth.users').columns).toEqual([
        { ...PLAIN, name: 'id', type: 'bigint', notNull: true, identity: 'always' },
        {
          ...PLAIN,
          name: 'name',
          type: 'character varying(255)',
          notNull: true,
          default: "'nobody'::character varying",
        },
        { ...PLAIN, name: 'born', type: 'date', default: "'2020-01-31'::date" },
        { ...PLAIN, name: 'mood', type: 'auth.mood' },
        { ...PLAIN, name: 'ratio', type: 'auth.small_ratio', baseType: 'double precision', notNull: true },
        { ...PLAIN, name: 'doubled', type: 'bigint', default: '(2 * 1)', generated: 'stored' },
        {
          ...PLAIN,
          name: 'loose',
          type: 'text',
          notNull: true,
          collation: 'auth.loose',
          deterministicCollation: false,
        },
        { ...PLAIN, name: 'plain', type: 'text', notNull: true, collation: 'pg_catalog."C"' },
        { ...PLAIN, name: 'at', type: 'timestamp(3) with time zone' },
      ]);
    });

    it('tells which indexes can be walked', () => {
      const obstacle = (index: string): string => {
        const key = walkableKeyOf(relation('auth.users'), index);
        return key.ok ? 'none' : key.diagnostics[0]!.detail;
      };
      expect(obstacle('users_pkey')).toBe('none');
      expect(obstacle('users_down')).toBe('none');
      expect(obstacle('users_other')).toBe('none');
      expect(obstacle('users_part')).toContain('partial');
      expect(obstacle('users_expr')).toContain('expression');
      expect(obstacle('users_ratio')).toContain('auth.small_ratio');
      expect(obstacle('users_loose')).toContain('different texts for equal');
      expect(obstacle('users_mixed')).toContain('order');
      expect(obstacle('users_pattern')).toContain('order');
      expect(obstacle('users_nulls')).toContain('may be NULL');
      expect(obstacle('users_hash')).toContain('not unique');
      expect(walkableKeyOf(relation('public."Weird ""s"""')).diagnostics[0]!.detail).toContain('doubles until COMMIT');
      const { indexes } = relation('auth.users');
      expect(indexes.find((index) => index.name === 'users_other')?.keyCollations).toEqual(['pg_catalog."POSIX"']);
      expect(indexes.find((index) => index.name === 'users_expr')?.keys).toEqual(['name', null]);
      expect(indexes.find((index) => index.name === 'users_nulls')?.nullsNotDistinct).toBe(true);
    });

    it('reads constraints with the columns that they name', () => {
      const { constraints, rowSecurity } = relation('public."Weird ""s"""');
      expect(constraints.filter(({ kind }) => kind !== 'not null')).toEqual([
        {
          name: 'Weird "s"_user_fkey',
          kind: 'foreign key',
          columns: ['user'],
          references: { table: { schema: 'auth', name: 'users' }, columns: ['id'] },
          validated: true,
          deferrable: false,
          definition: 'FOREIGN KEY ("user") REFERENCES auth.users(id)',
        },
        {
          name: 'positive',
          kind: 'check',
          columns: ['order'],
          validated: false,
          deferrable: false,
          definition: 'CHECK (("order" > 0)) NOT VALID',
        },
        {
          name: 'späť',
          kind: 'unique',
          columns: ['order', 'a.b'],
          validated: true,
          deferrable: true,
          definition: 'UNIQUE ("order", "a.b") DEFERRABLE',
        },
      ]);
      expect(rowSecurity).toBe('on');
      // Towards a partitioned table the server keeps one more row per partition.
      expect(relation('public.refers').constraints.map((constraint) => constraint.name)).toEqual(['refers_event']);
    });

    it('reads triggers, but none of the internal ones', () => {
      expect(relation('public.refers').triggers).toEqual([]);
      expect(relation('auth.users').triggers).toMatchObject([
        { name: 'touched', enabled: 'always', events: ['insert', 'update'] },
      ]);
    });

    it('knows partitions and children, and sums what partitions hold', async () => {
      expect(relation('public.events_1_1')).toMatchObject({ parent: { name: 'events_1' }, partition: true });
      expect(relation('public.events')).toMatchObject({ kind: 'partitioned table', inherited: false });
      expect(relation('public.events').estimatedRows).toBeUndefined();
      expect(relation('public.events').bytes).toBe(
        relation('public.events_1_1').bytes + relation('public.events_2').bytes,
      );
      expect(relation('public.events_2').bytes).toBeGreaterThan(0);
      expect(relation('public.base')).toMatchObject({ inherited: true, partition: false });
      expect(relation('public.child')).toMatchObject({ parent: { name: 'base' }, partition: false });
      expect(relation('public.quick').persistence).toBe('unlogged');
      await query('ANALYZE events_1');
      expect((await read()).relations['public.events']?.estimatedRows).toBeUndefined();
      await query('ANALYZE events_2');
      expect((await read()).relations['public.events']?.estimatedRows).toBe(500);
    });

    it('knows what the current user may do', async () => {
      expect(relation('auth.users').privileges).toContain('OWNER');
      const role = `lockstep_test_reader_${name}`;
      await query(
        `CREATE ROLE ${role}; GRANT USAGE ON SCHEMA auth TO ${role}; GRANT SELECT, UPDATE ON auth.users TO ${role}`,
      );
      const seen = await database.transaction(async (session) => {
        await session.query(`SET LOCAL ROLE ${role}`);
        return readCatalog(session);
      });
      expect(seen.relations['auth.users']?.privileges).toEqual(['SELECT', 'UPDATE']);
      await query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    });

    it('reads the same under other settings, and leaves those as they were', async () => {
      const settings = `SET LOCAL search_path = auth, public; SET LOCAL "DateStyle" = 'SQL, DMY';
        SET LOCAL quote_all_identifiers = on`;
      const [seen, left] = await database.transaction(async (session) => {
        await session.query(settings);
        const snapshot = await readCatalog(session);
        const { rows } = await session.query<{ path: string; quote: string }>(
          `SELECT current_setting('search_path') AS path, current_setting('quote_all_identifiers') AS quote`,
        );
        return [snapshot, rows[0]];
      });
      expect(seen.relations['auth.users']).toEqual(relation('auth.users'));
      expect(left).toEqual({ path: 'auth, public', quote: 'on' });
    });

    it('refuses to read outside a transaction, where its settings would not hold', async () => {
      await expect(database.withSession(readCatalog)).rejects.toThrow('inside a transaction');
    });

    if (major >= 18) {
      it('does not believe attnotnull before the constraint is validated, and knows virtual columns', async () => {
        await query(`CREATE TABLE auth.fresh (a int, v int GENERATED ALWAYS AS (a + 1) VIRTUAL, r int4range, period int4range,
            UNIQUE (r, period WITHOUT OVERLAPS));
          ALTER TABLE auth.fresh ADD CONSTRAINT nn NOT NULL a NOT VALID`);
        const fresh = async (): Promise<Relation> => (await read()).relations['auth.fresh']!;
        expect((await fresh()).columns).toMatchObject([
          { name: 'a', notNull: false },
          { generated: 'virtual' },
          {},
          {},
        ]);
        expect((await fresh()).constraints).toContainEqual(
          expect.objectContaining({ name: 'nn', kind: 'not null', columns: ['a'], validated: false }),
        );
        expect((await fresh()).indexes).toMatchObject([{ unique: false, method: 'gist' }]);
        await query('ALTER TABLE auth.fresh VALIDATE CONSTRAINT nn');
        expect((await fresh()).columns[0]?.notNull).toBe(true);
      });
    }
  });
}

const PLAIN = { notNull: false, generated: 'no', identity: 'no', deterministicCollation: true };
