/** Whole schemas that other people wrote, as one `ddl` step: planned, applied, taken back to the last detail. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';

import { testDatabase } from '../../support/database.js';
import { planOn, told } from '../../support/plan-on-database.js';

const DATA = new URL('../../../../shared/data/', import.meta.url);
const FILES = [
  { file: 'chinook.sql', majors: [18, 15] },
  { file: 'danbooru-structure.sql', majors: [18, 15] },
  { file: 'pagila-schema.sql', majors: [18] },
];

for (const major of [18, 15] as const) {
  describe(`on server ${major}`, () => {
    it.each(FILES.filter(({ majors }) => majors.includes(major)))(
      '$file',
      async ({ file }) => {
        const path = new URL(file, DATA);
        if (!existsSync(path)) {
          process.stderr.write(`${file} is absent beside the checkout: nothing was applied\n`);
          return;
        }
        const test = await testDatabase({ major, after: onTestFinished });
        // The commands of psql in a dump are none of SQL.
        const ddl = readFileSync(path, 'utf8').replaceAll(/^\\.*$/gm, '');
        const plan = planOn(test.database, { name: 'load', steps: [{ id: 'load', ddl }] });
        expect(told(await plan.plan())).not.toMatch(/exit [^0]/);
        const applied = await plan.apply();
        expect(told(applied)).not.toMatch(/exit [^0]/);
        expect(applied.report?.outcome).toBe('done');
        const back = await plan.rollback();
        expect(told(back)).not.toMatch(/exit [^0]/);
        expect(back.report?.drift).toEqual([]);
      },
      600_000,
    );
  });
}
