/** Rows whose keys change beside a window: what is written, and what must stay as it was, on either side. */

export interface MovingKeys {
  readonly what: string;
  readonly tables: string;
  readonly mappings: Readonly<Record<string, unknown>>;
  /** Default: forward. */
  readonly both?: true;
  /** The new side leads. */
  readonly cutOver?: true;
  /** Of the application, on the leading side. */
  readonly writes: readonly string[];
  /** What the application sees: the same as on a database without a window. */
  readonly seen: readonly string[];
  /** Pairs of queries that return the same rows. */
  readonly same: readonly (readonly [string, string])[];
  /** Of the side that follows: what no mapping fills, and rows of others. */
  readonly stays: readonly (readonly [query: string, rows: readonly string[]])[];
}

const TWO = `CREATE TABLE s (id int PRIMARY KEY, word text NOT NULL UNIQUE, n int NOT NULL DEFAULT 0);
  CREATE TABLE t (id int PRIMARY KEY, word text NOT NULL UNIQUE, n int NOT NULL, note text NOT NULL DEFAULT 'none');
  INSERT INTO s SELECT g, 'w' || g FROM generate_series(1, 30) AS g`;
const NOTED = `CREATE TABLE hangs (id int PRIMARY KEY REFERENCES t ON DELETE CASCADE ON UPDATE CASCADE, what text);
  CREATE FUNCTION mark() RETURNS void LANGUAGE sql AS $$ UPDATE public.t SET note = 'of ' || word; INSERT INTO public.hangs SELECT id, 'on ' || word FROM public.t $$`;
const ONE = { m: { from: 's', to: 't', columns: { id: 'id', word: 'word', n: 'n' } } };
const SAME = [['SELECT id, word, n FROM s', 'SELECT id, word, n FROM t']] as const;
/** Whatever its key is: a note and a row of others hang on the row. */
const STAYS: MovingKeys['stays'] = [
  [`SELECT 'lost: ' || word FROM t WHERE note <> 'of ' || word AND word NOT LIKE 'new%'`, []],
  [
    `SELECT 'lost: ' || t.word FROM t LEFT JOIN hangs AS h USING (id) WHERE h.what IS DISTINCT FROM 'on ' || t.word AND t.word NOT LIKE 'new%'`,
    [],
  ],
];
const trigger = (
  body: string,
  event: string,
): string => `CREATE FUNCTION app() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${body} RETURN NULL; END $$;
  CREATE TRIGGER app AFTER ${event} EXECUTE FUNCTION app()`;

function one(what: string, tables: string, ...writes: readonly string[]): MovingKeys {
  return {
    ...{ what, tables: `${TWO}; ${NOTED}; ${tables}`, mappings: ONE, writes },
    ...{ seen: ['SELECT * FROM s'], same: SAME, stays: STAYS },
  };
}

export const MOVING_KEYS: readonly MovingKeys[] = [
  one('one key', '', 'UPDATE s SET id = 100 WHERE id = 1', `UPDATE s SET id = 101, n = 7, word = 'w2' WHERE id = 2`),
  one(
    'a chain in one statement',
    '',
    'UPDATE s SET id = CASE id WHEN 12 THEN 112 WHEN 2 THEN 102 ELSE 0 END WHERE id IN (2, 12)',
    'BEGIN; UPDATE s SET id = 200 WHERE id = 12 OR id = 102; COMMIT',
  ),
  one(
    'a chain over keys that are free again',
    '',
    'BEGIN; UPDATE s SET id = 99 WHERE id = 12; UPDATE s SET id = 12 WHERE id = 2; UPDATE s SET id = 2 WHERE id = 99; COMMIT',
  ),
  one(
    'a chain by savepoints',
    '',
    'BEGIN; UPDATE s SET id = 99 WHERE id = 12; SAVEPOINT a; UPDATE s SET id = 12 WHERE id = 2; ROLLBACK TO a; UPDATE s SET id = 12 WHERE id = 3; COMMIT',
  ),
  one(
    'a row that a trigger moves on',
    trigger(
      'UPDATE public.s SET id = 200 + NEW.id WHERE id = NEW.id;',
      'UPDATE OF id ON s FOR EACH ROW WHEN (NEW.id BETWEEN 100 AND 150)',
    ),
    'UPDATE s SET id = 100 + id WHERE id < 10',
  ),
  one(
    'a row that a trigger of the row before it moves on',
    trigger(
      'UPDATE public.s SET id = 200 + id, n = n + 1 WHERE id IN (NEW.id + 1, NEW.id + 2);',
      'UPDATE OF id ON s FOR EACH ROW WHEN (NEW.id BETWEEN 100 AND 150)',
    ),
    'UPDATE s SET id = 100 + id WHERE id < 10',
  ),
  one(
    'a key that a trigger gives to another row before the mirror of the first one',
    trigger(
      `IF EXISTS (SELECT FROM public.s WHERE id = 102) AND NOT EXISTS (SELECT FROM public.s WHERE id = 2) THEN
      UPDATE public.s SET id = 2 WHERE id = 20; INSERT INTO public.s VALUES (3, 'new') ON CONFLICT (id) DO NOTHING; END IF;`,
      'UPDATE OF id ON s FOR EACH ROW WHEN (NEW.id BETWEEN 100 AND 150)',
    ),
    'UPDATE s SET id = 100 + id WHERE id < 4',
  ),
  one(
    'a row that a trigger deletes, or changes, before its mirror',
    trigger(
      'DELETE FROM public.s WHERE id = NEW.id + 1; UPDATE public.s SET n = n + 1 WHERE id = NEW.id + 2;',
      'UPDATE OF id ON s FOR EACH ROW WHEN (NEW.id BETWEEN 100 AND 150)',
    ),
    'UPDATE s SET id = 100 + id WHERE id < 10',
  ),
  one(
    'rows that a trigger of an INSERT moves, changes and deletes',
    trigger(
      `UPDATE public.s SET id = id + 500 WHERE id = NEW.id + 1; UPDATE public.s SET n = n + 1 WHERE id = NEW.id - 1; DELETE FROM public.s WHERE id = NEW.id + 2;`,
      'INSERT ON s FOR EACH ROW WHEN (NEW.id BETWEEN 100 AND 150)',
    ),
    `INSERT INTO s SELECT g, 'new' || g FROM generate_series(101, 109) AS g`,
  ),
  one(
    'a row that a trigger of its DELETE brings again',
    trigger(
      `INSERT INTO public.s VALUES (OLD.id, 'new' || OLD.id, 5);`,
      'DELETE ON s FOR EACH ROW WHEN (OLD.id % 2 = 0)',
    ),
    'DELETE FROM s WHERE id < 7',
  ),
  one(
    'deleted and inserted in one statement',
    '',
    `WITH gone AS (DELETE FROM s WHERE id = 4 RETURNING id) INSERT INTO s SELECT 50, 'new' FROM gone`,
    `MERGE INTO s USING (VALUES (5, 55), (6, 66)) AS v (id, new_id) ON s.id = v.id WHEN MATCHED AND v.id = 5 THEN UPDATE SET id = v.new_id WHEN MATCHED THEN DELETE`,
  ),
  {
    what: 'a key of the other side that is GENERATED ALWAYS AS IDENTITY',
    tables: `CREATE TABLE s (id int PRIMARY KEY, word text NOT NULL); INSERT INTO s SELECT g, 'w' || g FROM generate_series(1, 9) AS g;
      CREATE TABLE t (code int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, word text NOT NULL, note text NOT NULL DEFAULT 'none', twice text GENERATED ALWAYS AS (note || note) STORED);
      CREATE FUNCTION mark() RETURNS void LANGUAGE sql AS $$ UPDATE public.t SET note = 'of ' || word $$`,
    mappings: { m: { from: 's', to: 't', columns: { code: 'id', word: 'word' } } },
    writes: ['UPDATE s SET id = 100 WHERE id = 1', `UPDATE s SET id = 99 - id, word = word || '!' WHERE id < 5`],
    seen: ['SELECT * FROM s'],
    same: [['SELECT * FROM s', 'SELECT code, word FROM t']],
    stays: [["SELECT word FROM t WHERE note <> 'of ' || rtrim(word, '!')", []]],
  },
  {
    what: 'a natural key with cascades on both sides',
    tables: `CREATE TABLE shop (code text PRIMARY KEY, title text NOT NULL);
      CREATE TABLE item (id int PRIMARY KEY, shop text NOT NULL REFERENCES shop ON UPDATE CASCADE ON DELETE CASCADE);
      CREATE TABLE store (code text PRIMARY KEY, title text NOT NULL, note text NOT NULL DEFAULT 'none');
      CREATE TABLE good (id int PRIMARY KEY, store text NOT NULL REFERENCES store ON UPDATE CASCADE ON DELETE CASCADE);
      INSERT INTO shop SELECT 's' || g, 't' || g FROM generate_series(1, 5) AS g; INSERT INTO item SELECT g, 's' || 1 + g % 5 FROM generate_series(1, 50) AS g;
      CREATE FUNCTION mark() RETURNS void LANGUAGE sql AS $$ UPDATE public.store SET note = 'of ' || title $$`,
    mappings: {
      shops: { from: 'shop', to: 'store', columns: { code: 'code', title: 'title' }, reverse: { on_delete: 'delete' } },
      items: { from: 'item', to: 'good', columns: { id: 'id', store: 'shop' }, reverse: { on_delete: 'delete' } },
    },
    both: true,
    writes: [`UPDATE shop SET code = 'renamed' WHERE code = 's3'`, `UPDATE shop SET code = code || '!'`],
    seen: ['SELECT * FROM shop', 'SELECT * FROM item'],
    same: [
      ['SELECT code, title FROM shop', 'SELECT code, title FROM store'],
      ['SELECT * FROM item', 'SELECT * FROM good'],
    ],
    stays: [["SELECT title FROM store WHERE note IS DISTINCT FROM 'of ' || title", []]],
  },
  {
    what: 'rows of the source that go to another partition',
    tables: `CREATE TABLE s (id int, region text, n int NOT NULL DEFAULT 0, PRIMARY KEY (id, region)) PARTITION BY LIST (region);
      CREATE TABLE s_eu PARTITION OF s FOR VALUES IN ('eu'); CREATE TABLE s_us PARTITION OF s FOR VALUES IN ('us');
      CREATE TABLE t (id int, region text, n int NOT NULL, note text NOT NULL DEFAULT 'none', PRIMARY KEY (id, region));
      CREATE TABLE hangs (id int, region text, FOREIGN KEY (id, region) REFERENCES t ON UPDATE CASCADE ON DELETE CASCADE);
      INSERT INTO s SELECT g, CASE g % 2 WHEN 0 THEN 'eu' ELSE 'us' END FROM generate_series(1, 20) AS g;
      CREATE FUNCTION mark() RETURNS void LANGUAGE sql AS $$ UPDATE public.t SET note = 'of ' || id; INSERT INTO public.hangs SELECT id, region FROM public.t $$`,
    mappings: { m: { from: 's', to: 't', columns: { id: 'id', region: 'region', n: 'n' } } },
    writes: [
      `UPDATE s SET region = 'us', n = 3 WHERE id = 2`,
      `UPDATE s SET region = CASE region WHEN 'eu' THEN 'us' ELSE 'eu' END, n = n + 1`,
      `UPDATE s SET id = id + 100, region = 'us' WHERE id = 4`,
    ],
    seen: ['SELECT * FROM s'],
    same: [['SELECT * FROM s', 'SELECT id, region, n FROM t']],
    stays: [
      [`SELECT 'lost: ' || id FROM t WHERE note <> 'of ' || CASE WHEN id > 100 THEN id - 100 ELSE id END`, []],
      ['SELECT count(*)::text FROM hangs', ['20']],
    ],
  },
  {
    what: 'rows of the target that go to another partition',
    tables: `CREATE TABLE s (id int, region text, n int NOT NULL DEFAULT 0, PRIMARY KEY (id, region));
      CREATE TABLE t (id int, region text, n int NOT NULL, note text NOT NULL DEFAULT 'none', PRIMARY KEY (id, region)) PARTITION BY LIST (region);
      CREATE TABLE t_eu PARTITION OF t FOR VALUES IN ('eu'); CREATE TABLE t_us PARTITION OF t FOR VALUES IN ('us');
      INSERT INTO s SELECT g, CASE g % 2 WHEN 0 THEN 'eu' ELSE 'us' END FROM generate_series(1, 20) AS g;
      CREATE FUNCTION mark() RETURNS void LANGUAGE sql AS $$ UPDATE public.t SET note = 'of ' || id $$`,
    mappings: {
      m: { from: 's', to: 't', columns: { id: 'id', region: 'region', n: 'n' }, reverse: { on_delete: 'delete' } },
    },
    both: true,
    writes: [
      `UPDATE s SET region = 'us', n = 3 WHERE id = 2`,
      `UPDATE s SET region = CASE region WHEN 'eu' THEN 'us' ELSE 'eu' END, n = n + 1`,
    ],
    seen: ['SELECT * FROM s'],
    same: [['SELECT * FROM s', 'SELECT id, region, n FROM t']],
    stays: [[`SELECT 'lost: ' || id FROM t WHERE note <> 'of ' || id`, []]],
  },
  {
    what: 'rows that go to another partition of the side that leads by now',
    tables: `CREATE TABLE s (id int, region text, n int DEFAULT 0, inner_note text, PRIMARY KEY (id, region));
      CREATE TABLE line (id int PRIMARY KEY, of int NOT NULL, region text NOT NULL, FOREIGN KEY (of, region) REFERENCES s ON UPDATE CASCADE ON DELETE CASCADE);
      CREATE TABLE t (id int, region text, n int, PRIMARY KEY (id, region)) PARTITION BY LIST (region);
      CREATE TABLE t_eu PARTITION OF t FOR VALUES IN ('eu'); CREATE TABLE t_us PARTITION OF t FOR VALUES IN ('us');
      INSERT INTO s SELECT g, CASE g % 2 WHEN 0 THEN 'eu' ELSE 'us' END, g, 'note ' || g FROM generate_series(1, 20) AS g;
      INSERT INTO line SELECT id * 10 + k, id, region, k FROM s, generate_series(1, 3) AS k`.replace(
      ', region, k FROM',
      ', region FROM',
    ),
    mappings: {
      m: { from: 's', to: 't', columns: { id: 'id', region: 'region', n: 'n' }, reverse: { on_delete: 'delete' } },
    },
    both: true,
    cutOver: true,
    writes: [
      `UPDATE t SET region = 'us', n = 77 WHERE id = 2`,
      `UPDATE t SET region = CASE region WHEN 'eu' THEN 'us' ELSE 'eu' END, n = n + 1`,
    ],
    seen: [],
    same: [['SELECT id, region, n FROM s', 'SELECT id, region, n FROM t']],
    stays: [
      [`SELECT 'lost: ' || id FROM s WHERE inner_note IS DISTINCT FROM 'note ' || id`, []],
      ['SELECT count(*)::text FROM line', ['60']],
    ],
  },
];
