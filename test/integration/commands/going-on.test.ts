/** Going on, and taking back, where somebody else changed definitions meanwhile: refused for what the run touches alone. */
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';

import { driftFrom } from '../../../src/catalog/expected-definitions.js';
import type { Definitions } from '../../../src/catalog/fingerprint.js';
import { keysOf } from '../../../src/commands/drift.js';
import type { OperationGraph } from '../../../src/operation/operation-graph.js';
import { readFingerprint } from '../../../src/postgres/read-fingerprint.js';
import { testDatabase, type TestDatabase } from '../../support/database.js';
import { ON_OLD } from '../../support/majors.js';
import { planOn, told, type PlanOnDatabase } from '../../support/plan-on-database.js';

const TABLES = `
  CREATE TABLE t (id int PRIMARY KEY, v text, w int);
  CREATE INDEX t_w ON t (w);
  CREATE TABLE child (id int PRIMARY KEY, t int CONSTRAINT child_t REFERENCES t);
  CREATE TABLE other (id int PRIMARY KEY);
  CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
  CREATE TYPE mood AS ENUM ('good');
  CREATE VIEW seen AS SELECT id, v FROM t;
  CREATE VIEW seen_w AS SELECT w FROM t`;

const gate = { id: 'sign-off', gate: { approval: 'dba' } };

const BY_OTHERS: readonly (readonly [what: string, change: string, undo: string, line: string])[] = [
  ['a column added', 'ALTER TABLE t ADD x int', 'ALTER TABLE t DROP x', 'added column public.t.x: integer'],
  ['an index dropped', 'DROP INDEX t_w', 'CREATE INDEX t_w ON t (w)', 'removed index public.t_w'],
  [
    'a trigger added',
    'CREATE TRIGGER theirs BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION touch()',
    'DROP TRIGGER theirs ON t',
    'added trigger public.t.theirs',
  ],
  [
    'a comment',
    `COMMENT ON COLUMN t.v IS 'x'`,
    'COMMENT ON COLUMN t.v IS NULL',
    'added comment on table column public.t.v',
  ],
  [
    'a column of our own changed',
    'ALTER TABLE t ALTER a SET DEFAULT 7',
    'ALTER TABLE t ALTER a DROP DEFAULT',
    'changed column public.t.a',
  ],
  ['our index dropped', 'DROP INDEX t_v', 'CREATE INDEX t_v ON t (v)', 'removed index public.t_v'],
  ['a view over it', 'CREATE VIEW theirs AS SELECT id FROM t', 'DROP VIEW theirs', 'added relation public.theirs'],
  ['a grant', 'GRANT SELECT ON t TO PUBLIC', 'REVOKE SELECT ON t FROM PUBLIC', 'changed relation public.t: grants'],
];

/** All that the journal holds of runs and their events. */
function journalOf({ query }: TestDatabase): Promise<readonly unknown[]> {
  return query(
    `SELECT r.status, r.epoch, r.executor, (SELECT count(*) FROM lockstep.event) AS events,
       (SELECT json_agg(o ORDER BY o.ordinal, o.id) FROM lockstep.operation AS o) AS operations FROM lockstep.run AS r`,
  );
}

async function refused(
  test: TestDatabase,
  what: () => ReturnType<PlanOnDatabase['apply' | 'rollback']>,
): Promise<string> {
  const before = await journalOf(test);
  const result = await what();
  expect([result.exit, result.diagnostics.map(({ code }) => code)], told(result)).toEqual([5, ['LS9029']]);
  expect(await journalOf(test)).toEqual(before);
  const locks = `SELECT count(*)::int FROM pg_locks WHERE database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND pid <> pg_backend_pid()`;
  await expect.poll(() => test.value(locks)).toBe(0);
  return `${result.diagnostics[0]!.detail}\n${result.next.join('\n')}`;
}

describe.each(ON_OLD)('on server %i', (major) => {
  let test: TestDatabase;
  beforeEach(async () => {
    test = await testDatabase({ major, after: onTestFinished });
    await test.query(TABLES);
  });

  const column = { id: 'column', sql: { up: 'ALTER TABLE t ADD a int', down: 'ALTER TABLE t DROP a' } };
  const index = { id: 'index', ddl: 'CREATE INDEX t_v ON t (v)' };
  const after = { id: 'after', sql: { up: 'ALTER TABLE t ADD b int', down: 'ALTER TABLE t DROP b' } };
  const begun = async (): Promise<PlanOnDatabase> => {
    const plan = planOn(test.database, { name: 'going-on', steps: [column, index, gate, after] });
    expect((await plan.apply()).exit).toBe(6);
    expect((await plan.apply()).exit).toBe(6);
    return plan;
  };

  it('refuses each change by others of what it touches, with the difference, and goes on once it is undone', async () => {
    const plan = await begun();
    expect(told(await plan.approve('sign-off'))).toBe('exit 0');
    for (const [what, change, undo, line] of BY_OTHERS) {
      await test.query(change);
      const said = await refused(test, () => plan.apply());
      expect(said, what).toContain(line);
      expect(said).toContain(
        `lockstep apply ${plan.file}\nlockstep rollback ${plan.file} --plan\nlockstep apply ${plan.file} --accept-drift`,
      );
      expect(await refused(test, () => plan.rollback()), what).toContain(line);
      await test.query(undo);
    }
    expect(told(await plan.apply())).toBe('exit 0');
    const back = await plan.rollback();
    expect([told(back), back.report?.drift]).toEqual(['exit 0', []]);
  });

  it('has nothing to say about what it does not touch', async () => {
    const plan = await begun();
    await test.query(`ALTER TABLE other ADD x int; CREATE TABLE more (id int); COMMENT ON FUNCTION touch IS 'x';
      CREATE TABLE more_t (id int, t int); ALTER TYPE mood ADD VALUE 'bad'`);
    expect(told(await plan.approve('sign-off'))).toBe('exit 0');
    expect(told(await plan.apply())).toBe('exit 0');
  });

  it('the fingerprint from before the run is the wrong one: it refuses the own changes', async () => {
    const plan = await begun();
    const [run] = await test.query<{ graph: string; before: string }>(
      'SELECT graph, fingerprint_before AS before FROM lockstep.run',
    );
    const now = await test.database.transaction(readFingerprint, { readOnly: true });
    const keys = keysOf([JSON.parse(run!.graph) as OperationGraph]);
    const wrong = driftFrom(JSON.parse(run!.before) as Definitions, now, { keys, except: [] });
    expect(wrong.map(({ identity }) => identity)).toEqual([
      'column public.t.a',
      'index public.t_v',
      'relation public.t',
    ]);
    expect((await plan.apply()).exit).toBe(6);
  });

  it('goes on over what a person accepts, once, and keeps who and what', async () => {
    const plan = await begun();
    await test.query(`ALTER TABLE t ADD x int`);
    await refused(test, () => plan.apply());
    expect((await plan.apply({ acceptDrift: true })).exit).toBe(6);
    expect(
      await test.query(
        `SELECT details, by_user = session_user AS ours FROM lockstep.event WHERE event = 'drift accepted'`,
      ),
    ).toEqual([
      {
        details: {
          differences: [
            'added column public.t.x: integer',
            expect.stringContaining('changed relation public.t: columns'),
          ],
        },
        ours: true,
      },
    ]);
    expect((await plan.apply()).exit).toBe(6);
    await test.query(`ALTER TABLE t ADD y int`);
    expect(await refused(test, () => plan.apply())).not.toContain('public.t.x');
    await refused(test, () => plan.rollback());
    const back = await plan.rollback({ acceptDrift: true });
    // The way back is taken; theirs stays, and is told.
    expect([back.exit, back.diagnostics.map(({ code }) => code)]).toEqual([4, ['LS9013']]);
    expect(
      await test.query(
        `SELECT attname FROM pg_attribute WHERE attrelid = 't'::regclass AND attnum > 0 AND NOT attisdropped`,
      ),
    ).toEqual(['id', 'v', 'w', 'x', 'y'].map((attname) => ({ attname })));
  });

  const STEPS: Readonly<Record<string, readonly [up: string, down: string]>> = {
    'a table comes': ['CREATE TABLE made (id serial PRIMARY KEY, t int REFERENCES t)', 'DROP TABLE made'],
    'a table goes': [
      'DROP TABLE child',
      'CREATE TABLE child (id int PRIMARY KEY, t int CONSTRAINT child_t REFERENCES t)',
    ],
    'a table is renamed': ['ALTER TABLE t RENAME TO t2', 'ALTER TABLE t2 RENAME TO t'],
    'a column is renamed': ['ALTER TABLE t RENAME v TO vv', 'ALTER TABLE t RENAME vv TO v'],
    'a function comes and is called': [
      `CREATE FUNCTION ours() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TRIGGER ours BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION ours()`,
      'DROP TRIGGER ours ON t; DROP FUNCTION ours()',
    ],
    'a type comes and is used': [
      'CREATE TYPE colour AS ENUM (); ALTER TABLE t ADD c colour',
      'ALTER TABLE t DROP c; DROP TYPE colour',
    ],
    'a type is renamed': ['ALTER TYPE mood RENAME TO humour', 'ALTER TYPE humour RENAME TO mood'],
    'an index comes, and its way back names it alone': ['CREATE INDEX t_v ON t (v)', 'DROP INDEX t_v'],
    'an index goes': ['DROP INDEX t_w', 'CREATE INDEX t_w ON t (w)'],
    'an index is renamed': ['ALTER INDEX t_w RENAME TO t_ww', 'ALTER INDEX t_ww RENAME TO t_w'],
    'a comment on an index': [`COMMENT ON INDEX t_w IS 'x'`, 'COMMENT ON INDEX t_w IS NULL'],
    'a view comes': ['CREATE VIEW v2 AS SELECT v FROM t', 'DROP VIEW v2'],
    'a view is replaced': [
      'CREATE OR REPLACE VIEW seen AS SELECT id, v, w FROM t',
      'DROP VIEW seen; CREATE VIEW seen AS SELECT id, v FROM t',
    ],
    'what hangs on it goes along': [
      'ALTER TABLE t DROP w CASCADE',
      'ALTER TABLE t ADD w int; CREATE INDEX t_w ON t (w); CREATE VIEW seen_w AS SELECT w FROM t',
    ],
    'a schema is renamed': [
      'CREATE SCHEMA s; ALTER TABLE t SET SCHEMA s; ALTER SCHEMA s RENAME TO s2',
      'ALTER TABLE s2.t SET SCHEMA public; DROP SCHEMA s2',
    ],
    'code that nobody can read': [`DO $$ BEGIN ALTER TABLE t ADD hidden int; END $$`, 'ALTER TABLE t DROP hidden'],
    rows: [`INSERT INTO t VALUES (1)`, 'DELETE FROM t'],
  };
  it.each(Object.entries(STEPS))('its own changes are expected, there and back: %s', async (_, [up, down]) => {
    const other = (up: string, down: string) => ({ sql: { up, down } });
    const fails = 'SELECT 1 / count(*)::int FROM other';
    const first = { id: 'first', ...other('SELECT 1', fails) };
    const touch = { id: 'touch', ...other('UPDATE t SET w = w; UPDATE child SET t = t', 'SELECT 1') };
    const last = { id: 'last', ...other(`COMMENT ON TABLE other IS 'x'`, 'COMMENT ON TABLE other IS NULL') };
    const plan = planOn(test.database, {
      name: 'own',
      steps: [first, touch, { id: 'own', needs: ['first'], ...other(up, down) }, gate, last],
    });
    expect((await plan.apply()).exit).toBe(6);
    expect(told(await plan.apply())).toBe('exit 6');
    expect(told(await plan.approve('sign-off'))).toBe('exit 0');
    expect(told(await plan.apply())).toBe('exit 0');
    // The way back fails at its end, and goes on from there.
    expect((await plan.rollback()).exit).toBe(1);
    await test.query('INSERT INTO other VALUES (1)');
    const back = await plan.rollback();
    expect([told(back), back.report?.drift]).toEqual(['exit 0', []]);
  });
});
