import { describe, expect, it } from 'vitest';
import type { Blocker } from '../../../src/executor/blocker.js';
import type { RunEvent } from '../../../src/executor/run-event.js';
import { displayWidth } from '../../../src/render/display-width.js';
import { jsonDocument, jsonEvent } from '../../../src/render/json-document.js';
import { progressLine, stateLine, watchLine } from '../../../src/render/progress-lines.js';
import { bar, renderScreen, settledLine, sparkline } from '../../../src/render/progress-screen.js';
import { beginProgress, foldEvent, rateOf, withEstimates, type Watched } from '../../../src/report/run-progress.js';
import { check, graph, view } from './report-fixtures.js';

const BEGAN = Date.parse('2026-07-01T22:01:40Z');
const FILL = { operation: 'fill/fill/credentials', step: 'fill' } as const;
const estimates = { [FILL.operation]: 100_000 };

const started: RunEvent = { type: 'operation', ...FILL, from: 'pending', to: 'running', outcome: null };
function committed(read: number, rows: number): RunEvent {
  const counts = { read, changed: read, skipped: 0, kept: 0, quarantined: 0, batches: read / rows };
  return { type: 'progress', ...FILL, counts, rows, durationMs: 240, cursor: [`key-${read}`] };
}

/** One batch of 5,000 rows every second, after the beginning. */
function afterBatches(batches: number, from = 0) {
  let progress = foldEvent(beginProgress(graph, estimates), started, BEGAN);
  for (let batch = 1; batch <= batches; batch++)
    progress = foldEvent(progress, committed(from + batch * 5000, 5000), BEGAN + batch * 1000);
  return { progress, nowMs: BEGAN + batches * 1000 };
}

describe('lines', () => {
  it('tell each change of state, with what came of it', () => {
    const { progress } = afterBatches(1);
    const at = BEGAN + 91_000;
    expect(stateLine(started, progress, at)).toBe('22:03:11Z step=fill operation=fill/fill/credentials state=running');
    const counts = { read: 10, changed: 8, skipped: 1, kept: 1, quarantined: 0, batches: 2 };
    const done: RunEvent = { type: 'operation', ...FILL, from: 'running', to: 'done', outcome: { counts } };
    expect(stateLine(done, progress, at)).toBe(
      '22:03:11Z step=fill operation=fill/fill/credentials state=done rows=10 written=8 skipped=1 kept=1 time=1m31s',
    );
    const doubt: RunEvent = {
      type: 'operation',
      operation: 'begin/x',
      step: '',
      from: 'running',
      to: 'in doubt',
      outcome: { error: { code: 'x', message: 'lost\n"it"' } },
    };
    expect(stateLine(doubt, progress, at)).toBe(
      '22:03:11Z step=conditions operation=begin/x state=in-doubt error="lost \\"it\\""',
    );
    const retry: RunEvent = { type: 'retry', ...FILL, reason: 'deadlock detected', tries: 2, pauseMs: 120 };
    expect(stateLine(retry, progress, at)).toBe(
      '22:03:11Z step=fill operation=fill/fill/credentials state=retrying try=2 pause=120ms reason="deadlock detected"',
    );
    expect(stateLine(committed(1, 1), progress, at)).toBeNull();
  });

  it('tell of a gate what its checks counted', () => {
    const answer = { violations: 1, samples: [], figures: { actual: 59, expected: 60 } };
    const until = [
      { id: 'stop/until/1-row_count', check: 'row_count', name: 'all', severity: 'error', answer },
    ] as const;
    const waits: RunEvent = {
      type: 'operation',
      operation: 'sign-off/gate',
      step: 'sign-off',
      from: 'waiting',
      to: 'waiting',
      outcome: { reason: 'waits for all (actual 59, expected 60)', missing: ['until'], until },
    };
    expect(stateLine(waits, beginProgress(graph, {}), BEGAN)).toBe(
      '22:01:40Z step=sign-off operation=sign-off/gate state=waiting check="all: actual 59, expected 60" reason="waits for all (actual 59, expected 60)"',
    );
  });

  it('say now and then how far the batches are', () => {
    const { progress, nowMs } = afterBatches(9);
    expect(progressLine(progress, nowMs)).toBe(
      '22:01:49Z step=fill state=running 45.0% rows=45000 rate=5000/s eta=11.0s',
    );
    expect(progressLine(beginProgress(graph, estimates), nowMs)).toBeNull();
  });

  it('claim no percentage without an estimate', () => {
    const running = foldEvent(beginProgress(graph, {}), started, BEGAN);
    const progress = foldEvent(running, committed(5000, 5000), BEGAN + 1000);
    expect(progressLine(progress, BEGAN + 1000)).toBe('22:01:41Z step=fill state=running rows=5000 rate=5000/s');
    expect(progressLine(withEstimates(progress, estimates), BEGAN + 1000)).toContain(' 5.0% ');
  });
});

const writer: Blocker = {
  ...{ pid: 4711, role: 'app', application: 'billing', state: 'idle in transaction', openMs: 192_345 },
  ...{ holds: 'ROW EXCLUSIVE', relation: 'public.users', query: 'UPDATE users SET n = …' },
};
function watched(build: Watched['build'], blockers: Watched['blockers']) {
  return { type: 'watch', ...FILL, build, blockers } as const;
}

describe('a statement without timeouts', () => {
  const operation = { ...check('index/build', 'build index users_n'), kind: 'statement' as const };
  const only = { ...graph, operations: [operation as never] };
  const at = { operation: operation.id, step: operation.step };
  const scan = watched({ phase: 'building index: scanning table', share: 0.468 }, []);
  const wait = watched({ phase: 'waiting for writers before build', share: 0 }, [writer]);
  const validate = watched(null, [writer]);

  it('says in a line how far it is, or for whom it waits', () => {
    expect(watchLine(scan, BEGAN)).toBe(
      '22:01:40Z step=fill operation=fill/fill/credentials state=building phase="building index: scanning table" 46.8%',
    );
    expect(watchLine(validate, BEGAN)).toBe(
      '22:01:40Z step=fill operation=fill/fill/credentials state=waiting-for-others reason="pid 4711 (billing as app, idle in transaction since 3m12s) holds ROW EXCLUSIVE on public.users: UPDATE users SET n = …"',
    );
    expect(watchLine(watched(null, []), BEGAN)).toContain('state=running');
  });

  it('says so beneath its title on the screen, until it gets on', () => {
    const running: RunEvent = { type: 'operation', ...at, from: 'pending', to: 'running', outcome: null };
    let progress = foldEvent(beginProgress(only, {}), running, BEGAN);
    const second = (event: RunEvent): string | undefined => {
      progress = foldEvent(progress, { ...event, ...at }, BEGAN);
      return renderScreen(progress, BEGAN, { ...view, width: 120, height: 10 })[1];
    };
    expect(second(scan)).toBe('    building index: scanning table · 46.8%');
    expect(second(wait)).toBe(
      '    waiting for writers before build · pid 4711 (billing as app, idle in transaction since 3m12s)',
    );
    expect(second(validate)).toMatch(/^ {4}waits for · pid 4711 .* holds ROW EXCLUSIVE on public\.users/);
    expect(second(watched(null, []))).toBeUndefined();
  });
});

describe('the screen', () => {
  it('shows bar, share, rows, rate, time left and the last key of what runs', () => {
    const { progress, nowMs } = afterBatches(9);
    expect(renderScreen(progress, nowMs, { ...view, height: 10 })).toMatchInlineSnapshot(`
      [
        "▶ fill › copy users into …  ██████▎·······  45.0%  45,000/100,000  5,000 rows/s ████████  ETA 11.0 s",
        "    last key saved key-45000 · batch 5,000 rows, 240 ms",
      ]
    `);
  });

  it('is not fooled by what was read before this process went on', () => {
    const { progress, nowMs } = afterBatches(9, 40_000);
    const fill = progress.operations.find(({ id }) => id === FILL.operation)!;
    expect(rateOf(fill, nowMs)).toBe(5000);
    expect(renderScreen(progress, nowMs, { ...view, height: 10 })[0]).toContain('85.0%');
  });

  it('never says 100 % of what still runs', () => {
    const { progress, nowMs } = afterBatches(30);
    expect(renderScreen(progress, nowMs, { ...view, height: 10 })[0]).toContain('99.9%');
  });

  it('shows why something is tried again, until it gets on', () => {
    const { progress, nowMs } = afterBatches(2);
    const tried = foldEvent(progress, { type: 'retry', ...FILL, reason: 'lock timeout', tries: 1, pauseMs: 5 }, nowMs);
    expect(renderScreen(tried, nowMs, { ...view, height: 10 })[1]).toBe('    try 2: lock timeout');
    const on = foldEvent(tried, committed(15_000, 5000), nowMs);
    expect(renderScreen(on, nowMs, { ...view, height: 10 })[1]).toContain('last key saved key-15000');
  });

  it.each([
    [40, 4],
    [80, 2],
    [120, 1],
  ])('fits %i columns and %i lines', (width, height) => {
    let { progress } = afterBatches(3);
    for (const { id, step } of graph.operations)
      progress = foldEvent(
        progress,
        { type: 'operation', operation: id, step, from: 'pending', to: 'running', outcome: null },
        BEGAN,
      );
    const lines = renderScreen(progress, BEGAN + 4000, { ...view, width, height });
    expect(lines.length).toBeLessThanOrEqual(height);
    expect(lines.at(-1)).toMatch(/and \d more/);
    for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(width);
  });

  it('leaves a line for what has ended, and for nothing else', () => {
    const counts = { read: 10, changed: 8, skipped: 1, kept: 1, quarantined: 0, batches: 2 };
    const done: RunEvent = { type: 'operation', ...FILL, from: 'running', to: 'done', outcome: { counts } };
    const at = BEGAN + 91_000;
    const progress = foldEvent(afterBatches(1).progress, done, at);
    expect(settledLine(done, progress, at, view)).toBe(
      '✔ fill › copy users into credentials (credentials)   8 rows written, 1 skipped, 1 kept, 1m31s',
    );
    expect(settledLine(started, progress, at, view)).toBeNull();
    expect(settledLine(committed(1, 1), progress, at, view)).toBeNull();
  });

  it('draws bars and sparklines of a known width', () => {
    expect([0, 0.468, 0.999, 2].map((share) => bar(share, 8))).toEqual([
      '········',
      '███▋····',
      '███████▉',
      '████████',
    ]);
    expect(sparkline([0, 5, 10])).toBe('▁▄█');
    expect(sparkline([])).toBe('');
  });
});

describe('JSON', () => {
  it('is one document with a version', () => {
    const facts = { command: 'plan', exit: 0, report: { a: 1 }, diagnostics: [], next: ['x'] };
    expect(JSON.parse(jsonDocument(facts))).toEqual({ lockstep: 1, ...facts });
    expect(jsonDocument(facts, { inOneLine: true }).split('\n')).toHaveLength(2);
  });

  it('events are lines with a version and a time', () => {
    expect(jsonEvent(started, BEGAN)).toBe(
      '{"v":1,"at":"2026-07-01T22:01:40.000Z","type":"operation","operation":"fill/fill/credentials","step":"fill","from":"pending","to":"running","outcome":null}\n',
    );
  });
});
