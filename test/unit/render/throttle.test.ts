import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../../src/executor/run-event.js';
import { readingOf, type ThrottleLimits, type ThrottleSignal } from '../../../src/operation/throttle.js';
import { throttleLine } from '../../../src/render/progress-lines.js';
import { renderScreen } from '../../../src/render/progress-screen.js';
import { renderPlan } from '../../../src/render/render-plan.js';
import { renderPlanMarkdown } from '../../../src/render/render-plan-markdown.js';
import { renderPlanSql } from '../../../src/render/render-plan-sql.js';
import { renderRun } from '../../../src/render/render-run.js';
import { renderRunStatus } from '../../../src/render/render-status.js';
import { planReport } from '../../../src/report/plan-report.js';
import { beginProgress, foldEvent, timeLeftMs, type RunProgress } from '../../../src/report/run-progress.js';
import { graph, report, view } from './report-fixtures.js';

const BEGAN = Date.parse('2026-07-01T22:01:40Z');
const FILL = { operation: 'fill/fill/credentials', step: 'fill' } as const;
const lag: ThrottleSignal = { name: 'replication_lag', reads: 'lag', sql: 'SELECT lag', atMost: 5000, unit: 'ms' };
const limits: ThrottleLimits = {
  signals: [lag, { name: 'slot_lag', reads: 'value', sql: 'SELECT slots', atMost: 1024 ** 3, unit: 'bytes' }],
  quietHours: { from: '01:00', to: '05:00', timeZone: 'UTC' },
};

function signals(ms: number, held: boolean): RunEvent {
  return { type: 'throttle', held, signals: [readingOf(lag, 'lag of standby r1', ms)] };
}

/** A batch of 5,000 rows every second for ten seconds, then held for as long as is asked. */
function held(forMs: number): { readonly progress: RunProgress; readonly nowMs: number } {
  let progress = beginProgress(graph, { [FILL.operation]: 100_000 });
  progress = foldEvent(progress, { type: 'operation', ...FILL, from: 'pending', to: 'running', outcome: null }, BEGAN);
  progress = foldEvent(progress, signals(1200, false), BEGAN);
  for (let second = 1; second <= 10; second++) {
    const counts = {
      read: second * 5000,
      changed: second * 5000,
      skipped: 0,
      kept: 0,
      quarantined: 0,
      batches: second,
    };
    const batch: RunEvent = { type: 'progress', ...FILL, counts, rows: 5000, durationMs: 240, cursor: ['k'] };
    progress = foldEvent(progress, batch, BEGAN + second * 1000);
  }
  const from = BEGAN + 10_000;
  return { progress: foldEvent(progress, signals(6300, true), from), nowMs: from + forMs };
}

describe('a throttle on screen', () => {
  it('shows how near its signals are, and what it cost', () => {
    const { progress, nowMs } = held(10_000);
    const after = foldEvent(progress, signals(900, false), nowMs);
    const [line = '', fill = ''] = renderScreen(after, nowMs, { ...view, height: 20 });
    expect(line).toBe('  throttled 50 % · lag of standby r1 900 ms of 5 s');
    // 50,000 rows took 20 s with the hold, so the other half is told to take as long.
    expect(fill).toMatch(/ {2}ETA 20\.0 s$/);
  });

  it('foretells no end while it holds, and says why it does', () => {
    const { progress, nowMs } = held(12_000);
    const [line = '', fill = ''] = renderScreen(progress, nowMs, { ...view, height: 20 });
    expect(line).toBe('  held back for 12.0 s · lag of standby r1 6.3 s > 5 s · throttled 55 %');
    expect(fill).toMatch(/ {2}throttled$/);
    expect(fill).not.toContain('ETA');
    expect(
      timeLeftMs(
        progress.operations.find(({ id }) => id === FILL.operation)!,
        nowMs,
        progress.throttle,
      ),
    ).toBeNull();
  });

  it('is a line with its reason in a log, and one when it goes on', () => {
    const { progress, nowMs } = held(0);
    expect(throttleLine(progress, nowMs)).toBe(
      '22:01:50Z step=fill state=throttled reason="lag of standby r1 6.3 s > 5 s" 50.0%',
    );
    const stopped = foldEvent(progress, signals(6300, false), nowMs + 500);
    expect(throttleLine(stopped, nowMs)).toBe(
      '22:01:50Z step=fill state=stopping reason="lag of standby r1 6.3 s > 5 s" 50.0%',
    );
    const after = foldEvent(progress, signals(900, false), nowMs + 9000);
    expect(throttleLine(after, nowMs + 9000)).toBe(
      '22:01:59Z step=fill state=running reason="lag of standby r1 900 ms of 5 s" 50.0%',
    );
  });
});

describe('a throttle before and after', () => {
  const throttled = { ...graph, limits: { ...graph.limits, throttle: limits } };
  const plan = planReport({ graph: throttled, digest: 'ls1:0', description: null, server: null, estimates: {} });

  it('stands in the plan, with what is read', () => {
    expect(renderPlan(plan, view)).toContain(
      '\nthrottle: replication_lag ≤ 5s · slot_lag ≤ 1 GB · work is allowed 01:00–05:00 UTC\n',
    );
    const markdown = renderPlanMarkdown({
      file: 'p.yaml',
      report: plan,
      verdict: 'ready',
      diagnostics: [],
      next: [],
      command: { all: '', sql: '', graph: '' },
    });
    expect(markdown).toContain(
      '\nThrottle: `replication_lag ≤ 5s` · `slot_lag ≤ 1 GB` · `work is allowed 01:00–05:00 UTC`.\n',
    );
    expect(renderPlanSql(plan)).toContain(
      '-- throttle slot_lag: read every second while the plan is run\nSELECT slots;\n',
    );
  });

  it('stands in the status and in the report of the run', () => {
    const past = { holds: 3, heldMs: 130_000, lastReason: 'lag of standby r1 6.3 s > 5 s', stoppedBecause: null };
    const now = { ...report, throttle: { ...past, heldSince: '2026-07-01T22:01:50.123456Z' } };
    expect(renderRunStatus(now, [], view)).toContain(
      '\nthrottled since 22:01:50Z: lag of standby r1 6.3 s > 5 s\nheld back 3 times, 2m10s in all before\n',
    );
    const after = { ...report, throttle: { ...past, heldSince: null } };
    const told = 'held back 3 times, 2m10s in all; last: lag of standby r1 6.3 s > 5 s\n';
    expect(renderRunStatus(after, [], view)).toContain(`\n${told}`);
    expect(renderRun({ report: after, graph, outcome: 'done' }, view)).toContain(`\n${told}`);
    const stopped = { ...past, holds: 0, heldMs: 0, lastReason: null, heldSince: null, stoppedBecause: 'no standby' };
    expect(renderRunStatus({ ...report, throttle: stopped }, [], view)).toContain(
      '\nstopped by the throttle: no standby\n',
    );
  });
});
