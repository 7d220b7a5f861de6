/** The way back of a window, and columns of its target that no mapping fills: what somebody wrote there is not lost unseen. */
import { beforeEach, describe, expect, it } from 'vitest';

import { testDatabase } from '../../support/database.js';
import { ON_NEW } from '../../support/majors.js';
import { planOn, told, type PlanOnDatabase } from '../../support/plan-on-database.js';
import { forgetShape } from './whole-cycle.js';

const KEPT = 'kept: columns that the mapping does not fill were written';

const plain = `CREATE TYPE mood AS ENUM ('calm', 'cross'); CREATE DOMAIN shout AS text DEFAULT 'ho';
  CREATE TABLE copy (id int PRIMARY KEY, v text, none text, number numeric(8,2) NOT NULL DEFAULT 0, less int DEFAULT -1, word varchar(9) DEFAULT 'it''s',
    padded char(4) DEFAULT 'x', flag boolean NOT NULL DEFAULT false, doc json DEFAULT '{"a": 1}', docs jsonb DEFAULT '{"b": 1, "a": 2}', list text[] DEFAULT '{}',
    felt mood DEFAULT 'calm', day date DEFAULT '2026-01-01', twice text GENERATED ALWAYS AS (v || v) STORED, asked text DEFAULT NULL,
    at timestamptz DEFAULT now(), serial bigserial, number_of int GENERATED ALWAYS AS IDENTITY, loud shout, chance double precision DEFAULT random())`;

for (const major of ON_NEW) {
  const test = await testDatabase({ major });
  const { query } = test;

  const opened = async (more: Readonly<Record<string, unknown>> = {}): Promise<PlanOnDatabase> => {
    const plan = planOn(test.database, {
      name: 'unfilled',
      mappings: { copied: { from: 'origin', to: 'copy', columns: { id: 'id', v: 'v' } } },
      steps: [
        { id: 'in-step', dual_write: { mappings: ['copied'], ...more } },
        { id: 'fill', backfill: { mappings: ['copied'], ...more } },
      ],
    });
    expect(told(await plan.apply())).toBe('exit 0');
    return plan;
  };
  /** What it reports as kept, by key. */
  const takenBack = async (plan: PlanOnDatabase): Promise<readonly unknown[]> => {
    const back = await plan.rollback();
    expect(told(back)).toBe('exit 0');
    const found = await query<{ what: string; id: string }>(
      `SELECT what, detail->'row'->>'id' AS id FROM lockstep.finding WHERE run_id = (SELECT max(id) FROM lockstep.run) ORDER BY id`,
    );
    return found.map(({ what, id }) => `${id} ${what}`).sort();
  };
  const left = async (columns = 'id'): Promise<readonly string[]> =>
    (await query<{ row: string }>(`SELECT concat_ws(' ', ${columns}) AS row FROM copy ORDER BY id`)).map(
      ({ row }) => row,
    );

  describe(`on server ${major}`, () => {
    beforeEach(async () => {
      await forgetShape(test);
      await query(`CREATE TABLE origin (id int PRIMARY KEY, v text); INSERT INTO origin SELECT n, 'v' || n FROM generate_series(1, 20) AS n;
        DROP TYPE IF EXISTS mood CASCADE; DROP DOMAIN IF EXISTS shout CASCADE`);
    });

    it.each([
      [`none = 'mine'`],
      ['number = 0.01'],
      ['less = NULL'],
      [`word = 'its'`],
      [`padded = 'y'`],
      ['flag = true'],
      [`doc = '{"a":1}'`],
      [`docs = '{}'`],
      [`list = '{NULL}'`],
      [`felt = 'cross'`],
      [`day = '2026-01-02'`],
      [`asked = ''`],
    ])('keeps a row whose %s, and takes the others away', async (edit) => {
      await query(plain);
      const plan = await opened();
      await query(`UPDATE copy SET ${edit} WHERE id = 7`);
      await query(`INSERT INTO origin VALUES (30, 'mirrored'); UPDATE origin SET v = v || '!' WHERE id IN (7, 8)`);
      expect(await takenBack(plan)).toEqual([`7 ${KEPT}`]);
      expect(await left()).toEqual(['7']);
    });

    it('takes away a row that was written and is as it was again', async () => {
      await query(plain);
      const plan = await opened();
      await query(`UPDATE copy SET number = 1, none = 'x' WHERE id = 7; UPDATE copy SET number = 0.00, none = NULL`);
      expect(await takenBack(plan)).toEqual([]);
      expect(await left()).toEqual([]);
    });

    it('keeps what somebody inserted himself with more than the mapping says, before the fill came', async () => {
      await query(plain);
      const plan = await opened();
      await query(`INSERT INTO copy (id, v, none) VALUES (31, 'both', 'mine'); INSERT INTO origin VALUES (31, 'both')`);
      expect(await takenBack(plan)).toEqual([`31 ${KEPT}`]);
    });

    it('cannot tell what somebody wrote where the default gives each row another value', async () => {
      await query(plain);
      const plan = await opened();
      await query(`UPDATE copy SET at = '2026-01-01', serial = serial + 1000, loud = 'hey', chance = 2 WHERE id = 7`);
      expect(await takenBack(plan)).toEqual([]);
      expect(await left()).toEqual([]);
    });

    it('keeps rows where a trigger fills what the mapping does not: who wrote it, it cannot tell', async () => {
      await query(`CREATE TABLE copy (id int PRIMARY KEY, v text, found text);
        CREATE OR REPLACE FUNCTION find() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.found := lower(NEW.v); RETURN NEW; END $$;
        CREATE TRIGGER find BEFORE INSERT OR UPDATE ON copy FOR EACH ROW WHEN (NEW.id < 3) EXECUTE FUNCTION find()`);
      const plan = await opened({ user_triggers: 'fire' });
      expect(await takenBack(plan)).toEqual([`1 ${KEPT}`, `2 ${KEPT}`]);
      expect(await left('id, found')).toEqual(['1 v1', '2 v2']);
    });

    it('keeps a row also when its source row goes after the mirrors have begun to leave', async () => {
      await query(plain);
      const plan = await opened();
      await query(`UPDATE copy SET none = 'mine' WHERE id IN (7, 8)`);
      let deleted: Promise<unknown> | undefined;
      const back = await plan.rollback({
        observe: (event) => {
          if (event.type === 'operation' && event.operation === 'undo/in-step/leave' && event.to === 'done')
            deleted ??= query(`DELETE FROM origin WHERE id IN (7, 9)`);
        },
      });
      await deleted;
      expect(told(back)).toBe('exit 0');
      expect(await left('id, none')).toEqual(['7 mine', '8 mine']);
    });

    it('brings no row back for a writer with an old snapshot, whatever a trigger of the target fills', async () => {
      await query(`CREATE TABLE copy (id int PRIMARY KEY, v text, found text);
        CREATE OR REPLACE FUNCTION find() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.found := lower(NEW.v); RETURN NEW; END $$;
        CREATE TRIGGER find BEFORE INSERT OR UPDATE ON copy FOR EACH ROW EXECUTE FUNCTION find()`);
      const plan = await opened({ user_triggers: 'fire' });
      await query('DELETE FROM copy WHERE id = 9');
      let deleted: Promise<unknown> | undefined;
      const back = await plan.rollback({
        observe: (event) => {
          if (event.type === 'operation' && event.operation === 'undo/in-step/leave' && event.to === 'done')
            deleted ??= query(`BEGIN ISOLATION LEVEL REPEATABLE READ; DELETE FROM origin WHERE id = 9; COMMIT`);
        },
      });
      await deleted;
      expect(told(back)).toBe('exit 0');
      expect(await left()).not.toContain('9');
    });
  });
}
