/**
 * Under which path the functions of a window run: that of the plan, in which the application's own names are found; and nothing that
 * stands in it is taken for a function or an operator of the server.
 */
import { beforeEach, describe, expect, it } from 'vitest';

import { testDatabase } from '../../support/database.js';
import { planOn, told, type PlanOnDatabase } from '../../support/plan-on-database.js';
import { forgetTables } from './whole-cycle.js';

/** Better candidates than the server's own where a name or an operator is looked up along the path. */
const HIJACKERS = `CREATE FUNCTION refuse() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'hijacked'; END $$;
  CREATE FUNCTION format(text, text, text) RETURNS text LANGUAGE sql AS 'SELECT refuse()';
  CREATE FUNCTION array_to_string(text[], text) RETURNS text LANGUAGE sql AS 'SELECT refuse()';
  CREATE FUNCTION strpos(text, text) RETURNS int LANGUAGE sql AS 'SELECT refuse()::int';
  CREATE FUNCTION different(text[], text[]) RETURNS boolean LANGUAGE sql AS 'SELECT refuse()::boolean';
  CREATE OPERATOR <> (LEFTARG = text[], RIGHTARG = text[], FUNCTION = different);
  CREATE OPERATOR = (LEFTARG = text[], RIGHTARG = text[], FUNCTION = different);
  CREATE FUNCTION current_setting(text, boolean) RETURNS text LANGUAGE sql AS 'SELECT refuse()';`;

const NAMES_ITS_OWN = `CREATE TABLE audit (what text, id bigint);
  CREATE FUNCTION audited() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN INSERT INTO audit VALUES (TG_TABLE_NAME || ' ' || TG_OP, coalesce(NEW.id, OLD.id)); RETURN NULL; END $$;
  CREATE FUNCTION strip(t text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT lower(trim(t)) $$;
  CREATE FUNCTION slug(t text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN replace(strip(t), ' ', '-'); END $$;`;

for (const major of [18, 15] as const) {
  const test = await testDatabase({ major });
  const { query } = test;

  describe(`on server ${major}`, () => {
    beforeEach(() => forgetTables(test));

    const joined = async (columns: unknown, more: object = {}): Promise<PlanOnDatabase> => {
      const plan = planOn(test.database, {
        name: 'path',
        mappings: { posts: { from: 'posts', to: 'posts2', columns, reverse: { on_delete: 'delete' }, ...more } },
        steps: [
          {
            id: 'win',
            dual_write: { mappings: ['posts'], direction: 'both', user_triggers: 'fire' },
            allow: { deadlocks: 'a test' },
          },
          { id: 'fill', backfill: { mappings: ['posts'], user_triggers: 'fire' } },
          { id: 'flip', cutover: { windows: ['win'] } },
          { id: 'seen', gate: { approval: 'dba' } },
        ],
      });
      expect(told(await plan.apply())).toBe('exit 6');
      return plan;
    };

    const WRITES = `INSERT INTO posts VALUES (1001, 'New One'); INSERT INTO posts2 VALUES (1002, 'New Two');
      UPDATE posts SET title = 'Other' WHERE id = 1; UPDATE posts2 SET id = 1003 WHERE id = 2; DELETE FROM posts WHERE id = 3`;
    const parted = (): Promise<unknown> =>
      query(`SELECT * FROM posts AS a FULL JOIN posts2 AS b ON a.id = b.id WHERE a.title IS DISTINCT FROM b.title`);

    it('triggers of the application on either side find their names', async () => {
      await query(`${NAMES_ITS_OWN} CREATE TABLE posts (id bigint PRIMARY KEY, title text); CREATE TABLE posts2 (LIKE posts INCLUDING ALL);
        INSERT INTO posts SELECT g, 'Title ' || g FROM generate_series(1, 9) AS g;
        CREATE TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON posts FOR EACH ROW EXECUTE FUNCTION audited();
        CREATE TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON posts2 FOR EACH ROW EXECUTE FUNCTION audited()`);
      const plan = await joined('same');
      await query(WRITES);
      expect(await parted()).toEqual([]);
      const told = await query(`SELECT DISTINCT what FROM audit WHERE id IN (1001, 1002) ORDER BY what`);
      expect(told).toEqual([{ what: 'posts INSERT' }, { what: 'posts2 INSERT' }]);
      expect((await plan.rollback()).exit).toBe(0);
    });

    it('a function that a mapping calls finds those that it calls itself', async () => {
      await query(`${NAMES_ITS_OWN} CREATE TABLE posts (id bigint PRIMARY KEY, title text); CREATE TABLE posts2 (id bigint PRIMARY KEY, slug text);
        INSERT INTO posts SELECT g, 'Title ' || g FROM generate_series(1, 9) AS g`);
      const plan = planOn(test.database, {
        name: 'path',
        mappings: { posts: { from: 'posts', to: 'posts2', columns: { id: 'id', slug: 'slug(title)' } } },
        steps: [{ id: 'win', dual_write: { mappings: ['posts'] } }],
      });
      expect(told(await plan.apply())).toBe('exit 0');
      await query(`SET search_path = pg_catalog; INSERT INTO public.posts VALUES (10, ' New One '); RESET search_path`);
      expect(await query('SELECT * FROM posts2')).toEqual([{ id: '10', slug: 'new-one' }]);
    });

    it('a temporary table is not taken for that of the application', async () => {
      await query(`${NAMES_ITS_OWN} CREATE TABLE posts (id bigint PRIMARY KEY, title text); CREATE TABLE posts2 (LIKE posts INCLUDING ALL);
        CREATE TRIGGER audited AFTER INSERT ON posts2 FOR EACH ROW EXECUTE FUNCTION audited()`);
      await joined('same');
      await query(
        `CREATE TEMP TABLE audit (what text, id bigint); INSERT INTO posts VALUES (7, 'seven'); DROP TABLE audit`,
      );
      expect(await query('SELECT what, id FROM public.audit')).toEqual([{ what: 'posts2 INSERT', id: '7' }]);
    });

    it('what stands in the path is never taken for what is meant of the server', async () => {
      await query(`${HIJACKERS} CREATE TABLE posts (id bigint PRIMARY KEY CHECK (id < 5000), title text);
        CREATE TABLE posts2 (id bigint PRIMARY KEY, title text);
        INSERT INTO posts SELECT g, 'Title ' || g FROM generate_series(1, 9) AS g`);
      const plan = await joined('same');
      await query(WRITES);
      expect(await parted()).toEqual([]);
      await expect(query(`INSERT INTO posts2 VALUES (5001, 'none')`)).rejects.toThrow(/posts_id_check/);
      await query(`DELETE FROM posts2 WHERE id = 1002`);
      expect(await parted()).toEqual([]);
      expect(told(await plan.rollback())).toBe('exit 0');
    });
  });
}
