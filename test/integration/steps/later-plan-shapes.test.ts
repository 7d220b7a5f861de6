/** A conversion that one plan leaves open and another one cuts over and closes, where it has partitions, and rows that stand aside. */
import { describe, expect, onTestFinished, test } from 'vitest';

import { EXIT } from '../../../src/commands/command-result.js';
import { catalogLines } from '../../support/catalog-text.js';
import { testDatabase } from '../../support/database.js';
import { ON_OLD } from '../../support/majors.js';
import { planOn, told } from '../../support/plan-on-database.js';

const TABLES = `CREATE TABLE users (id serial PRIMARY KEY, name text);
  CREATE TABLE events (id int, at int, user_id int NOT NULL REFERENCES users, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
  CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM (0) TO (10);
  CREATE TABLE events_2 PARTITION OF events DEFAULT;
  CREATE INDEX ON events (user_id);
  CREATE TABLE notes (id int PRIMARY KEY, user_id int, note text);
  INSERT INTO users (name) SELECT 'u' || g FROM generate_series(1, 20) AS g;
  INSERT INTO events SELECT g, g, g FROM generate_series(1, 20) AS g;
  INSERT INTO notes SELECT g, CASE g WHEN 5 THEN 1005 ELSE g END, 'n' || g FROM generate_series(1, 10) AS g`;
/** What refers to whom, by names that mean either side. */
const MEANS = `SELECT json_agg(json_build_array(u.name, e.id, n.id) ORDER BY u.name, e.id, n.id)::text AS means
  FROM users AS u LEFT JOIN events AS e ON e.user_id = u.id LEFT JOIN notes AS n ON n.user_id = u.id`;

for (const major of ON_OLD) {
  describe(`on server ${major}`, () => {
    const begun = async () => {
      const found = await testDatabase({ major, after: onTestFinished });
      await found.query(TABLES);
      const before = await catalogLines(found);
      const keys = { table: 'users', value: 'random', references: ['notes.user_id'], orphans: 'quarantine' };
      const first = planOn(found.database, { name: 'first', steps: [{ id: 'keys', convert_uuid: keys }] });
      expect((await first.apply()).exit).toBe(EXIT.done);
      const second = planOn(found.database, {
        name: 'second',
        steps: [
          { id: 'flip', cutover: { windows: ['first/keys'] } },
          { id: 'soak', gate: { approval: 'dba' } },
          { id: 'done', close: { windows: ['first/keys'], old: 'keep', quiet: '0s' } },
        ],
      });
      return { ...found, before, first, second };
    };

    test('there and back: partitions and references mean the same, and the catalog is what it was', async () => {
      const { query, value, before, first, second } = await begun();
      await query(`INSERT INTO events VALUES (30, 3, 1), (31, 30, 2)`);
      const means = await value(MEANS);
      expect(told(await second.apply())).toBe('exit 6');
      expect(await value(`SELECT pg_typeof(user_id)::text FROM events_1 LIMIT 1`)).toBe('uuid');
      expect(await value(MEANS)).toBe(means);
      await query(`INSERT INTO events (id, at, user_id) SELECT 40, 4, id FROM users WHERE name = 'u3'`);
      const flipped = await value(MEANS);
      expect(told(await second.rollback())).toBe('exit 0');
      expect(await value(MEANS)).toBe(flipped);
      expect(told(await first.rollback())).toBe('exit 0');
      expect(await value(MEANS)).toBe(flipped);
      expect(await catalogLines({ query })).toEqual(before);
    });

    test('who stands aside is replayed by the run that opened it, and a close of the later plan waits for him', async () => {
      const { query, value, first, second } = await begun();
      expect(told(await second.apply())).toBe('exit 6');
      // Comes without its parent behind the cutover, by the new key.
      await query(`INSERT INTO notes (id, user_id, note) VALUES (50, '00000000-0000-4000-8000-000000000050', 'late')`);
      const aside = await query<{ operation_id: string; key: string }>(
        `SELECT split_part(operation_id, '/', 2) AS operation_id, key::text FROM lockstep.quarantined WHERE replayed_at IS NULL ORDER BY length(key::text), key::text`,
      );
      expect(aside).toEqual([
        { operation_id: 'fill', key: '{5}' },
        { operation_id: 'fill', key: '{50}' },
      ]);
      await second.approve('soak');
      const waits = await second.apply();
      expect(told(waits)).toMatch(/^exit 1\nLS9002 .done\/close\/first\/keys.: no row of first\/keys stands aside/);

      await query(`INSERT INTO users (id_legacy, name) VALUES (1005, 'late parent');
        INSERT INTO users (id, name) VALUES ('00000000-0000-4000-8000-000000000050', 'later parent')`);
      expect((await first.replay()).report).toMatchObject({ written: 2, standing: [] });
      expect(
        await value(
          `SELECT string_agg(u.name, ', ' ORDER BY n.id) FROM notes AS n JOIN users AS u ON u.id = n.user_id WHERE n.id IN (5, 50)`,
        ),
      ).toBe('late parent, later parent');
      const ended = await second.apply();
      expect(ended.exit, told(ended)).toBe(EXIT.done);
    });
  });
}
