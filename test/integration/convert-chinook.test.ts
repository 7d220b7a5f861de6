/** Chinook: four keys at once, a self reference, a key made of two references. The shop's questions have the same answers. */
import { beforeAll, expect, test } from 'vitest';

import { catalogLines } from '../support/catalog-text.js';
import { CHINOOK_QUERIES, CHINOOK_TABLES } from '../support/chinook-queries.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { ON_NEW } from '../support/majors.js';
import { planOn, rowsOf, told } from '../support/plan-on-database.js';
import { describeWith, loadSharedData } from '../support/shared-data.js';
import { whileWritten, type Write } from '../support/while-written.js';

const KEYS = ['customer', 'employee', 'track', 'playlist'];
// None of the keys has a default: a row that comes with a new key alone needs an old one from somewhere.
const OLD_KEYS = 'CREATE SEQUENCE old_keys START 1000000';
const old_value = `nextval('old_keys')::int`;
/** Three windows that are open at the same time; customers refer to employees, employees to each other. */
const WINDOWS = {
  staff: { table: 'employee', value: 'random', old_value },
  buyers: { table: 'customer', value: 'random', old_value },
  music: { tables: ['track', 'playlist'], value: 'random', old_value },
};
const IDS = Object.keys(WINDOWS);
const OPEN = [
  ...Object.entries(WINDOWS).map(([id, convert_uuid]) => ({ id, convert_uuid })),
  { id: 'proof', verify: [{ in_sync: IDS }] },
];
const FLIP = [
  ...IDS.map((id) => ({ id: `flip-${id}`, cutover: { windows: [id] } })),
  {
    id: 'after',
    verify: [
      { in_sync: IDS },
      { foreign_keys_valid: ['customer', 'employee', 'invoice', 'invoice_line', 'playlist_track'] },
      ...KEYS.map((table) => ({ column_type: { column: `${table}.${table}_id`, is: 'uuid' } })),
    ],
  },
];

for (const major of ON_NEW) {
  describeWith('chinook.sql', `chinook on server ${major}`, () => {
    let found: TestDatabase;
    let catalog: readonly string[];
    let rows: Readonly<Record<string, readonly string[]>>;
    let answers: unknown;
    beforeAll(async () => {
      found = await testDatabase({ major });
      await loadSharedData(found, 'chinook.sql');
      await found.query(OLD_KEYS);
      catalog = await catalogLines(found);
      rows = await rowsOf(found);
      answers = await answersOf(found);
    });

    // A key that refers to another key of the same step: the planner finds a circle of settle and fill.
    test('all four keys in one step', async () => {
      const steps = [{ id: 'keys', convert_uuid: { tables: KEYS, value: 'random', old_value } }];
      expect(told(await planOn(found.database, { name: 'four', steps }).plan())).toMatch(/^exit 0/);
    });

    // The second window's way back looks for its columns by the names of before.
    test('one cutover of three windows comes back', async ({ onTestFinished }) => {
      const own = await testDatabase({ major, after: onTestFinished });
      await loadSharedData(own, 'chinook.sql');
      await own.query(OLD_KEYS);
      const plan = planOn(own.database, { name: 'once', steps: [...OPEN, { id: 'flip', cutover: { windows: IDS } }] });
      expect(told(await plan.apply())).toMatch(/^exit 0/);
      expect(told(await plan.rollback())).toBe('exit 0');
    });

    test('before the cutover there and back: the catalog and every row are what they were', async () => {
      const plan = planOn(found.database, { name: 'half', steps: OPEN });
      expect(told(await plan.plan())).toMatch(/^exit 0/);
      expect(told(await plan.apply())).toMatch(/^exit 0/);
      expect(await answersOf(found)).toEqual(answers);
      expect(told(await plan.rollback())).toBe('exit 0');
      expect(await catalogLines(found)).toEqual(catalog);
      expect(await rowsOf(found)).toEqual(rows);
    });

    test('after the cutover the same questions have the same answers; back again, so has everything', async () => {
      const plan = planOn(found.database, { name: 'whole', steps: [...OPEN, ...FLIP] });
      expect(told(await plan.apply())).toMatch(/^exit 0/);
      expect(await answersOf(found)).toEqual(answers);
      for (const table of CHINOOK_TABLES)
        expect(await found.value(`SELECT count(*)::int FROM ${table}`), table).toBe(rows[table]!.length);
      expect(await compositeKey(found)).toEqual(['uuid', 'uuid']);
      expect(told(await plan.rollback())).toBe('exit 0');
      expect(await catalogLines(found)).toEqual(catalog);
      expect(await rowsOf(found)).toEqual(rows);
    });

    test('everybody writes meanwhile, over the cutover and back', async () => {
      const plan = planOn(found.database, { name: 'live', steps: [...OPEN, ...FLIP] });
      const held = new Set<string>();
      await whileWritten(
        found.url,
        { clients: 3, write: (client, turn) => shop(held, client, turn) },
        async (writes) => {
          await writes.written(20);
          expect(told(await plan.apply())).toMatch(/^exit 0/);
          await writes.written(60);
          expect(told(await plan.rollback())).toBe('exit 0');
          await writes.written(20);
        },
      );
      const filled = `SELECT t.name FROM playlist_track JOIN playlist AS p USING (playlist_id) JOIN track AS t USING (track_id) WHERE p.name = 'Movies'`;
      expect((await found.query<{ name: string }>(filled)).map(({ name }) => name).sort()).toEqual([...held].sort());
      await found.query(
        `DELETE FROM playlist_track USING playlist AS p WHERE playlist_track.playlist_id = p.playlist_id AND p.name = 'Movies'`,
      );
      await found.query(`UPDATE customer SET fax = NULL WHERE fax = 'live'`);
      expect(await answersOf(found)).toEqual(answers);
      expect(await catalogLines(found)).toEqual(catalog);
    });
  });
}

async function answersOf({ query }: TestDatabase): Promise<unknown> {
  const answers: Record<string, unknown> = {};
  for (const [title, sql] of Object.entries(CHINOOK_QUERIES)) answers[title] = await query(sql);
  return answers;
}

async function compositeKey({ query }: TestDatabase): Promise<readonly unknown[]> {
  const rows = await query<{ type: string }>(`SELECT format_type(a.atttypid, a.atttypmod) AS type FROM pg_index AS i
    JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
    WHERE i.indrelid = 'playlist_track'::regclass AND i.indisprimary`);
  return rows.map(({ type }) => type);
}

/** Tracks come into the empty list and go again, a customer changes hands: none of them says a key. */
function shop(held: Set<string>, client: number, turn: number): Write {
  const track = TRACKS[(client + 3 * turn) % TRACKS.length]!;
  const mine = `(SELECT playlist_id FROM playlist WHERE name = 'Movies' LIMIT 1)`;
  if (turn % 4 === 3)
    return {
      sql: `UPDATE customer SET fax = 'live', support_rep_id = support_rep_id WHERE fax IS NULL AND country = 'Brazil'`,
    };
  if (held.has(track))
    return {
      sql: `DELETE FROM playlist_track AS pt USING track AS t, playlist AS p WHERE t.track_id = pt.track_id AND p.playlist_id = pt.playlist_id AND p.name = 'Movies' AND t.name = '${track}'`,
      done: () => held.delete(track),
    };
  return {
    sql: `INSERT INTO playlist_track (playlist_id, track_id) SELECT ${mine}, track_id FROM track WHERE name = '${track}'`,
    done: () => held.add(track),
  };
}

/** Each the only one of its name; each client has its own, since their number is a multiple of three. */
const TRACKS = [
  'Balls to the Wall',
  'Fast As a Shark',
  'Restless and Wild',
  'Princess of the Dawn',
  'Put The Finger On You',
  'Inject The Venom',
];
