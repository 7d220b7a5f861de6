import { describe, expect, it } from 'vitest';
import { renderRunList, renderRunStatus } from '../../../src/render/render-status.js';
import { renderRun } from '../../../src/render/render-run.js';
import {
  batch,
  check,
  counts,
  graph,
  holds,
  operations,
  report,
  reported,
  run,
  view,
  walked,
} from './report-fixtures.js';

const failing = reported('proof/verify/1-row_count', 'failed', {
  outcome: {
    error: { code: 'check_failed', message: 'no orphans' },
    answer: {
      violations: 12,
      samples: [{ id: 51_882_733, customer_id: 90_112, customer_uuid: null }],
      figures: null,
    },
  },
});

describe('a run', () => {
  it('that waits shows its steps, rows, checks with figures, and what it waits for', () => {
    expect(renderRun({ report, graph, outcome: 'waiting' }, view)).toMatchInlineSnapshot(`
      "◷ move-credentials@1 waits   1h31m

         step        state       written  skipped  kept  batches   time
      ✔  conditions  done              –        –     –        –      –
      ✔  fill        done     84,213,001        2     1   16,843  1h31m
      ✔  proof       done              –        –     –        –      –
      ◷  sign-off    waiting           –        –     –        –      –

      ✔ 2 checks hold
      ✔  an email belongs to one user  0 rows
      ✔  proof › users with password   actual 59, expected 59

      ◷ sign-off waits for approval by dba

      up to 2 operations and 4 batches at once
      "
    `);
  });

  it('that failed at a check shows the place of the check and the rows', () => {
    const places = { 'proof/verify/1-row_count': 'plans/orders.yaml:52:9' };
    const failed = { ...report, operations: [walked, failing] };
    expect(renderRun({ report: failed, graph, outcome: 'failed', places }, view)).toMatchInlineSnapshot(`
      "✖ move-credentials@1 has failed   1h31m

         step   state      written  skipped  kept  batches   time
      ✔  fill   done    84,213,001        2     1   16,843  1h31m
      ✖  proof  failed           –        –     –        –      –

      ✖ 1 of 1 check fails
      ✖  proof › users with password  12 rows, expected 0  plans/orders.yaml:52:9
          id 51882733   customer_id 90112   customer_uuid NULL
          and 11 more

      up to 2 operations and 4 batches at once
      "
    `);
  });

  it('shows findings with their rows, and how many more there are', () => {
    const samples = [{ what: 'kept', detail: { key: { user_id: 7 }, why: null }, at: run.createdAt }];
    const found = { ...report, operations: [{ ...walked, findings: { count: 9, samples } }] };
    expect(renderRun({ report: found, graph, outcome: 'done' }, view)).toContain(
      `! copy users into credentials (credentials): 9 to look at (kept)\n    kept   key {"user_id":7}   why NULL\n    and 8 more\n`,
    );
  });

  it('lists the parts of a step that has several, and says when only some have ended', () => {
    const second = batch('fill/fill/logins', 'copy users into logins');
    const parts = { ...graph, operations: [...operations, second] };
    const text = renderRun(
      { report: { ...report, operations: [walked, reported(second.id, 'pending')] }, graph: parts, outcome: 'stopped' },
      view,
    );
    expect(text).toMatch(/^▶ {2}fill +running/m);
    const both = { ...walked, id: second.id };
    const all = renderRun({ report: { ...report, operations: [walked, both] }, graph: parts, outcome: 'done' }, view);
    expect(all).toMatch(/^✔ {2}fill +done +168,426,002 +4 +2 /m);
    expect(all).toMatch(/^ +copy users into logins +84,213,001 +2 +1 /m);
  });

  it('of the way back leaves out what was done on the way there', () => {
    const undo = batch('undo/fill/fill/credentials', 'delete what was copied', { step: 'fill' });
    const back = { ...graph, direction: 'rollback', operations: [undo] } as const;
    const done = { ...walked, id: undo.id, direction: 'rollback' } as const;
    const text = renderRun(
      { report: { ...report, operations: [walked, holds, done] }, graph: back, outcome: 'done' },
      view,
    );
    expect(text).toContain('✔ move-credentials@1 is rolled back');
    expect(text).toContain('removed');
    expect(text).not.toContain('users with password');
  });

  it('does not take a condition that skips its step for a failure', () => {
    const when = check('proof/when/1-exists', 'the table is there', { effect: 'skip' });
    const skipping = reported(when.id, 'done', { outcome: { answer: { violations: 1, samples: [], figures: null } } });
    const text = renderRun(
      { report: { ...report, operations: [skipping] }, graph: { ...graph, operations: [when] }, outcome: 'done' },
      view,
    );
    expect(text).not.toContain('✖');
  });

  it('that had been done says only that', () => {
    const done = { ...report, run: { ...run, status: 'done', finishedAt: '2026-07-02T01:02:03.000000Z' } } as const;
    expect(renderRun({ report: done, graph, outcome: 'nothing to do' }, view)).toBe(
      '✔ move-credentials@1 is done since 2026-07-02T01:02:03Z: nothing to do, nothing written\n',
    );
  });
});

describe('status', () => {
  it('lists runs, and those whose process has gone', () => {
    const other = { ...run, name: 'orders@2', status: 'running' } as const;
    expect(renderRunList([other, run], ['orders@2'], [], view)).toMatchInlineSnapshot(`
      "run                 status                 began                 ended  by
      orders@2            interrupted (running)  2026-07-01 22:01:40Z  –      app
      move-credentials@1  waiting                2026-07-01 22:01:40Z  –      app
      "
    `);
    expect(renderRunList([], [], [], view)).toBe('No runs: nothing was applied to this database yet.\n');
  });

  it('of one run shows its operations, counts, errors, approvals and findings', () => {
    const approvals = [
      { by: 'dana', at: '2026-07-02T08:00:00.000000Z', comment: 'looked at it', counts: true, note: null },
    ];
    const refused = reported('other/sql', 'failed', {
      outcome: { error: { code: 'statement_failed', message: 'relation "x" does not exist', sqlstate: '42P01' } },
    });
    const shown = { ...report, operations: [...report.operations, { ...failing, approvals }, refused] };
    expect(renderRunStatus(shown, [], view)).toMatchInlineSnapshot(`
      "move-credentials@1   waiting
      began 2026-07-01 22:01:40Z by app, last executor worker pid 7
      params soak 24h

         operation                 state    ranges        read     written  skipped  kept  batches
      ✔  begin/require/1-unique    done
      ✔  fill/fill/credentials     done        4/4  84,213,004  84,213,001        2     1   16,843
      ✔  proof/verify/1-row_count  done
      ◷  sign-off/gate             waiting
           waits for approval by dba
      ✖  proof/verify/1-row_count  failed
           no orphans
           12 rows, expected 0
           approved by dana at 2026-07-02 08:00:00Z: looked at it
      ✖  other/sql                 failed
           relation "x" does not exist (SQLSTATE 42P01)
      "
    `);
  });

  it('counts ranges as well as rows', () => {
    const half = { ...walked, state: 'running', walk: { ...walked.walk!, counts, rangesDone: 1 } } as const;
    expect(renderRunStatus({ ...report, operations: [half] }, [], view)).toMatch(/^▶ .* running +1\/4 +84,213,004 /m);
  });
});
