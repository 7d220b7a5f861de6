/** Tables, mappings and writes that a window has to keep in step, take back and close. One entry is one shape. */
import type { WindowShape } from './window-cycle.js';

const NUMBERS = 'FROM generate_series(1, 7) AS n';

/** Every event that a row can meet, on `origin (id, v, n)`; `again` says how the second time differs. */
const EVENTS: readonly string[] = [
  "INSERT INTO origin VALUES (11, 'new', 1), (12, 'newer', 2)",
  "UPDATE origin SET v = v || '!'",
  'UPDATE origin SET n = n + 1',
  "UPDATE origin SET v = NULL WHERE id = 2; UPDATE origin SET v = 'back' WHERE id = 2",
  'UPDATE origin SET id = id + 100 WHERE id IN (3, 11)',
  'UPDATE origin SET id = id - 1 WHERE id < 100',
  'DELETE FROM origin WHERE id IN (103, 4)',
  "INSERT INTO origin VALUES (4, 'again', 0)",
  "INSERT INTO origin VALUES (5, 'met', 3), (13, 'not met', 3) ON CONFLICT (id) DO UPDATE SET v = EXCLUDED.v, n = origin.n",
  'WITH gone AS (DELETE FROM origin WHERE id = 5 RETURNING *) INSERT INTO origin SELECT id + 200, v, n FROM gone',
  "MERGE INTO origin USING (VALUES (6, 'merged'), (14, 'made')) AS m (k, v) ON id = k WHEN MATCHED THEN UPDATE SET v = m.v WHEN NOT MATCHED THEN INSERT VALUES (k, m.v, 0)",
  `COPY origin FROM PROGRAM 'printf "21\\tcopied\\t1\\n22\\t\\\\N\\t2\\n"'`,
  "BEGIN; INSERT INTO origin VALUES (31, 'kept', 0); SAVEPOINT s; UPDATE origin SET v = 'not kept'; DELETE FROM origin WHERE id = 31; ROLLBACK TO s; COMMIT",
  "BEGIN; DELETE FROM origin; INSERT INTO origin VALUES (1, 'x', 0); ROLLBACK",
  'DELETE FROM origin WHERE id > 10',
];

const ORIGIN = `CREATE TABLE origin (id int PRIMARY KEY, v text, n int); INSERT INTO origin SELECT n, 'v' || n, n ${NUMBERS};`;

export const WINDOW_SHAPES: readonly WindowShape[] = [
  {
    shape: 'every event',
    tables: `${ORIGIN} CREATE TABLE copy (id int PRIMARY KEY, v text)`,
    mappings: { copied: { from: 'origin', to: 'copy', columns: 'same' } },
    writes: EVENTS,
    same: [{ wanted: 'SELECT id, v FROM origin', found: 'SELECT id, v FROM copy' }],
  },
];
