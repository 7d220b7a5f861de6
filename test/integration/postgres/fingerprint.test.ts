import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';

import { diffFingerprints, fingerprintOf, restrictTo, type Definitions } from '../../../src/catalog/fingerprint.js';
import { readFingerprint } from '../../../src/postgres/read-fingerprint.js';
import { testDatabase } from '../../support/database.js';
import { CHANGES, RICH_SCHEMA, ROLES } from './fingerprint-changes.js';

const DATA = new URL('../../../../shared/data/', import.meta.url);
const OUTSIDE = [
  { file: 'chinook.sql', relations: 11, majors: [18, 15] },
  { file: 'danbooru-structure.sql', relations: 66, majors: [18, 15] },
  { file: 'pagila-schema.sql', relations: 69, majors: [18] },
];

for (const major of [18, 15]) {
  describe(`on PostgreSQL ${major}`, async () => {
    const { database, query } = await testDatabase({ major });
    const read = (): Promise<Definitions> => database.transaction(readFingerprint, { readOnly: true });
    await query(ROLES);
    await query(RICH_SCHEMA);
    const changes = CHANGES.filter(({ since }) => (since ?? 0) <= major * 10_000);

    const before = await read();
    // Each ends where it began, so that all of them start from the first reading.
    it.each(changes)('$title: is seen, and gone when it is undone', async ({ sql, undo }) => {
      await query(sql);
      const changed = await read();
      await query(undo);
      expect(fingerprintOf(changed)).not.toBe(fingerprintOf(before));
      expect(diffFingerprints(before, changed).length).toBeGreaterThan(0);
      const after = await read();
      expect(diffFingerprints(before, after)).toEqual([]);
      expect(fingerprintOf(after)).toBe(fingerprintOf(before));
    });

    it('does not depend on rows, statistics, or what happens in the schema of the journal', async () => {
      const before = await read();
      await query(`INSERT INTO app.users (name, email) VALUES ('Ann', 'ann@x'); DELETE FROM app.users WHERE id < 5;
        SELECT nextval('app.numbers'); REFRESH MATERIALIZED VIEW app.counts; ANALYZE;
        CREATE TABLE lockstep.more (id int CONSTRAINT positive CHECK (id > 0));
        COMMENT ON CONSTRAINT positive ON lockstep.more IS 'x'; COMMENT ON COLUMN lockstep.more.id IS 'y';
        COMMENT ON SCHEMA lockstep IS 'z'; CREATE INDEX ON lockstep.more (id); CREATE TYPE lockstep.t AS ENUM ('a');
        CREATE TEMPORARY TABLE passing (id int)`);
      await query('VACUUM FULL app.users');
      expect(diffFingerprints(before, await read())).toEqual([]);
    });

    it('shows a dropped column in the columns that are left, and nowhere else', async () => {
      const before = await read();
      await query('ALTER TABLE app.base ADD COLUMN z int; ALTER TABLE app.base DROP COLUMN z');
      expect(diffFingerprints(before, await read())).toEqual([]);
    });

    it('sees columns in another order, though each is what it was', async () => {
      const before = await read();
      await query('ALTER TABLE app.posts DROP COLUMN body; ALTER TABLE app.posts ADD COLUMN body text');
      expect(diffFingerprints(before, await read()).map(({ line }) => line)).toEqual([
        'changed relation app.posts: columns (id author body at) → columns (id author at body)',
      ]);
    });

    it('reads the same under other settings of the session', async () => {
      const before = await read();
      const other = await database.transaction(async (session) => {
        await session.query(`SET LOCAL search_path = app, other; SET LOCAL "DateStyle" = 'German';
          SET LOCAL quote_all_identifiers = on; SET LOCAL extra_float_digits = 0`);
        return readFingerprint(session);
      });
      expect(diffFingerprints(before, other)).toEqual([]);
    });

    it('restricts to a table and what hangs on it', async () => {
      const identities = Object.keys(restrictTo(await read(), ['app.users']));
      expect(identities).toEqual(
        expect.arrayContaining([
          'column app.users.name',
          'constraint app.posts.posts_author',
          'function app.touch()',
          'index app.users_email',
          'policy app.users.own',
          'publication lockstep_test_publication of table app.users',
          'relation app.author_names',
          'relation app.users_id_seq',
          'trigger app.users.touched',
        ]),
      );
      expect(identities.filter((identity) => /app\.(events|base|posts\.id)/.test(identity))).toEqual([]);
    });

    it.each(OUTSIDE.filter(({ majors }) => majors.includes(major)))(
      'reads a database that other people designed: $file',
      async ({ file, relations }) => {
        const path = new URL(file, DATA);
        if (!existsSync(path)) {
          process.stderr.write(`${file} is absent beside the checkout: nothing was read\n`);
          return;
        }
        const outside = await testDatabase({ major, after: onTestFinished });
        await outside.query(readFileSync(path, 'utf8'));
        const first = await outside.database.transaction(readFingerprint, { readOnly: true });
        const tables = Object.entries(first).filter(
          ([identity, { text }]) => identity.startsWith('relation ') && /^(partitioned )?table/.test(text),
        );
        expect(tables.length).toBeGreaterThanOrEqual(relations);
        await outside.query('ANALYZE');
        expect(diffFingerprints(first, await outside.database.transaction(readFingerprint))).toEqual([]);
      },
    );
  });
}
