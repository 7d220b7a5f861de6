/** A plan that cannot run here changes nothing, says why, and says what to do. */
import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';

import type { CommandResult } from '../../../src/commands/command-result.js';
import { PgDatabase } from '../../../src/postgres/pg-database.js';
import { testDatabase } from '../../support/database.js';
import { planOn, rowsOf, told, type PlanContent, type PlanOnDatabase } from '../../support/plan-on-database.js';
import { forgetTables } from '../steps/whole-cycle.js';

const TABLES = `CREATE TABLE origin (id int PRIMARY KEY, v text, n int); CREATE TABLE copy (id int PRIMARY KEY, v text);
  INSERT INTO origin SELECT n, 'v' || n, n FROM generate_series(1, 5) AS n`;

function copyPlan(
  mapping: Readonly<Record<string, unknown>> = {},
  fields: Readonly<Record<string, unknown>> = {},
): PlanContent {
  return {
    name: 'copying',
    mappings: { copied: { from: 'origin', to: 'copy', columns: 'same', ...mapping } },
    steps: [{ id: 'fill', backfill: { mappings: ['copied'], ...fields } }],
  };
}

interface Refusal {
  readonly what: string;
  readonly tables?: string;
  readonly plan: PlanContent;
  readonly codes: readonly string[];
  readonly says: readonly string[];
}

const TEXT_KEY = 'DROP TABLE origin, copy; CREATE TABLE copy (id int PRIMARY KEY)';

/** Refused by the catalog or by the server, before anything runs. One entry is one refusal. */
const REFUSALS: readonly Refusal[] = [
  {
    what: 'a missing table',
    plan: copyPlan({ from: 'orgin' }),
    codes: ['LS2001'],
    says: ['There is no `orgin` in schema `public`', 'did you mean `origin`?'],
  },
  {
    what: 'a table of another schema',
    tables: 'CREATE SCHEMA shop; ALTER TABLE origin SET SCHEMA shop',
    plan: copyPlan(),
    codes: ['LS2001'],
    says: ['write `shop.origin`'],
  },
  {
    what: 'a missing schema',
    plan: copyPlan({ from: 'pubic.origin' }),
    codes: ['LS2002'],
    says: ['There is no schema `pubic`'],
  },
  {
    what: 'a missing target column',
    plan: copyPlan({ columns: { id: 'id', vv: 'v' } }),
    codes: ['LS2003'],
    says: ['`public.copy` has no column `vv`', 'did you mean `v`?'],
  },
  {
    what: 'a missing source column',
    plan: copyPlan({ columns: { id: 'idd' } }),
    codes: ['LS2003'],
    says: ['did you mean `id`?'],
  },
  {
    what: 'several at once',
    plan: copyPlan({ columns: { idd: 'id', v: 'vv' }, where: 'nn > 0' }),
    codes: ['LS2003', 'LS2003', 'LS2003'],
    says: ['`idd`', '`vv`', '`nn`'],
  },
  {
    what: 'a view as a source',
    tables: 'CREATE VIEW seen AS SELECT * FROM origin',
    plan: copyPlan({ from: 'seen' }),
    codes: ['LS2005'],
    says: ['is a view'],
  },
  {
    what: 'another type',
    tables: 'ALTER TABLE copy ADD at timestamptz',
    plan: copyPlan({ columns: { id: 'id', at: 'n' } }),
    codes: ['LS9014'],
    says: ['column "at" is of type timestamp with time zone but expression is of type integer'],
  },
  {
    what: 'text where a number belongs, though a cast might bring some through',
    tables: 'ALTER TABLE copy ADD n int',
    plan: copyPlan({ columns: { id: 'id', n: 'v' } }),
    codes: ['LS9014'],
    says: ['column "n" is of type integer but expression is of type text'],
  },
  {
    what: 'a value that the type does not have',
    plan: copyPlan({ columns: { id: { value: 'one' } } }),
    // The proof and the copy both hold it.
    codes: ['LS9014', 'LS9014'],
    says: ['invalid input syntax for type integer: "one"'],
  },
  {
    what: 'a condition that is none',
    plan: copyPlan({ where: 'n' }),
    codes: ['LS9014'],
    says: ['argument of AND must be type boolean', 'integer'].slice(1),
  },
  {
    what: 'a NOT NULL column that is not mapped',
    tables: 'ALTER TABLE copy ADD must text NOT NULL',
    plan: copyPlan({ columns: { id: 'id' } }),
    codes: ['LS3001'],
    says: ['`must` of `public.copy` is NOT NULL, has no default, and is not mapped'],
  },
  {
    what: 'a target without a key',
    tables: 'ALTER TABLE copy DROP CONSTRAINT copy_pkey',
    plan: copyPlan(),
    codes: ['LS3002'],
    says: ['has no primary key', 'give it a primary key'],
  },
  {
    what: 'a key that is not mapped',
    plan: copyPlan({ columns: { v: 'v' } }),
    codes: ['LS3002'],
    says: ['The key column id of `public.copy` is not mapped'],
  },
  {
    what: 'a key without a unique index',
    plan: copyPlan({ key: ['v'] }),
    codes: ['LS3002'],
    says: ['No unique index of `public.copy` is on exactly v', '[id]'],
  },
  {
    what: 'a key that may be NULL',
    tables: 'CREATE UNIQUE INDEX ON copy (v)',
    plan: copyPlan({ key: ['v'] }),
    codes: ['LS3002'],
    says: ['The key column v may be NULL'],
  },
  {
    what: 'a key that takes different texts for equal',
    tables: `CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false); ALTER TABLE copy ALTER v TYPE text COLLATE loose, ALTER v SET NOT NULL;
      CREATE UNIQUE INDEX loosely ON copy (v)`,
    plan: copyPlan({ key: ['v'] }),
    codes: ['LS3002'],
    says: ['The collation of `loosely` takes different texts for equal'],
  },
  {
    what: 'a subquery in a mapping',
    plan: copyPlan({ columns: { id: 'id', v: '(SELECT max(v) FROM copy)' } }),
    codes: ['LS3003'],
    says: ['A subquery reads other rows'],
  },
  {
    what: 'chance in a mapping',
    plan: copyPlan({ columns: { id: 'id', v: 'gen_random_uuid()::text' } }),
    codes: ['LS3004'],
    says: ['`gen_random_uuid` may give another value'],
  },
  {
    what: 'the moment in a mapping',
    plan: copyPlan({ columns: { id: 'id', v: 'current_date::text' } }),
    codes: ['LS3004'],
    says: ['another value'],
  },
  {
    what: 'a generated column in a mapping',
    tables: 'ALTER TABLE copy ADD g int GENERATED ALWAYS AS (id * 2) STORED',
    plan: copyPlan({ columns: { id: 'id', g: 'n' } }),
    codes: ['LS3005'],
    says: ['`g` of `public.copy` is a generated column'],
  },
  { what: 'a table mapped onto itself', plan: copyPlan({ to: 'origin' }), codes: ['LS3006'], says: ['onto itself'] },
  {
    what: 'no column of the same name',
    tables: 'ALTER TABLE copy RENAME id TO a; ALTER TABLE copy RENAME v TO b',
    plan: copyPlan(),
    codes: ['LS3007'],
    says: ['no column of the same name'],
  },
  {
    what: 'a source without a key',
    tables: 'ALTER TABLE origin DROP CONSTRAINT origin_pkey',
    plan: copyPlan(),
    codes: ['LS2006'],
    says: ['has no primary key and no unique index'],
  },
  {
    what: 'a source whose unique columns may be NULL',
    tables: `${TEXT_KEY}; CREATE TABLE origin (id int UNIQUE)`,
    plan: copyPlan(),
    codes: ['LS2006'],
    says: ['`id` may be NULL'],
  },
  {
    what: 'a source whose key is deferrable',
    tables: `${TEXT_KEY}; CREATE TABLE origin (id int PRIMARY KEY DEFERRABLE)`,
    plan: copyPlan(),
    codes: ['LS2006'],
    says: ['doubles until COMMIT'],
  },
  {
    what: 'a source whose unique index is partial',
    tables: `${TEXT_KEY}; CREATE TABLE origin (id int NOT NULL); CREATE UNIQUE INDEX ON origin (id) WHERE id > 0`,
    plan: copyPlan(),
    codes: ['LS2006'],
    says: ['it is partial'],
  },
  {
    what: 'a source whose key is an expression',
    tables: `${TEXT_KEY}; CREATE TABLE origin (id int NOT NULL); CREATE UNIQUE INDEX ON origin (abs(id))`,
    plan: copyPlan(),
    codes: ['LS2006'],
    says: ['is an expression'],
  },
  {
    what: 'a source whose key is a float',
    tables: `${TEXT_KEY}; CREATE TABLE origin (id float8 PRIMARY KEY)`,
    plan: copyPlan(),
    codes: ['LS2006'],
    says: ['use numeric'],
  },
  {
    what: 'an index that is not there',
    plan: copyPlan({}, { walk: 'origin_pk' }),
    codes: ['LS2007'],
    says: ['did you mean `origin_pkey`?'],
  },
  {
    what: 'triggers that are not spoken for',
    tables: `CREATE FUNCTION t() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$; CREATE TRIGGER "Audit it" BEFORE INSERT ON copy FOR EACH ROW EXECUTE FUNCTION t()`,
    plan: copyPlan(),
    codes: ['LS6101'],
    says: ['`public.copy` has `Audit it`', 'user_triggers: fire'],
  },
  {
    what: 'an unlogged target',
    tables: 'ALTER TABLE copy SET UNLOGGED',
    plan: copyPlan(),
    codes: ['LS6107'],
    says: ['`public.copy` is unlogged'],
  },
  {
    what: 'an inheritance parent',
    tables: 'CREATE TABLE kid () INHERITS (origin)',
    plan: copyPlan(),
    codes: ['LS6107'],
    says: ['has inheritance children'],
  },
  {
    what: 'a check that names a column that is not there',
    plan: {
      name: 'checks',
      steps: [
        {
          id: 'proof',
          verify: [
            { no_nulls: { table: 'origin', columns: ['vv'] } },
            { no_orphans: { from: 'copy.id', to: 'orgin.id' } },
          ],
        },
      ],
    },
    codes: ['LS2003', 'LS2001'],
    says: ['`vv`', '`orgin`'],
  },
  {
    what: 'a check whose SQL the server refuses',
    plan: { name: 'checks', steps: [{ id: 'proof', verify: [{ no_rows: 'SELECT nothing FROM origin' }] }] },
    codes: ['LS9014'],
    says: ['column "nothing" does not exist'],
  },
];

for (const major of [18, 15]) {
  const found = await testDatabase({ major });
  const { database, query, url, value } = found;
  const journal = (): Promise<unknown> => value(`SELECT 1 FROM pg_namespace WHERE nspname = 'lockstep'`);

  describe(`refused on server ${major}, and nothing changed:`, () => {
    beforeEach(() => query(TABLES));
    afterEach(() => forgetTables(found));

    test.each(REFUSALS)('$what', async ({ tables, plan: content, codes, says }) => {
      if (tables !== undefined) await query(tables);
      const before = await rowsOf(found);
      const plan = planOn(database, content);
      for (const refused of [await plan.plan(), await plan.apply()] as readonly CommandResult<unknown>[]) {
        expect(
          refused.diagnostics.map(({ code }) => code),
          told(refused),
        ).toEqual(codes);
        for (const said of says) expect(told(refused)).toContain(said);
        for (const { span } of refused.diagnostics) expect(span?.file).toBe(plan.file);
        expect([refused.exit, refused.report]).toEqual([3, null]);
      }
      expect(await rowsOf(found)).toEqual(before);
      expect(await journal()).toBeUndefined();
    });
  });

  describe(`users and connections of server ${major}`, () => {
    beforeEach(() => query(TABLES));
    afterEach(() => forgetTables(found));

    /** Logs in as a new role that was granted just this. */
    const as = async (role: string, ...grants: readonly string[]): Promise<PgDatabase> => {
      const name = `${role}_${found.name}`;
      await query(`CREATE ROLE ${name} LOGIN PASSWORD 'secret-word'`);
      onTestFinished(async () => {
        await query(`DROP OWNED BY ${name} CASCADE; DROP ROLE ${name}`);
      });
      await query(`GRANT USAGE ON SCHEMA public TO ${name}`);
      for (const grant of grants) await query(`${grant} TO ${name}`);
      const login = new URL(url);
      [login.username, login.password] = [name, 'secret-word'];
      const other = new PgDatabase({ url: login.href });
      onTestFinished(() => other.close());
      return other;
    };

    const everyCommand = async (plan: PlanOnDatabase): Promise<readonly CommandResult<unknown>[]> => [
      await plan.plan(),
      await plan.apply(),
      await plan.verify(),
      await plan.rollback(),
      await plan.approve('gate'),
    ];

    test('a wrong password', async () => {
      const login = new URL(url);
      login.password = 'wrong-word';
      const other = new PgDatabase({ url: login.href });
      onTestFinished(() => other.close());
      for (const failed of await everyCommand(planOn(other, copyPlan()))) {
        expect([failed.exit, failed.diagnostics.map(({ code }) => code)]).toEqual([1, ['LS9001']]);
        expect(told(failed)).toContain('password authentication failed');
        expect(told(failed)).not.toContain('wrong-word');
      }
    });

    test('a database that is not there', async () => {
      const login = new URL(url);
      login.pathname = '/no_such_database';
      const other = new PgDatabase({ url: login.href });
      onTestFinished(() => other.close());
      const failed = await planOn(other, copyPlan()).apply();
      expect([failed.exit, failed.diagnostics.map(({ code }) => code)]).toEqual([1, ['LS9001']]);
      expect(told(failed)).toContain('database "no_such_database" does not exist');
    });

    test('a server that does not answer', async () => {
      const listener = createServer();
      const port = await new Promise<number>((resolve) =>
        listener.listen(0, '127.0.0.1', () => resolve((listener.address() as { port: number }).port)),
      );
      await new Promise((resolve) => listener.close(resolve));
      const other = new PgDatabase({ url: `postgresql://someone:secret-word@127.0.0.1:${port}/x` });
      onTestFinished(() => other.close());
      for (const failed of await everyCommand(planOn(other, copyPlan()))) {
        expect([failed.exit, failed.diagnostics.map(({ code }) => code)]).toEqual([1, ['LS9001']]);
        expect(told(failed)).toContain('ECONNREFUSED');
        expect(told(failed)).not.toContain('secret-word');
      }
    });

    test('a user without privileges: each table and each privilege is named', async () => {
      const other = await as('nobody', 'GRANT SELECT ON copy');
      const refused = await planOn(other, copyPlan()).apply();
      expect(refused.exit).toBe(1);
      expect(
        refused.diagnostics.map(({ code, detail, help }) => [
          code,
          detail.replaceAll(found.name, '…'),
          help?.replaceAll(found.name, '…'),
        ]),
      ).toEqual([
        ['LS6105', '`nobody_…` may not SELECT on `public.origin`.', 'GRANT SELECT ON public.origin TO nobody_…'],
        ['LS6105', '`nobody_…` may not INSERT on `public.copy`.', 'GRANT INSERT ON public.copy TO nobody_…'],
        [
          'LS6105',
          '`nobody_…` may not DELETE, UPDATE on `public.copy`.',
          'GRANT DELETE, UPDATE ON public.copy TO nobody_…',
        ],
      ]);
    });

    test('what is granted is enough, there and back', async () => {
      const other = await as(
        'enough',
        'GRANT SELECT ON origin',
        'GRANT SELECT, INSERT, DELETE, UPDATE ON copy',
        `GRANT CREATE ON DATABASE ${found.name}`,
      );
      const plan = planOn(other, copyPlan({}, { on_conflict: 'skip' }));
      expect(told(await plan.apply())).toBe('exit 0');
      expect(await value('SELECT count(*)::int FROM copy')).toBe(5);
      expect(told(await plan.rollback())).toBe('exit 0');
      expect(await value('SELECT count(*)::int FROM copy')).toBe(0);
      await query('DROP SCHEMA lockstep CASCADE');
    });

    test('in place, what is granted is enough, there and back', async () => {
      const other = await as('inplace', 'GRANT SELECT, UPDATE ON origin', `GRANT CREATE ON DATABASE ${found.name}`);
      const plan = planOn(other, {
        name: 'inplace',
        steps: [{ id: 'fill', backfill: { table: 'origin', set: { v: "v || '!'" } } }],
      });
      const before = await rowsOf(found);
      expect(told(await plan.apply())).toBe('exit 0');
      expect(told(await plan.rollback())).toBe('exit 0');
      expect(await rowsOf(found)).toEqual(before);
      await query('DROP SCHEMA lockstep CASCADE');
    });

    test('a user who may only read can plan and verify; apply says what is missing for the journal', async () => {
      const other = await as('reader', 'GRANT SELECT ON origin, copy');
      const plan = planOn(other, {
        name: 'reading',
        steps: [{ id: 'proof', verify: [{ no_nulls: { table: 'origin', columns: ['v'] } }] }],
      });
      expect(told(await plan.plan())).toMatch(
        /^exit 0\nLS6105 There is no journal, .*\bCREATE SCHEMA lockstep AUTHORIZATION \S+;/,
      );
      expect(told(await plan.verify())).toBe('exit 0');
      const refused = await plan.apply();
      expect([refused.exit, refused.diagnostics.map(({ code }) => code)]).toEqual([1, ['LS9011']]);
      expect(refused.diagnostics[0]!.help).toContain('CREATE SCHEMA lockstep');
      expect(await journal()).toBeUndefined();
    });

    test('a session that is read only by default can plan', async () => {
      await query(`ALTER DATABASE ${found.name} SET default_transaction_read_only = on`);
      onTestFinished(async () => {
        await query(
          `SET default_transaction_read_only = off; ALTER DATABASE ${found.name} RESET default_transaction_read_only`,
        );
      });
      const other = new PgDatabase({ url });
      onTestFinished(() => other.close());
      expect(told(await planOn(other, copyPlan()).plan())).toBe('exit 0');
    });

    test.each([
      {
        what: 'on',
        set: 'ALTER TABLE origin ENABLE ROW LEVEL SECURITY',
        says: 'Row-level security is on on `public.origin`',
      },
      {
        what: 'forced',
        set: 'ALTER TABLE copy ENABLE ROW LEVEL SECURITY; ALTER TABLE copy FORCE ROW LEVEL SECURITY',
        says: 'Row-level security is forced on `public.copy`',
      },
    ])('row-level security that is $what', async ({ set, says }) => {
      await query(set);
      const other = await as('guarded', 'GRANT ALL ON origin, copy');
      const refused = await planOn(other, copyPlan()).apply();
      expect(refused.exit).toBe(1);
      expect(new Set(refused.diagnostics.map(({ code }) => code))).toEqual(new Set(['LS6106']));
      expect(told(refused)).toContain(says);
    });

    test('a publication of all tables would publish the journal', async () => {
      await query('CREATE PUBLICATION everything FOR ALL TABLES');
      onTestFinished(async () => {
        await query('DROP PUBLICATION everything');
      });
      const refused = await planOn(database, copyPlan()).apply();
      expect([refused.exit, refused.diagnostics.map(({ code }) => code)]).toEqual([1, ['LS8004']]);
      expect(await journal()).toBeUndefined();
    });
  });
}
