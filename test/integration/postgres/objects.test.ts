import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';

import type { CatalogSnapshot } from '../../../src/catalog/catalog-snapshot.js';
import { diffFingerprints } from '../../../src/catalog/fingerprint.js';
import { OBJECT_KINDS } from '../../../src/sql/object-key.js';
import { DatabaseError, type Session } from '../../../src/executor/session.js';
import { readCatalog } from '../../../src/postgres/read-catalog.js';
import { readFingerprint } from '../../../src/postgres/read-fingerprint.js';
import { testDatabase, type TestDatabase } from '../../support/database.js';
import { OBJECT_ROLES, OBJECTS } from './object-kinds.js';

const DATA = new URL('../../../../shared/data/', import.meta.url);
const OUTSIDE = [
  { file: 'danbooru-structure.sql', majors: [18, 15] },
  { file: 'pagila-schema.sql', majors: [18] },
  { file: 'chinook.sql', majors: [18, 15] },
];

/** The server prints no definition of these, or nothing is dropped alone. */
const NOT_MADE = [
  'extension',
  'table',
  'foreign table',
  'aggregate',
  ...OBJECT_KINDS.filter((kind) => /column$/.test(kind)),
];

for (const major of [18, 15]) {
  describe(`on PostgreSQL ${major}`, async () => {
    const { database, query } = await testDatabase({ major });
    for (const role of OBJECT_ROLES) await query(role);
    await query(OBJECTS);
    const { objects } = await database.transaction(readCatalog, { readOnly: true });

    it('knows every object of the schema, as the server calls it', async () => {
      // Functions by the types that the fingerprint shows: `text`, and not `pg_catalog.text`.
      const called = await query<{ key: string }>(IDENTITIES);
      const plain = (key: string): boolean => !/^(function|procedure|aggregate) /.test(key);
      const known = Object.keys(objects).filter((key) => plain(key) && !key.startsWith('collation'));
      expect(known.filter((key) => !called.some((row) => row.key === key))).toEqual([]);
      // Columns are known where there is something to say about them.
      const isColumn = (key: string): boolean => / column /.test(key);
      const missing = called.map(({ key }) => key).filter((key) => plain(key) && !isColumn(key) && !(key in objects));
      expect(missing).toEqual([]);
      expect(Object.keys(objects).filter((key) => key.startsWith('function app.'))).toEqual([
        'function app.atomic(integer)',
        'function app.instead()',
        'function app.touch()',
        'function app.twice(integer, app.mood, text[])',
      ]);
    });

    it('makes each of them again as it was, whatever it was dropped with', async () => {
      const remade = await remakeEach(database, objects, 1);
      const kinds = OBJECT_KINDS.filter((kind) => !NOT_MADE.includes(kind));
      process.stderr.write(`${major}: ${kinds.map((kind) => `${kind} ${remade.get(kind) ?? 0}`).join(', ')}\n`);
      expect(kinds.filter((kind) => remade.get(kind) === undefined)).toEqual([]);
    });

    it('knows comments and owners also of what it cannot make', () => {
      expect(objects['table app.users']).toMatchObject({
        comment: 'people',
        owner: 'lockstep_test_owner',
        definition: null,
      });
      expect(objects['table column app.users."order"']).toMatchObject({ comment: 'place', partOf: 'app.users' });
      expect(objects['aggregate app.total(integer)']).toMatchObject({ comment: 'total', definition: null });
      expect(objects['collation app.german']).toMatchObject({ comment: 'only said' });
      expect(objects['extension citext']!.comment).toMatch(/case-insensitive/);
      expect(objects['index app.users_key']).toMatchObject({ comment: 'the index of the key', definition: null });
    });

    it('does not make what would not become what it was', () => {
      // A partition calls its own foreign key otherwise.
      expect(objects['table constraint events_editor on app.events']!.definition).toBe(null);
      expect(objects['table constraint events_author on app.events']!.definition).not.toBe(null);
    });

    it('leaves alone what is invalid: no statement makes an index that', async () => {
      const undone = new Error('rolled back');
      const run = database.transaction(async (session) => {
        await session.query(`UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'app.users_n'::regclass`);
        const { objects: now } = await readCatalog(session);
        expect(now['index app.users_n']!.definition).toBe(null);
        throw undone;
      });
      await expect(run).rejects.toBe(undone);
    });

    it.each(OUTSIDE.filter(({ majors }) => majors.includes(major)))(
      'makes again what other people designed: $file',
      async ({ file }) => {
        const path = new URL(file, DATA);
        if (!existsSync(path)) {
          process.stderr.write(`${file} is absent beside the checkout: nothing was made again\n`);
          return;
        }
        const outside = await testDatabase({ major, after: onTestFinished });
        await outside.query(readFileSync(path, 'utf8'));
        await outside.query(`CREATE EXTENSION IF NOT EXISTS plpgsql`);
        const snapshot = await outside.database.transaction(readCatalog, { readOnly: true });
        const remade = await remakeEach(outside.database, snapshot.objects, 25);
        process.stderr.write(
          `${major} ${file}: ${[...remade].map(([kind, count]) => `${kind} ${count}`).join(', ')}\n`,
        );
        expect(remade.size).toBeGreaterThan(1);
      },
    );
  });
}

/**
 * Drops what can be dropped alone, makes it again, and compares; one comparison serves so many of them. All in one
 * transaction that is rolled back. Returns how many were made again, by kind.
 */
async function remakeEach(
  database: TestDatabase['database'],
  objects: CatalogSnapshot['objects'],
  atATime: number,
): Promise<ReadonlyMap<string, number>> {
  const remade = new Map<string, number>();
  const wrong: string[] = [];
  const undone = new Error('rolled back');
  const run = database.transaction(async (session) => {
    const before = await readFingerprint(session);
    const entries = Object.entries(objects).filter(([, { definition }]) => definition !== null);
    for (let at = 0; at < entries.length; at += atATime) {
      const done: string[] = [];
      await session.query('SAVEPOINT before_them');
      for (const [key, { definition, dressing }] of entries.slice(at, at + atATime))
        if (await isRemade(session, [dropOf(key), definition!, ...dressing], wrong)) done.push(key);
      const lines = diffFingerprints(before, await readFingerprint(session)).map(({ line }) => line.slice(0, 400));
      if (lines.length > 0) {
        wrong.push(`after making again ${done.join(', ')}: ${lines.join('; ')}`);
        await session.query('ROLLBACK TO before_them');
      }
      for (const key of done) {
        const kind = OBJECT_KINDS.findLast((each) => key.startsWith(`${each} `))!;
        remade.set(kind, (remade.get(kind) ?? 0) + 1);
      }
    }
    throw undone;
  });
  await expect(run).rejects.toBe(undone);
  expect(wrong).toEqual([]);
  return remade;
}

/** False, and everything as before, where it cannot be dropped alone or, which is wrong, not made again. */
async function isRemade(session: Session, statements: readonly string[], wrong: string[]): Promise<boolean> {
  await session.query('SAVEPOINT before_it');
  let dropped = false;
  for (const statement of statements) {
    try {
      await session.query(statement);
      dropped = true;
    } catch (error) {
      await session.query('ROLLBACK TO before_it');
      const state = error instanceof DatabaseError ? error.facts.sqlstate : undefined;
      if (dropped || !NOT_ALONE.has(state ?? '')) wrong.push(`${statement}: ${String(error)}`);
      return false;
    }
  }
  return true;
}

/** Others depend on it; it is inherited; it came with a parent. */
const NOT_ALONE: ReadonlySet<string> = new Set(['2BP01', '42P16', '0A000']);

function dropOf(key: string): string {
  const [, kind, name, on] =
    /^(table constraint|domain constraint|statistics object|[a-z]+(?: view)?) (.*?)(?: on (.*))?$/.exec(key)!;
  if (kind === 'table constraint') return `ALTER TABLE ${on!} DROP CONSTRAINT ${name!}`;
  if (kind === 'domain constraint') return `ALTER DOMAIN ${on!} DROP CONSTRAINT ${name!}`;
  return `DROP ${kind === 'statistics object' ? 'STATISTICS' : kind!} ${name!}${on === undefined ? '' : ` ON ${on}`}`;
}

const IDENTITIES = `
  SELECT o.type || ' ' || o.identity AS key
  FROM (
    SELECT 'pg_class'::regclass AS class, c.oid, 0 AS part FROM pg_class c WHERE c.relkind NOT IN ('t', 'c')
    UNION ALL SELECT 'pg_class'::regclass, a.attrelid, a.attnum FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
      WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c')
    UNION ALL SELECT 'pg_constraint'::regclass, k.oid, 0 FROM pg_constraint k WHERE k.contype <> 't'
      AND NOT EXISTS (SELECT FROM pg_constraint up WHERE up.oid = k.conparentid AND up.conrelid = k.conrelid)
    UNION ALL SELECT 'pg_trigger'::regclass, oid, 0 FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT 'pg_rewrite'::regclass, oid, 0 FROM pg_rewrite WHERE rulename <> '_RETURN'
    UNION ALL SELECT 'pg_policy'::regclass, oid, 0 FROM pg_policy
    UNION ALL SELECT 'pg_statistic_ext'::regclass, oid, 0 FROM pg_statistic_ext
    UNION ALL SELECT 'pg_type'::regclass, t.oid, 0 FROM pg_type t LEFT JOIN pg_class c ON c.oid = t.typrelid
      WHERE t.typtype IN ('e', 'd', 'r') OR t.typtype = 'p' AND NOT t.typisdefined OR c.relkind = 'c'
    UNION ALL SELECT 'pg_namespace'::regclass, oid, 0 FROM pg_namespace
    UNION ALL SELECT 'pg_extension'::regclass, oid, 0 FROM pg_extension
  ) AS all_of_them (class, oid, part)
  CROSS JOIN LATERAL pg_identify_object(class, oid, part) AS o
  WHERE coalesce(o.schema, 'app') NOT LIKE 'pg\\_%' AND coalesce(o.schema, '') <> 'information_schema'
    AND o.identity !~ '^(pg_|information_schema)' AND o.identity !~ ' on (pg_catalog|information_schema)'
    AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = class AND e.objid = oid AND e.deptype = 'e')
  ORDER BY 1`;
