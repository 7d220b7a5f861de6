/** The definitions of some relations alone are those that the whole fingerprint has of them, whatever hangs on them. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';

import { relationIdentity, restrictTo, type Definitions } from '../../../src/catalog/fingerprint.js';
import { readFingerprint, readFingerprintOf } from '../../../src/postgres/read-fingerprint.js';
import { testDatabase, type TestDatabase } from '../../support/database.js';
import { RICH_SCHEMA, ROLES } from './fingerprint-changes.js';

const DATA = new URL('../../../../shared/data/', import.meta.url);

type Reader = Pick<TestDatabase, 'database'>;

function among({ database }: Reader, keys: readonly string[]): Promise<Definitions> {
  return database.transaction((session) => readFingerprintOf(session, keys), { readOnly: true });
}

async function relationsOf({ database }: Reader): Promise<{ whole: Definitions; keys: readonly string[] }> {
  const whole = await database.transaction(readFingerprint, { readOnly: true });
  const keys = Object.entries(whole).flatMap(([identity, { partOf }]) =>
    identity === relationIdentity(partOf) ? [partOf!] : [],
  );
  return { whole, keys };
}

async function eachAsInTheWhole(test: Reader): Promise<number> {
  const { whole, keys } = await relationsOf(test);
  for (const key of keys) expect(restrictTo(await among(test, [key]), [key]), key).toEqual(restrictTo(whole, [key]));
  expect(restrictTo(await among(test, keys), keys)).toEqual(restrictTo(whole, keys));
  return keys.length;
}

for (const major of [18, 15]) {
  describe(`on PostgreSQL ${major}`, async () => {
    const test = await testDatabase({ major });
    await test.query(ROLES);
    await test.query(RICH_SCHEMA);
    await test.query(`COMMENT ON INDEX app.users_email IS 'c'; COMMENT ON CONSTRAINT posts_author ON app.posts IS 'c';
      COMMENT ON COLUMN app.users.name IS 'c'; COMMENT ON TRIGGER touched ON app.users IS 'c';
      COMMENT ON POLICY own ON app.users IS 'c'; CREATE STATISTICS app.pair ON name, email FROM app.users;
      COMMENT ON STATISTICS app.pair IS 'c'; COMMENT ON VIEW app.author_names IS 'c'`);

    it('has each relation as the whole has it', async () => {
      expect(await eachAsInTheWhole(test)).toBeGreaterThan(8);
    });

    it('finds the table of an index and of statistics, and a function; passes over what is not there', async () => {
      expect(Object.keys(await among(test, ['app.users_email']))).toContain('relation app.users');
      expect(Object.keys(await among(test, ['app.pair']))).toContain('comment on statistics object app.pair');
      expect(Object.keys(await among(test, ['app.touch']))).toEqual(['function app.touch()']);
      expect(await among(test, ['app.absent', 'nowhere.at_all', 'bare', '*'])).toEqual({});
    });

    it('does not wait for the lock of another table', async () => {
      await test.database.transaction(async (other) => {
        await other.query('LOCK TABLE app.posts IN ACCESS EXCLUSIVE MODE');
        const found = await test.database.transaction(async (session) => {
          await session.query(`SET LOCAL lock_timeout = '200ms'`);
          return readFingerprintOf(session, ['app.base']);
        });
        expect(Object.keys(found)).toContain('relation app.base');
      });
    });

    it.each(['chinook.sql', 'danbooru-structure.sql', ...(major === 18 ? ['pagila-schema.sql'] : [])])(
      'has the relations of other people as the whole has them: %s',
      async (file) => {
        const path = new URL(file, DATA);
        if (!existsSync(path)) {
          process.stderr.write(`${file} is absent beside the checkout: nothing was read\n`);
          return;
        }
        const outside = await testDatabase({ major, after: onTestFinished });
        await outside.query(readFileSync(path, 'utf8'));
        expect(await eachAsInTheWhole(outside)).toBeGreaterThan(10);
      },
    );
  });
}
