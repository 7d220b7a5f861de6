/**
 * Sessions of the application that are set up otherwise than those of the run: another time zone and date style, a path with
 * tables of the same names in front, a role without rights on the other side, the role of a replica, one that never heard of
 * our settings. What they write reaches the other side as the plan says it, in either direction.
 */
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';

import { PgDatabase } from '../../../src/postgres/pg-database.js';
import { testDatabase, type TestDatabase } from '../../support/database.js';
import { planOn, told } from '../../support/plan-on-database.js';

const PASSWORD = randomBytes(9).toString('hex');

const TABLES = `
  CREATE TABLE visit (id int PRIMARY KEY, at timestamptz NOT NULL, price numeric(8,2) NOT NULL, took interval NOT NULL, note text);
  CREATE TABLE visit_day (id int PRIMARY KEY, day date NOT NULL, at_text text NOT NULL, price text NOT NULL, took text NOT NULL);
  INSERT INTO visit SELECT n, timestamptz '2026-03-29 00:00+00' + n * interval '1 day', n, n * interval '1 day 2 hours', 'n' FROM generate_series(1, 20) AS n;
  CREATE SCHEMA decoy; CREATE TABLE decoy.visit (LIKE public.visit INCLUDING ALL); CREATE TABLE decoy.visit_day (LIKE public.visit_day INCLUDING ALL)`;

const PLAN = `lockstep: 1
name: other-sessions
mappings:
  days:
    from: visit
    to: visit_day
    columns: { id: id, day: "at::date", at_text: "at::text", price: "price::text", took: "took::text" }
    reverse: { columns: { at: "at_text::timestamptz", price: "price::numeric(8,2)", took: "took::interval" }, on_delete: delete }
steps:
  - id: in-step
    dual_write: { mappings: [days], direction: both }
    allow: { deadlocks: nobody writes both sides at once }
  - id: fill
    backfill: { mappings: [days], batch: { rows: 5, target: "off" } }
  - { id: soak, gate: { approval: somebody } }
  - { id: flip, cutover: { windows: [in-step] } }
  - { id: settled, gate: { approval: somebody } }
  - { id: done, close: { windows: [in-step], quiet: 0s } }
`;

/** As a session in UTC sees it: what both sides must say. */
const DIFFERENCES = `SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'; SET IntervalStyle = 'postgres';
  SELECT coalesce(v.id, d.id) AS id, v::text AS old, d::text AS new FROM public.visit AS v FULL JOIN public.visit_day AS d USING (id)
  WHERE (v.at::date, v.at::text, v.price::text, v.took::text) IS DISTINCT FROM (d.day, d.at_text, d.price, d.took)`;

interface OtherSession {
  readonly name: string;
  readonly set: string;
  /** Rights on one side alone, and none on the journal. */
  readonly role?: true;
}

const SESSIONS: readonly OtherSession[] = [
  { name: 'as it comes', set: '' },
  {
    name: 'with another time zone and other styles',
    set: `SET TimeZone = 'Pacific/Kiritimati'; SET DateStyle = 'German, DMY'; SET IntervalStyle = 'sql_standard'; SET extra_float_digits = 0`,
  },
  { name: 'with tables of the same names in front', set: 'SET search_path = decoy, public' },
  { name: 'with an empty path', set: `SET search_path = ''` },
  { name: 'with a role that may write its own side only', set: '', role: true },
  { name: 'as a replica', set: 'SET session_replication_role = replica' },
  { name: 'that is SERIALIZABLE by default', set: `SET default_transaction_isolation = 'serializable'` },
  {
    name: 'with a statement timeout and without row security',
    set: `SET statement_timeout = '5s'; SET row_security = off`,
  },
  {
    name: 'with plpgsql.variable_conflict',
    set: `SET plpgsql.variable_conflict = use_variable; SET check_function_bodies = off`,
  },
  { name: 'that once set our names itself', set: `SET lockstep.run_id = '-1'` },
];

/** Keys from `first` on, none of which is there. */
function writesTo(side: 'old' | 'new', first: number): readonly string[] {
  if (side === 'old')
    return [
      `INSERT INTO public.visit SELECT n, timestamptz '2026-10-25 00:30+00' + n * interval '1 hour', 1.5, '36 hours', 'x' FROM generate_series(${first}, ${first + 5}) AS n`,
      `UPDATE public.visit SET at = at + interval '90 minutes', price = price + 0.25, took = took + '1 month 90 minutes' WHERE id IN (${first}, 1, 2)`,
      `UPDATE public.visit SET id = id + 50 WHERE id = ${first + 1}`,
      `DELETE FROM public.visit WHERE id IN (${first + 2}, 3)`,
      `INSERT INTO public.visit VALUES (3, '2026-01-01 00:00+00', 3, '1 day', NULL)`,
    ];
  return [
    `INSERT INTO public.visit_day SELECT n, date '2026-10-25', '2026-10-25 23:30:00+00', '7.50', '1 day 02:00:00' FROM generate_series(${first}, ${first + 5}) AS n`,
    `UPDATE public.visit_day SET day = '2026-12-31', at_text = '2026-12-31 23:59:59+00', price = '0.01' WHERE id IN (${first}, 1, 2)`,
    `UPDATE public.visit_day SET id = id + 50 WHERE id = ${first + 1}`,
    `DELETE FROM public.visit_day WHERE id IN (${first + 2}, 4)`,
    `INSERT INTO public.visit_day VALUES (4, '2026-01-01', '2026-01-01 00:00:00+00', '4.00', '4 days')`,
  ];
}

for (const major of [18, 15]) {
  const test = await testDatabase({ major });
  const roles = { old: `${test.name}_old`, new: `${test.name}_new` };
  let at = 1_000;

  /** Both sides, each by a session of its own that is set up so. */
  const write = async ({ set, role }: OtherSession, sides: readonly ('old' | 'new')[]): Promise<void> => {
    for (const side of sides) {
      const database = new PgDatabase({ url: role === true ? urlOf(test, roles[side]) : test.url, maxSessions: 1 });
      try {
        await database.withSession(async (session) => {
          if (set !== '') await session.query(set);
          for (const sql of writesTo(side, (at += 100))) await session.query(sql);
          await session.query(`BEGIN`);
          for (const sql of writesTo(side, (at += 100))) await session.query(sql);
          await session.query('COMMIT');
        });
      } finally {
        await database.close();
      }
    }
  };
  const agree = async (): Promise<void> => {
    expect(await test.query(DIFFERENCES)).toEqual([]);
    expect(await test.query('SELECT 1 FROM decoy.visit UNION ALL SELECT 1 FROM decoy.visit_day')).toEqual([]);
  };

  describe(`server ${major}`, { concurrent: false }, () => {
    const plan = planOn(test.database, PLAN);
    const applied = async (): Promise<void> => {
      const result = await plan.apply();
      expect(result.exit, told(result)).toBe(6);
    };

    it('opens', async () => {
      await test.query(TABLES);
      for (const [side, table] of [
        ['old', 'visit'],
        ['new', 'visit_day'],
      ] as const)
        await test.query(
          `CREATE ROLE ${roles[side]} LOGIN PASSWORD '${PASSWORD}'; GRANT SELECT, INSERT, UPDATE, DELETE ON ${table} TO ${roles[side]}`,
        );
      await applied();
      await agree();
    });
    it.each(SESSIONS.map((session) => [session.name, session] as const))(
      'a session %s, before the cutover',
      async (_, one) => {
        await write(one, ['old', 'new']);
        await agree();
      },
    );
    it('cuts over', async () => {
      expect((await plan.approve('soak')).exit).toBe(0);
      await applied();
      await agree();
    });
    it.each(SESSIONS.map((session) => [session.name, session] as const))('a session %s, behind it', async (_, one) => {
      await write(one, ['new', 'old']);
      await agree();
    });
    it('closes', async () => {
      expect((await plan.approve('settled')).exit).toBe(0);
      const result = await plan.apply();
      expect(result.exit, told(result)).toBe(0);
      await agree();
      await test.query(`DROP OWNED BY ${roles.old}, ${roles.new}; DROP ROLE ${roles.old}, ${roles.new}`);
    });
  });
}

function urlOf({ url }: TestDatabase, role: string): string {
  const own = new URL(url);
  own.username = role;
  own.password = PASSWORD;
  return own.href;
}
