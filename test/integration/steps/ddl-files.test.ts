/**
 * Databases that other people designed, each as one `ddl: { file }`: parsed, planned, applied to an empty database, compared
 * with what psql's way leaves, taken back to nothing.
 */
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

import { diffFingerprints } from '../../../src/catalog/fingerprint.js';
import { readFingerprint } from '../../../src/postgres/read-fingerprint.js';
import { testDatabase } from '../../support/database.js';
import { ON_OLD } from '../../support/majors.js';
import { planAt, rowsOf, told } from '../../support/plan-on-database.js';

/** Not part of the project: where it is absent, the test says so. */
const DATA = fileURLToPath(new URL('../../../../shared/data/', import.meta.url));
const FILES = [
  { file: 'chinook.sql', majors: [18, 15] },
  // The largest: the other two play the statements of 18.
  { file: 'danbooru-structure.sql', majors: ON_OLD },
  // Virtual generated columns and uuidv7().
  { file: 'pagila-schema.sql', majors: [18] },
] as const;

const folder = mkdtempSync(join(tmpdir(), 'lockstep-files-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(FILES.flatMap(({ file, majors }) => majors.map((major) => [file, major] as const)))(
  '%s on server %i',
  (file, major) => {
    if (!existsSync(join(DATA, file))) {
      it.skip(`is not there: ${file} belongs to others and is no part of the project`, () => undefined);
      return;
    }
    it('is planned, applied and taken back', async () => {
      const found = await testDatabase({ major });
      const loaded = await testDatabase({ major });
      copyFileSync(join(DATA, file), join(folder, file));
      const path = join(folder, `${file}-${major}.yaml`);
      const step = { id: 'load', ddl: { file }, rollback: 'auto' };
      writeFileSync(path, JSON.stringify({ lockstep: 1, name: 'others', steps: [step] }));
      const plan = planAt(found.database, path, 'others');

      const planned = await plan.plan();
      expect(told(planned)).toBe('exit 0');
      const applied = await plan.apply();
      expect(told(applied)).toBe('exit 0');

      await loaded.query(readFileSync(join(DATA, file), 'utf8'));
      expect(differences(await fingerprint(loaded), await fingerprint(found))).toEqual([]);
      expect(await rowsOf(found)).toEqual(await rowsOf(loaded));

      const back = await plan.rollback();
      expect(told(back)).toBe('exit 0');
      expect(back.report?.drift).toEqual([]);
      process.stdout.write(`${file} on ${major}: ${planned.report!.operations.length} operations, there and back\n`);
    }, 300_000);
  },
);

type Found = Awaited<ReturnType<typeof testDatabase>>;

function fingerprint({ database }: Found): ReturnType<typeof readFingerprint> {
  return database.transaction((session) => readFingerprint(session), { readOnly: true });
}

function differences(a: Awaited<ReturnType<typeof fingerprint>>, b: typeof a): readonly string[] {
  return diffFingerprints(a, b).map(({ line }) => line);
}
