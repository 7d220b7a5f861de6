/** `status` on windows: where they stand, what was compared, what their mirrors wrote down, and until when they can be taken back. */
import { expect, it } from 'vitest';

import { statusCommand } from '../../../src/commands/status.js';
import type { WindowReport } from '../../../src/postgres/journal/windows.js';
import { openWindowLines, windowLines } from '../../../src/render/window-lines.js';
import { PLAIN_STYLE } from '../../../src/render/style.js';
import { testDatabase } from '../../support/database.js';
import { ON_OLD } from '../../support/majors.js';
import { planOn, told } from '../../support/plan-on-database.js';
import { stopAfterBatches } from '../steps/stop-after-batches.js';

const view = { style: PLAIN_STYLE, width: 160 };

for (const major of ON_OLD) {
  const { database, query } = await testDatabase({ major });
  const window = async (): Promise<WindowReport> => {
    const { report } = await statusCommand({ database, run: 'watched' });
    return report!.run!.windows[0]!;
  };
  const text = async (): Promise<string> => windowLines([await window()], 'watched@1', view).join('\n');
  const list = async (): Promise<readonly string[]> => {
    const { report } = await statusCommand({ database });
    return openWindowLines(report!.windows, view);
  };

  it(`follows a window from its opening to its end on server ${major}`, async () => {
    await query(`CREATE TABLE origin (id int PRIMARY KEY, v text); CREATE TABLE copy (id int PRIMARY KEY, v text CHECK (v <> 'no'));
      INSERT INTO origin SELECT n, 'v' || n FROM generate_series(1, 30) AS n`);
    const plan = planOn(database, {
      name: 'watched',
      defaults: { batch: { rows: 5, target: 'off', max_rows: 5 }, workers: 1 },
      mappings: {
        copied: { from: 'origin', to: 'copy', columns: 'same', reverse: { on_delete: 'delete' } },
      },
      steps: [
        {
          id: 'in-step',
          dual_write: { mappings: ['copied'], direction: 'both', on_mirror_error: 'record' },
          allow: { deadlocks: 'written from one side' },
        },
        { id: 'opened', gate: { approval: 'dba' } },
        { id: 'fill', backfill: { mappings: ['copied'] } },
        { id: 'filled', gate: { approval: 'dba' } },
        { id: 'flip', cutover: { windows: ['in-step'] } },
        { id: 'soak', gate: { approval: 'dba' } },
        { id: 'done', close: { windows: ['in-step'], quiet: '0s' } },
      ],
    });
    const waits = await plan.apply();
    expect(told(waits)).toBe('exit 6');
    expect(await window()).toMatchObject({
      ...{ run: 'watched@1', step: 'in-step', name: 'watched/in-step', direction: 'both', state: 'old leads' },
      ...{ sides: [{ mapping: 'copied', from: 'public.origin', to: 'public.copy' }], wayBackIsOpen: true },
      ...{ fill: null, compared: [], failures: 0, latestFailures: [], tombstones: 0, oldWriters: [] },
    });
    expect(await text()).toMatch(
      /^window in-step is open, the old side leads, both are written for \d.*\n {4}copied: public.origin → public.copy\n {4}not filled yet: .*\n {4}copied was not compared yet\n {4}the way back is open until it is closed$/,
    );
    expect(await list()).toEqual([
      expect.stringMatching(/^! window in-step of watched@1 is open, the old side leads, for \d/),
    ]);

    await query(`DELETE FROM origin WHERE id IN (1, 2); INSERT INTO origin VALUES (2, 'again')`);
    await plan.approve('opened');
    expect((await plan.apply(stopAfterBatches(2))).exit).toBe(6);
    const filling = await window();
    expect(filling.tombstones).toBe(1);
    expect(filling.fill).toMatchObject({ rows: 10 });
    expect(filling.fill!.rangesDone).toBeLessThan(filling.fill!.ranges);
    expect(await text()).toMatch(/\n {4}filling: \d\/\d ranges, 10 rows read\n/);

    expect(told(await plan.apply())).toBe('exit 6');
    const joined = await window();
    expect(joined.compared).toEqual([
      {
        ...{ mapping: 'copied', operation: expect.stringMatching(/join\/in-step/) as string, differences: 0 },
        ...{ at: expect.stringMatching(/Z$/) as string, figures: expect.objectContaining({ compared: 29 }) as unknown },
      },
    ]);
    expect(await text()).toMatch(
      /\n {4}filled, 29 rows read\n {4}copied compared .*Z: no difference\n {4}1 deleted key remembered\n/,
    );

    await query(`UPDATE origin SET v = 'no' WHERE id = 3; UPDATE origin SET v = 'no' WHERE id = 4`);
    const amiss = await window();
    expect(amiss).toMatchObject({ failures: 2 });
    expect(
      amiss.latestFailures.map(({ key, side, operation, sqlstate }) => ({ key, side, operation, sqlstate })),
    ).toEqual([
      { key: ['4'], side: 'new', operation: 'update', sqlstate: '23514' },
      { key: ['3'], side: 'new', operation: 'update', sqlstate: '23514' },
    ]);
    expect(await text()).toContain(
      '\n    2 writes that one side did not take; nothing ends before their rows agree again\n      copied   update 4   ',
    );
    expect(await list()).toEqual([expect.stringMatching(/, 2 writes that one side did not take$/)]);
    await plan.approve('filled');
    const refused = await plan.apply();
    expect(refused.exit, told(refused)).toBe(4);
    expect(refused.next).toContain(`lockstep rollback ${plan.file}`);
    expect(await text()).toMatch(/copied compared .*: compared 29, different 2\n/);

    await query(`UPDATE origin SET v = 'yes' WHERE id IN (3, 4)`);
    expect(told(await plan.apply())).toBe('exit 6');
    expect((await window()).state).toBe('new leads');
    await query(`SET application_name = 'old app'; UPDATE origin SET v = 'late' WHERE id = 5`);
    expect((await window()).oldWriters).toEqual([
      {
        by: expect.any(String) as string,
        application: 'old app',
        transactions: 1,
        lastAt: expect.stringMatching(/Z$/) as string,
      },
    ]);
    expect(await text()).toMatch(
      /the new side leads.*\n[^]*the old side is written by .* \(old app\): 1 transaction, last /,
    );

    await plan.approve('soak');
    const closed = await plan.apply();
    expect(told(closed)).toBe('exit 0');
    expect(closed.next).toEqual([]);
    expect(await window()).toMatchObject({ state: 'closed', wayBackIsOpen: false, tombstones: 0, oldWriters: [] });
    expect(await text()).toMatch(
      /^window in-step is closed, both are written since .*Z\n {4}copied: public.origin → public.copy$/,
    );
    expect(await list()).toEqual([]);
  });

  it(`says of a run that is done that its window stands open, and of one that was taken back that it is gone, on server ${major}`, async () => {
    await query(
      `DROP TABLE origin, copy; CREATE TABLE origin (id int PRIMARY KEY); CREATE TABLE copy (id int PRIMARY KEY)`,
    );
    const plan = planOn(database, {
      name: 'watched-on',
      mappings: { copied: { from: 'origin', to: 'copy', columns: 'same' } },
      steps: [
        { id: 'in-step', dual_write: { mappings: ['copied'] } },
        { id: 'fill', backfill: { mappings: ['copied'] } },
      ],
    });
    const done = await plan.apply();
    expect(told(done)).toBe('exit 0');
    expect(done.next).toEqual([`lockstep rollback ${plan.file}`]);
    expect(done.report!.run.windows).toMatchObject([{ state: 'old leads', wayBackIsOpen: true }]);
    expect(await list()).toHaveLength(1);
    const back = await plan.rollback();
    expect(told(back)).toBe('exit 0');
    expect(back.report!.run.windows).toMatchObject([{ state: 'gone', wayBackIsOpen: false }]);
    expect(await list()).toEqual([]);
  });
}
