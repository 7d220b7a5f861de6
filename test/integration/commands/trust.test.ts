/** Whose code would run in what a plan sends: said by step, and consented to by name, before anything changes. */
import { afterAll, beforeEach, describe, expect, it } from 'vitest';

import { PgDatabase } from '../../../src/postgres/pg-database.js';
import { testDatabase } from '../../support/database.js';
import { planOn, told } from '../../support/plan-on-database.js';
import { forgetTables } from '../steps/whole-cycle.js';

for (const major of [18, 15] as const) {
  const test = await testDatabase({ major });
  const { query } = test;
  const [owner, other, group] = ['owner', 'other', 'group'].map((name) => `${name}_${test.name}`) as [
    string,
    string,
    string,
  ];
  await query(`CREATE ROLE ${owner} LOGIN PASSWORD 'secret'; CREATE ROLE ${other} LOGIN; CREATE ROLE ${group}`);
  const url = new URL(test.url);
  [url.username, url.password] = [owner, 'secret'];
  const asOwner = new PgDatabase({ url: url.href });
  afterAll(async () => {
    await asOwner.close();
    await query(`DROP OWNED BY ${owner}, ${other}, ${group} CASCADE; DROP ROLE ${owner}, ${other}, ${group}`);
  });

  const planAs = (database: PgDatabase, allow: object = {}, more: object = {}) =>
    planOn(database, {
      name: 'trusting',
      ...more,
      mappings: { users: { from: 'users', to: 'people', columns: { login: 'login', email: 'lower(email)' } } },
      steps: [
        { id: 'win', dual_write: { mappings: ['users'] }, allow },
        { id: 'fill', backfill: { mappings: ['users'] }, allow },
      ],
    });
  const problems = async (database: PgDatabase = test.database): Promise<readonly string[]> => {
    const { diagnostics } = await planAs(database).plan();
    return diagnostics.filter(({ code }) => code === 'LS6201').map(({ detail, help }) => `${detail} → ${help ?? ''}`);
  };

  describe(`on server ${major}`, () => {
    beforeEach(async () => {
      await forgetTables(test);
      await query(`REVOKE ${group} FROM ${other}; REVOKE ${owner} FROM ${other}; GRANT CREATE ON DATABASE ${test.name} TO ${owner};
        GRANT USAGE ON SCHEMA public TO PUBLIC;
        CREATE TABLE users (login text PRIMARY KEY, email varchar(80)); CREATE TABLE people (login text PRIMARY KEY, email varchar(80));
        INSERT INTO users SELECT 'u' || g, 'E' || g FROM generate_series(1, 5) AS g`);
    });

    it('nothing is asked where all belongs to who runs it', async () => {
      expect(await problems()).toEqual([]);
    });

    it('a role that may create in a schema of the path is named for each step, with the REVOKE, and nothing has run', async () => {
      await query(`GRANT CREATE ON SCHEMA public TO ${other}`);
      const found = await problems();
      expect(found).toHaveLength(2);
      expect(found[0]).toContain('`untrusted_schema`');
      expect(found[0]).toContain(`\`${other}\` may create functions and operators in schema \`public\``);
      expect(found[0]).toContain(`REVOKE CREATE ON SCHEMA public FROM ${other}`);
      const { exit } = await planAs(test.database).apply();
      expect(exit).toBe(5);
      expect(await query('SELECT * FROM people')).toEqual([]);
      expect(told(await planAs(test.database, { untrusted_schema: 'a test' }).apply())).toBe('exit 0');
    });

    it('a REVOKE leaves what was made before: whose name the plan writes', async () => {
      const made = (name: string): string =>
        `CREATE FUNCTION ${name}(a varchar) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RAISE 'hijacked'; END $$;
         ALTER FUNCTION ${name}(varchar) OWNER TO ${other}`;
      await query(made('harmless'));
      expect(await problems()).toEqual([]);
      await query(made('lower'));
      const found = await problems();
      expect(found[0]).toContain(
        `function \`public.lower(character varying)\`, which the step's texts may mean, belongs to \`${other}\``,
      );
      expect(found[0]).toContain('ALTER FUNCTION public.lower(character varying) OWNER TO');
    });

    it('an operator of theirs, and one whose function is theirs', async () => {
      await query(`CREATE FUNCTION alike(varchar, varchar) RETURNS boolean LANGUAGE sql AS 'SELECT true';
        CREATE OPERATOR = (LEFTARG = varchar, RIGHTARG = varchar, FUNCTION = alike)`);
      expect(await problems()).toEqual([]);
      await query(`ALTER FUNCTION alike(varchar, varchar) OWNER TO ${other}`);
      expect((await problems())[0]).toContain('operator `public.=(character varying,character varying)`');
    });

    it('everybody, and a group only where somebody is in it', async () => {
      await query(`GRANT CREATE ON SCHEMA public TO ${group}`);
      expect(await problems()).toEqual([]);
      await query(`GRANT ${group} TO ${other}`);
      expect((await problems())[0]).toContain(`REVOKE CREATE ON SCHEMA public FROM ${group}`);
      await query(`REVOKE CREATE ON SCHEMA public FROM ${group}; GRANT CREATE ON SCHEMA public TO PUBLIC`);
      expect((await problems())[0]).toContain('REVOKE CREATE ON SCHEMA public FROM PUBLIC');
    });

    it('only schemas of the path count, as `defaults` say it', async () => {
      await query(`CREATE SCHEMA theirs AUTHORIZATION ${other}`);
      expect(await problems()).toEqual([]);
      const { diagnostics } = await planAs(
        test.database,
        {},
        { defaults: { search_path: ['public', 'theirs'] } },
      ).plan();
      expect(diagnostics.map(({ help }) => help).join()).toContain('ALTER SCHEMA theirs OWNER TO');
    });

    it('a superuser who writes tables of another role says so; their owner need not', async () => {
      await query(
        `ALTER TABLE users OWNER TO ${owner}; ALTER TABLE people OWNER TO ${owner}; GRANT CREATE, USAGE ON SCHEMA public TO ${owner}`,
      );
      const found = await problems();
      expect(found).toHaveLength(2);
      expect(found[0]).toContain('`runs_as_superuser`');
      expect(found[0]).toContain(`connect as \`${owner}\`, or as a member of it`);
      expect((await planAs(test.database).apply()).exit).toBe(5);
      expect(await problems(asOwner)).toEqual([]);
      // Another one with the same right is nobody's.
      await query(`GRANT CREATE ON SCHEMA public TO ${other}`);
      expect((await problems(asOwner))[0]).toContain(`FROM ${other}`);
      await query(`REVOKE CREATE ON SCHEMA public FROM ${other}`);
      expect(told(await planAs(asOwner).apply())).toBe('exit 0');
    });

    it('a role that the runner may become is trusted', async () => {
      await query(`ALTER TABLE users OWNER TO ${owner}; ALTER TABLE people OWNER TO ${owner}; GRANT CREATE, USAGE ON SCHEMA public TO ${other};
        GRANT ${other} TO ${owner}`);
      expect(await problems(asOwner)).toEqual([]);
      await query(`REVOKE ${other} FROM ${owner}`);
      expect((await problems(asOwner)).length).toBe(2);
    });
  });
}
