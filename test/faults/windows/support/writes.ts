/**
 * What an application writes, and what the old side holds afterwards; the new side follows from that. Every case has tables of its own; `n` is
 * the number of its case. Rows 1 and 99 are never written: a batch can be held at them.
 */
export interface Write {
  readonly name: string;
  readonly side: 'old' | 'new';
  readonly sql: (n: number) => string;
  /** Applied to the rows that were there: null, the row is gone. */
  readonly changes: Readonly<Record<number, Partial<SourceRow> | null>>;
  /** Row of the target that a way back leaves: somebody wrote what no mapping fills. */
  readonly keeps?: number;
}

export interface SourceRow {
  readonly word: string;
  readonly note: string | null;
  readonly live: boolean;
}

/** Before any write; the target gets those that live. */
export const ROWS: Readonly<Record<number, SourceRow>> = {
  1: { word: 'first', note: null, live: true },
  50: { word: 'old', note: null, live: true },
  60: { word: 'asleep', note: null, live: false },
  98: { word: 'there', note: null, live: true },
  99: { word: 'last', note: null, live: true },
};

/** A row of the application's own, whatever it does not name. */
function row(word: string): SourceRow {
  return { word, note: null, live: true };
}

const UPSERT = (n: number, id: number): string =>
  `INSERT INTO s${n} (id, word) VALUES (${id}, 'upserted') ON CONFLICT (id) DO UPDATE SET word = EXCLUDED.word`;

const TO_OLD: readonly Omit<Write, 'side'>[] = [
  { name: 'insert', sql: (n) => `INSERT INTO s${n} (id, word) VALUES (55, 'new')`, changes: { 55: row('new') } },
  {
    name: 'update, mapped',
    sql: (n) => `UPDATE s${n} SET word = 'changed' WHERE id = 50`,
    changes: { 50: { word: 'changed' } },
  },
  {
    name: 'update, unmapped',
    sql: (n) => `UPDATE s${n} SET note = 'seen' WHERE id = 50`,
    changes: { 50: { note: 'seen' } },
  },
  { name: 'delete', sql: (n) => `DELETE FROM s${n} WHERE id = 50`, changes: { 50: null } },
  {
    name: 'key change',
    sql: (n) => `UPDATE s${n} SET id = 56 WHERE id = 50`,
    changes: { 50: null, 56: row('old') },
  },
  {
    name: 'enters where',
    sql: (n) => `UPDATE s${n} SET live = true WHERE id = 60`,
    changes: { 60: { live: true } },
  },
  {
    name: 'leaves where',
    sql: (n) => `UPDATE s${n} SET live = false WHERE id = 50`,
    changes: { 50: { live: false } },
  },
  { name: 'upsert, new', sql: (n) => UPSERT(n, 57), changes: { 57: row('upserted') } },
  { name: 'upsert, there', sql: (n) => UPSERT(n, 50), changes: { 50: { word: 'upserted' } } },
  {
    name: 'COPY',
    sql: (n) => `COPY s${n} (id, word) FROM PROGRAM 'printf "70\\tcopied\\n71\\tcopied\\n72\\tcopied\\n"'`,
    changes: { 70: row('copied'), 71: row('copied'), 72: row('copied') },
  },
  {
    name: 'TRUNCATE',
    sql: (n) => `TRUNCATE s${n}`,
    changes: { 1: null, 50: null, 60: null, 98: null, 99: null },
  },
  { name: 'delete that cascades', sql: (n) => `DELETE FROM f${n} WHERE id = 7`, changes: { 50: null } },
  {
    name: 'through a BEFORE trigger',
    sql: (n) => `UPDATE s${n} SET word = 'changed' WHERE id = 50`,
    changes: { 50: { word: 'changed, before' } },
  },
  {
    name: 'through an AFTER trigger',
    sql: (n) => `UPDATE s${n} SET word = 'changed' WHERE id = 50`,
    changes: { 50: { word: 'changed, after' } },
  },
];
export const OLD_SIDE: readonly Write[] = TO_OLD.map((write) => ({ ...write, side: 'old' }));

/** By the names that they have on the old side. */
const TO_NEW: Readonly<Record<string, (n: number) => string>> = {
  insert: (n) => `INSERT INTO t${n} (id, word) VALUES (55, 'new')`,
  'update, mapped': (n) => `UPDATE t${n} SET word = 'changed' WHERE id = 50`,
  'update, unmapped': (n) => `UPDATE t${n} SET extra = 'seen' WHERE id = 50`,
  delete: (n) => `DELETE FROM t${n} WHERE id = 50`,
  'key change': (n) => `UPDATE t${n} SET id = 56 WHERE id = 50`,
  'upsert, new': (n) => UPSERT(n, 57).replace('INTO s', 'INTO t'),
  'upsert, there': (n) => UPSERT(n, 50).replace('INTO s', 'INTO t'),
  COPY: (n) => `COPY t${n} (id, word) FROM PROGRAM 'printf "70\\tcopied\\n71\\tcopied\\n72\\tcopied\\n"'`,
  TRUNCATE: (n) => `TRUNCATE t${n}`,
};

/** Where both sides are written. A row neither enters nor leaves the mapping there, and a user trigger of the target would hold up the other cases. */
export const NEW_SIDE: readonly Write[] = TO_OLD.filter(({ name }) => name in TO_NEW).map((write) => ({
  ...write,
  side: 'new',
  sql: TO_NEW[write.name]!,
  ...(write.name === 'update, unmapped' && { changes: {}, keeps: 50 }),
}));

export const NOT_ON_THE_NEW_SIDE: readonly string[] = TO_OLD.map(({ name }) => name).filter(
  (name) => !(name in TO_NEW),
);

/** What the table holds once the write is acknowledged. */
export function rowsAfter({ changes }: Write): Readonly<Record<number, SourceRow>> {
  const rows = new Map(Object.entries(ROWS));
  for (const [id, change] of Object.entries(changes)) {
    if (change === null) rows.delete(id);
    else rows.set(id, { ...(rows.get(id) ?? row('')), ...change });
  }
  return Object.fromEntries(rows);
}
