/** Checks of references: `no_orphans`, `foreign_keys_valid`. */
import { describe, expect, it } from 'vitest';

import { testDatabase } from '../../support/database.js';
import { ON_NEW } from '../../support/majors.js';
import { askCheck } from './ask-checks.js';

for (const major of ON_NEW) {
  const found = await testDatabase({ major });
  await found.query(`
    CREATE TABLE parents (id bigint PRIMARY KEY, shop int, number int, UNIQUE (shop, number));
    INSERT INTO parents VALUES (1, 1, 1), (2, 1, 2);
    CREATE TABLE sound (id int, parent bigint REFERENCES parents);
    INSERT INTO sound VALUES (1, 1), (2, 2), (3, NULL);
    CREATE TABLE broken (id int, parent bigint, kind text);
    INSERT INTO broken VALUES (1, 1, 'a'), (2, 7, 'a'), (3, NULL, 'a'), (4, 8, 'b');
    CREATE TABLE "Not ""Valid""" (id int, parent bigint);
    INSERT INTO "Not ""Valid""" VALUES (1, 1), (2, 9);
    ALTER TABLE "Not ""Valid""" ADD CONSTRAINT "odd-key" FOREIGN KEY (parent) REFERENCES parents NOT VALID;
    CREATE TABLE composite (id int, shop int, number int, FOREIGN KEY (shop, number) REFERENCES parents (shop, number));
    INSERT INTO composite VALUES (1, 1, 1), (2, 1, NULL), (3, NULL, 9);
    CREATE TABLE unchecked (id int, parent bigint REFERENCES parents);
    SET session_replication_role = replica;
    INSERT INTO unchecked VALUES (1, 1), (2, 77)`);

  describe(`on server ${major}`, () => {
    it('no_orphans holds where every reference finds its row; NULL refers to nothing', async () => {
      expect((await askCheck(found, { no_orphans: { from: 'sound.parent', to: 'parents.id' } })).violations).toBe(0);
      const { violations, samples } = await askCheck(found, {
        no_orphans: { from: 'broken.parent', to: 'parents.id' },
      });
      expect(violations).toBe(2);
      expect(samples).toEqual([expect.objectContaining({ parent: 7 }), expect.objectContaining({ parent: 8 })]);
    });

    it('no_orphans asks only for the rows that it is about', async () => {
      const of = (where: string): Promise<number> =>
        askCheck(found, { no_orphans: { from: 'broken.parent', to: 'parents.id', where } }).then(
          (answer) => answer.violations,
        );
      expect(await of(`kind = 'b'`)).toBe(1);
      expect(await of(`kind = 'c'`)).toBe(0);
      expect(await of(`kind = 'a' OR kind = 'b'`)).toBe(2);
    });

    it('no_orphans reads quoted names', async () => {
      const { violations } = await askCheck(found, {
        no_orphans: { from: '"Not ""Valid""".parent', to: 'parents.id' },
      });
      expect(violations).toBe(1);
    });

    it('foreign_keys_valid holds for validated keys that hold, composite ones and NULLs included', async () => {
      const { violations } = await askCheck(found, { foreign_keys_valid: ['sound', 'composite', 'parents'] });
      expect(violations).toBe(0);
    });

    it('foreign_keys_valid finds a key that is not validated, and the rows that break it', async () => {
      const { violations, samples } = await askCheck(found, { foreign_keys_valid: ['"Not ""Valid"""'] });
      expect(violations).toBe(2);
      expect(samples).toContainEqual(
        expect.objectContaining({ foreign_key: 'odd-key', problem: 'not validated', row: null }),
      );
      expect(samples).toContainEqual(
        expect.objectContaining({ foreign_key: 'odd-key', problem: 'no such row', row: { id: 2, parent: 9 } }),
      );
    });

    it('foreign_keys_valid finds rows that slipped past a validated key', async () => {
      const { violations, samples } = await askCheck(found, { foreign_keys_valid: ['sound', 'unchecked'] });
      expect(violations).toBe(1);
      expect(samples).toEqual([expect.objectContaining({ problem: 'no such row', row: { id: 2, parent: 77 } })]);
    });
  });
}
