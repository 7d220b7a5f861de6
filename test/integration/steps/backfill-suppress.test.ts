/**
 * `user_triggers: suppress`: no trigger of the target fires, on the way there or back, and what the server does not look
 * after meanwhile is looked after all the same.
 */
import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';

import type { OperationGraph } from '../../../src/operation/operation-graph.js';
import type { BatchOperation, BatchWork } from '../../../src/operation/operation.js';
import { PgDatabase } from '../../../src/postgres/pg-database.js';
import { systemClock } from '../../../src/kernel/clock.js';
import { beginWith } from '../../faults/support/run-plan.js';
import { openTransaction, until } from '../../faults/support/ddl-operations.js';
import { testDatabase, type TestDatabase } from '../../support/database.js';
import { ON_OLD } from '../../support/majors.js';
import { planOn, rowsOf, told, type PlanContent, type PlanOnDatabase } from '../../support/plan-on-database.js';
import { forgetTables } from './whole-cycle.js';

const PARENT = `CREATE TABLE parent (a int, b int, PRIMARY KEY (a, b)); INSERT INTO parent SELECT n, n FROM generate_series(1, 9) AS n`;
const ORIGIN = `CREATE TABLE origin (id int PRIMARY KEY, pa int, pb int); INSERT INTO origin SELECT n, n, n FROM generate_series(1, 9) AS n`;
/** Whatever fires leaves a row. */
const FIRED = `CREATE TABLE fired (what text);
  CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO fired VALUES (TG_NAME || ' ' || TG_OP); RETURN coalesce(NEW, OLD); END $$`;

function triggersOn(table: string): string {
  return `CREATE TRIGGER each_row BEFORE INSERT OR UPDATE OR DELETE ON ${table} FOR EACH ROW EXECUTE FUNCTION note();
    CREATE TRIGGER each_statement AFTER INSERT OR UPDATE OR DELETE ON ${table} FOR EACH STATEMENT EXECUTE FUNCTION note()`;
}

function target(more = '', key = 'FOREIGN KEY (pa, pb) REFERENCES parent'): string {
  return `CREATE TABLE copy (id int PRIMARY KEY, pa int, pb int, ${key}${more}); ${triggersOn('copy')}`;
}

function copyPlan(name: string, fields: Readonly<Record<string, unknown>> = {}, defaults = {}): PlanContent {
  return {
    name,
    defaults: { batch: { rows: 4, target: 'off' }, workers: 1, ...defaults },
    mappings: { copied: { from: 'origin', to: 'copy', columns: 'same' } },
    steps: [{ id: 'fill', backfill: { mappings: ['copied'], user_triggers: 'suppress', ...fields } }],
  };
}

function fillPlan(name: string, set: Readonly<Record<string, string>>): PlanContent {
  const backfill = { table: 'copy', set, user_triggers: 'suppress', batch: { rows: 4, target: 'off' }, workers: 1 };
  return { name, steps: [{ id: 'fill', backfill }] };
}

/** A run whose batches do something else than what was compiled; `apply` goes on with it. */
async function withWork(
  { database }: TestDatabase,
  plan: PlanOnDatabase,
  change: (work: BatchWork) => BatchWork,
): Promise<void> {
  const changed = (graph: OperationGraph): OperationGraph => ({
    ...graph,
    operations: graph.operations.map((operation) =>
      operation.kind === 'batch' ? { ...operation, work: change(operation.work) } : operation,
    ),
  });
  await beginWith(plan, database, changed);
}

/** Seeded: the server's role without a look of our own at the parents. */
function withoutLook({ template, ...work }: BatchWork): BatchWork {
  const look = /CASE WHEN EXISTS \(SELECT FROM orphan\).* ELSE (.*) END AS problem/s;
  return { ...work, template: template.map((part) => part.replace(look, '$1 AS problem')) };
}

/** Seeded: a look at the parents that does not hold them. */
function withoutLock({ template, ...work }: BatchWork): BatchWork {
  return { ...work, template: template.map((part) => part.replaceAll('FOR KEY SHARE OF p', '')) };
}

const ORPHANS = `SELECT count(*)::int FROM copy WHERE pa IS NOT NULL AND pb IS NOT NULL AND NOT EXISTS (SELECT FROM parent WHERE (a, b) = (pa, pb))`;

for (const major of ON_OLD) {
  const found = await testDatabase({ major });
  const { database, query, value } = found;

  describe(`suppressed triggers on server ${major}`, () => {
    afterEach(() => forgetTables(found));

    test.each(['fail', 'skip'])(
      'a copy fires none of them there and back, and keeps what was there (%s)',
      async (on_conflict) => {
        await query(`${PARENT}; ${ORIGIN}; ${FIRED}; ${target()}; UPDATE origin SET pa = NULL WHERE id = 3`);
        await query(
          `ALTER TABLE copy DISABLE TRIGGER USER; INSERT INTO copy VALUES (70, 1, 1)${on_conflict === 'skip' ? ', (7, 7, 7)' : ''}; ALTER TABLE copy ENABLE TRIGGER USER`,
        );
        const before = await rowsOf(found);
        const plan = planOn(database, copyPlan('quiet', { on_conflict }));
        expect(told(await plan.apply())).toBe('exit 0');
        expect(await value('SELECT count(*)::int FROM copy')).toBe(10);
        expect(told(await plan.rollback())).toBe('exit 0');
        expect(await rowsOf(found)).toEqual(before);
        expect(await query('SELECT what FROM fired')).toEqual([]);
        // Said to fire, they do.
        const loud = planOn(database, copyPlan('loud', { on_conflict, user_triggers: 'fire' }));
        expect(told(await loud.apply())).toBe('exit 0');
        expect(await value(`SELECT count(*) > 0 FROM fired`)).toBe(true);
      },
    );

    test('a row without its parent is refused as the server would refuse it, in a copy and in a fill and on its way back', async () => {
      await query(`${PARENT}; ${ORIGIN}; ${FIRED}; ${target()}; UPDATE origin SET pb = 70 WHERE id = 6`);
      const copied = planOn(database, copyPlan('orphan'));
      const refused = await copied.apply();
      expect(refused).toMatchObject({ exit: 1, diagnostics: [{ code: 'LS9030' }] });
      expect(told(refused)).toContain('violates the foreign key "copy_pa_pb_fkey" (SQLSTATE 23503)');
      expect(told(refused)).toContain('Key (pa, pb)=(6, 70) is not present in public.parent.');
      expect(await value('SELECT count(*)::int FROM copy')).toBe(5);
      await query('UPDATE origin SET pb = 6 WHERE id = 6');
      expect(told(await copied.apply())).toBe('exit 0');

      const filled = planOn(
        database,
        fillPlan('fill-orphan', { pa: 'pa', pb: 'CASE id WHEN 9 THEN 90 ELSE 10 - pb END' }),
      );
      expect(told(await filled.apply())).toContain('is not present in public.parent.');
      expect(told(await filled.rollback())).toBe('exit 0');
      const moved = planOn(database, fillPlan('fill-moved', { pa: '10 - pa', pb: '10 - pb' }));
      expect(told(await moved.apply())).toBe('exit 0');
      await query('DELETE FROM parent WHERE a = 9 AND NOT EXISTS (SELECT FROM copy WHERE pa = 9)').catch(
        () => undefined,
      );
      await query('UPDATE copy SET pa = NULL WHERE pa = 1; DELETE FROM parent WHERE a = 1');
      const back = await moved.rollback();
      expect(told(back)).toContain('Key (pa, pb)=(1, 1) is not present in public.parent.');
      expect(await value(ORPHANS)).toBe(0);
      expect(await value(`SELECT count(*)::int FROM fired WHERE what LIKE 'each_row UPDATE'`)).toBe(1);
    });

    test('MATCH FULL is upheld, too; one NULL refers to nothing where it is not said', async () => {
      await query(`${PARENT}; ${ORIGIN}; ${FIRED}; UPDATE origin SET pa = NULL WHERE id = 2`);
      await query(target('', 'FOREIGN KEY (pa, pb) REFERENCES parent MATCH FULL'));
      const plan = planOn(database, copyPlan('full'));
      expect(told(await plan.apply())).toContain('Key (pa, pb)=(null, 2) is not present');
      await query('UPDATE origin SET pb = NULL WHERE id = 2');
      expect(told(await plan.apply())).toBe('exit 0');
      expect(told(await plan.rollback())).toBe('exit 0');
      await query('ALTER TABLE copy DROP CONSTRAINT copy_pa_pb_fkey, ADD FOREIGN KEY (pa, pb) REFERENCES parent');
      await query('UPDATE origin SET pb = 70 WHERE id = 2');
      expect(told(await planOn(database, copyPlan('simple')).apply())).toBe('exit 0');
    });

    test('wrong: without a look of its own the batch lets orphans in', async () => {
      await query(`${PARENT}; ${ORIGIN}; ${FIRED}; ${target()}; UPDATE origin SET pb = 70 WHERE id = 6`);
      const plan = planOn(database, copyPlan('blind'));
      await withWork(found, plan, withoutLook);
      expect(told(await plan.apply())).toBe('exit 0');
      expect(await value(ORPHANS), 'the wrong design was not caught').toBe(1);
    });

    /** The deletion has begun and is not committed when the batch comes; it commits once the batch waits or has gone past. */
    async function deletedMeanwhile(name: string, change?: (work: BatchWork) => BatchWork): Promise<string> {
      await query(`${PARENT}; ${ORIGIN}; ${FIRED}; ${target()}`);
      const plan = planOn(database, copyPlan(name, { batch: { rows: 100, target: 'off' } }));
      if (change !== undefined) await withWork(found, plan, change);
      const other = await openTransaction(found.url, 'DELETE FROM parent WHERE a = 5');
      const applied = plan.apply();
      await Promise.race([
        applied,
        until(
          found,
          `SELECT 1 FROM pg_locks AS l JOIN pg_stat_activity AS s USING (pid) WHERE s.datname = current_database() AND NOT l.granted`,
        ),
      ]);
      await other.letGo();
      return told(await applied);
    }

    test('a parent whose deletion has begun is waited for', async () => {
      expect(await deletedMeanwhile('waits')).toContain('Key (pa, pb)=(5, 5) is not present in public.parent.');
      expect(await value(ORPHANS)).toBe(0);
    });

    test('wrong: a look that does not lock lets an orphan in', async () => {
      expect(await deletedMeanwhile('hasty', withoutLock)).toBe('exit 0');
      expect(await value(ORPHANS), 'the wrong design was not caught').toBe(1);
    });

    test('who deletes a parent while the batch is at it waits, and finds its rows', async () => {
      await query(`${PARENT}; ${ORIGIN}; ${FIRED}; ${target()}`);
      const plan = planOn(database, copyPlan('holds', { batch: { rows: 100, target: 'off' } }));
      let work: BatchOperation['work'] | undefined;
      await withWork(found, plan, (compiled) => (work = compiled));
      await database.withSession(async (session) => {
        await session.query(
          `BEGIN; SET LOCAL lockstep.run_id = '1'; SET LOCAL search_path = public; SET LOCAL session_replication_role = replica`,
        );
        const { rows } = await session.query<{ changed: string }>(work!.template.join('true'));
        expect(rows[0]).toMatchObject({ changed: '9', problem: null });
        const deletion = query('DELETE FROM parent WHERE a = 5').then(
          () => 'deleted',
          (error: unknown) => String(error),
        );
        await systemClock.sleep(300);
        await session.query('COMMIT');
        expect(await deletion).toContain('violates foreign key constraint');
      });
      expect(await value(ORPHANS)).toBe(0);
    });

    test('fact: while triggers are suppressed a deferrable key is not checked; such a table is refused', async () => {
      await query('CREATE TABLE twice (a int UNIQUE DEFERRABLE)');
      await query('SET session_replication_role = replica; INSERT INTO twice VALUES (1), (1)');
      expect(await value('SELECT count(*)::int FROM twice')).toBe(2);
      await query(`DROP TABLE twice; ${PARENT}; ${ORIGIN}; ${FIRED}; ${target(', UNIQUE (pa) DEFERRABLE')}`);
      const refused = await planOn(database, copyPlan('deferrable')).plan();
      expect(refused).toMatchObject({ exit: 3, diagnostics: [{ code: 'LS6109' }] });
      expect(told(refused)).toContain('`copy_pa_key` of `public.copy` is deferrable');
    });

    const REFUSED: readonly (readonly [string, string, PlanContent, string])[] = [
      [
        'a trigger that fires all the same',
        'ALTER TABLE copy ENABLE ALWAYS TRIGGER each_row',
        copyPlan('always'),
        '`each_row` of `public.copy` is ENABLE ALWAYS',
      ],
      [
        'a trigger for replicas',
        'ALTER TABLE copy ENABLE REPLICA TRIGGER each_row',
        copyPlan('replica'),
        '`each_row` of `public.copy` is ENABLE REPLICA',
      ],
      [
        'a table that refers to itself',
        'ALTER TABLE copy ADD up int REFERENCES copy',
        copyPlan('itself'),
        '`copy_up_fkey` of `public.copy` refers to the table itself.',
      ],
      [
        'a filled column that others refer to',
        'ALTER TABLE copy ADD UNIQUE (pa); CREATE TABLE other (pa int REFERENCES copy (pa))',
        fillPlan('referred', { pa: 'pa + 1' }),
        '`other_pa_fkey` of `public.other` refers to a column that is filled.',
      ],
    ];
    test.each(REFUSED)('refused: %s', async (_, more, content, detail) => {
      await query(`${PARENT}; ${ORIGIN}; ${FIRED}; ${target()}; ${more}`);
      const refused = await planOn(database, content).plan();
      expect(refused).toMatchObject({ exit: 3, diagnostics: [{ code: 'LS6109' }] });
      expect(told(refused)).toContain(detail);
    });

    test('without the privilege it is refused with the grant that helps, and with it the batches run', async () => {
      const role = `lockstep_test_${randomBytes(4).toString('hex')}`;
      await query(`${PARENT}; ${ORIGIN}; ${FIRED}; ${target()}`);
      await query(
        `CREATE ROLE ${role} LOGIN PASSWORD 'secret'; GRANT CREATE ON DATABASE ${found.name} TO ${role}; GRANT USAGE ON SCHEMA public TO ${role};
         GRANT SELECT ON origin, parent TO ${role}; GRANT SELECT, INSERT, UPDATE, DELETE ON copy TO ${role}`,
      );
      onTestFinished(async () => {
        await query(
          `REVOKE SET ON PARAMETER session_replication_role FROM ${role}; DROP SCHEMA IF EXISTS lockstep CASCADE; DROP OWNED BY ${role}; DROP ROLE ${role}`,
        );
      });
      const url = new URL(found.url);
      url.username = role;
      url.password = 'secret';
      const own = new PgDatabase({ url: url.href });
      onTestFinished(() => own.close());
      const plan = planOn(own, copyPlan('granted'));
      const refused = await plan.plan();
      expect(refused.diagnostics.map(({ code, help }) => [code, help])).toEqual([
        ['LS6108', `GRANT SET ON PARAMETER session_replication_role TO ${role}`],
        // Parents are locked as the user of the run.
        ['LS6105', `GRANT UPDATE ON public.parent TO ${role}`],
      ]);
      await query(`GRANT SET ON PARAMETER session_replication_role TO ${role}; GRANT UPDATE ON parent TO ${role}`);
      expect(told(await plan.apply())).toBe('exit 0');
      expect(await value('SELECT count(*)::int FROM copy')).toBe(9);
      expect(told(await plan.rollback())).toBe('exit 0');
      expect(await query('SELECT * FROM fired')).toEqual([]);
    });

    test.each(['', ' ON DELETE CASCADE'])(
      'the way back keeps what others refer to, also by a key made since (%s)',
      async (action) => {
        await query(
          `${PARENT}; ${ORIGIN}; ${FIRED}; ${target()}; CREATE TABLE remark (copy_id int REFERENCES copy${action})`,
        );
        const plan = planOn(database, copyPlan('referred'));
        expect(told(await plan.apply())).toBe('exit 0');
        await query('INSERT INTO remark VALUES (5)');
        const back = await plan.rollback();
        expect(told(back)).toBe('exit 0');
        expect(await query('SELECT id FROM copy')).toEqual([{ id: 5 }]);

        expect(told(await planOn(database, copyPlan('again', { on_conflict: 'skip' })).apply())).toBe('exit 0');
        await query(`CREATE TABLE since (copy_id int REFERENCES copy${action}); INSERT INTO since VALUES (4)`);
        await planOn(database, copyPlan('again', { on_conflict: 'skip' })).rollback({ acceptDrift: true });
        expect(await value('SELECT count(*)::int FROM copy')).toBe(2);
        expect(await query('SELECT * FROM since')).toEqual([{ copy_id: 4 }]);
        expect(await query('SELECT * FROM fired')).toEqual([]);
      },
    );

    test('said once for the plan; partitions and their triggers are meant, too', async () => {
      await query(`${PARENT}; ${ORIGIN}; ${FIRED}; CREATE TABLE copy (id int PRIMARY KEY, pa int, pb int) PARTITION BY RANGE (id);
        CREATE TABLE copy_low PARTITION OF copy FOR VALUES FROM (0) TO (5); CREATE TABLE copy_high PARTITION OF copy DEFAULT; ${triggersOn('copy_low')}`);
      const unsaid = await planOn(database, copyPlan('parts', { user_triggers: undefined })).plan();
      expect(unsaid).toMatchObject({ exit: 3, diagnostics: [{ code: 'LS6101' }] });
      const plan = planOn(database, copyPlan('parts', { user_triggers: undefined }, { user_triggers: 'suppress' }));
      expect(told(await plan.apply())).toBe('exit 0');
      expect(told(await plan.rollback())).toBe('exit 0');
      expect(await query('SELECT * FROM fired')).toEqual([]);
      await query('ALTER TABLE copy_high ADD FOREIGN KEY (pa, pb) REFERENCES parent');
      expect(told(await planOn(database, copyPlan('parts-key')).plan())).toContain(
        'stands on the partition `public.copy_high` alone',
      );
    });
  });
}
