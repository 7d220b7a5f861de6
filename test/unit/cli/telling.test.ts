/** What is told while a command runs, and how it is asked and stopped. */
import { describe, expect, it } from 'vitest';
import { agreement } from '../../../src/cli/agreement.js';
import type { Answer } from '../../../src/cli/invocation.js';
import { nextCommands, renderNext } from '../../../src/cli/next-commands.js';
import { progressWriter } from '../../../src/cli/progress-writer.js';
import { stopOnSignals } from '../../../src/cli/stop-on-signals.js';
import { WITHOUT_TARGETS } from '../../../src/cli/invocation.js';
import type { RunEvent } from '../../../src/executor/run-event.js';
import { planReport } from '../../../src/report/plan-report.js';
import { graph } from '../render/report-fixtures.js';
import { fakeTerminal, type FakeTerminal } from './fake-terminal.js';

const plan = planReport({ graph, digest: 'ls1:0', description: null, server: null, estimates: {} });
const FILL = { operation: 'fill/fill/credentials', step: 'fill' } as const;
const started: RunEvent = { type: 'operation', ...FILL, from: 'pending', to: 'running', outcome: null };
const counts = { read: 50, changed: 50, skipped: 0, kept: 0, quarantined: 0, batches: 1 };
const batchDone: RunEvent = { type: 'progress', ...FILL, counts, rows: 50, durationMs: 9, cursor: ['50'] };
const ended: RunEvent = { type: 'operation', ...FILL, from: 'running', to: 'done', outcome: { counts } };

/** A clock that a test moves; nobody sleeps by it. */
function handClock() {
  const clock = { ms: Date.parse('2026-07-01T22:01:40Z') };
  return { clock, port: { now: () => clock.ms, sleep: () => Promise.resolve() } };
}

describe('progress', () => {
  it('without a terminal is a line per change of state, and one of the batches every ten seconds', () => {
    const terminal = fakeTerminal();
    const { clock, port } = handClock();
    const progress = progressWriter(terminal, port, { asEvents: false });
    progress.begin(graph, { [FILL.operation]: 100 });
    progress.observe(started);
    for (let second = 1; second <= 25; second++) {
      clock.ms += 1000;
      progress.observe(batchDone);
    }
    progress.observe(ended);
    progress.end();
    const lines = terminal.written.err.trimEnd().split('\n');
    expect(lines.map((line) => line.replace(/ rate=.*| time=.*/, ''))).toEqual([
      '22:01:40Z step=fill operation=fill/fill/credentials state=running',
      '22:01:50Z step=fill state=running 50.0% rows=50',
      '22:02:00Z step=fill state=running 50.0% rows=50',
      '22:02:05Z step=fill operation=fill/fill/credentials state=done rows=50 written=50 skipped=0 kept=0',
    ]);
    expect(terminal.written.out).toBe('');
  });

  it.each([{ CI: 'true' }, { TERM: 'dumb' }])('is lines on a terminal that keeps every byte: %o', (env) => {
    const terminal = fakeTerminal({ env, errIsTty: true });
    const progress = progressWriter(terminal, handClock().port, { asEvents: false });
    progress.begin(graph, {});
    progress.observe(started);
    progress.end();
    expect(terminal.written.err).toBe('22:01:40Z step=fill operation=fill/fill/credentials state=running\n');
  });

  it('on a terminal is redrawn, and leaves only what has ended', () => {
    const terminal = fakeTerminal({ errIsTty: true, env: { NO_COLOR: '1' } });
    const progress = progressWriter(terminal, handClock().port, { asEvents: false });
    progress.begin(graph, {});
    progress.observe(started);
    progress.observe({ ...started, operation: 'proof/verify/1-row_count', step: 'proof' });
    progress.observe({ ...ended, operation: 'begin/require/1-unique', step: '', outcome: null });
    expect(screenOf(terminal)).toMatch(/^✔ an email .*\n▶ fill › .*\n▶ proof › .*\n$/);
    progress.observe(ended);
    progress.end();
    expect(screenOf(terminal)).toMatch(/^✔ an email .*\n✔ fill › copy users into credentials .*50 rows written.*\n$/);
    const before = terminal.written.err;
    progress.observe(started);
    expect(terminal.written.err).toBe(before);
  });

  it('for a program is a line of JSON per event', () => {
    const terminal = fakeTerminal({ errIsTty: true });
    const progress = progressWriter(terminal, handClock().port, { asEvents: true });
    progress.begin(graph, {});
    progress.observe(started);
    progress.observe(batchDone);
    const events = terminal.written.out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(events).toEqual([
      { v: 1, at: '2026-07-01T22:01:40.000Z', ...started },
      { v: 1, at: '2026-07-01T22:01:40.000Z', ...batchDone },
    ]);
    expect(terminal.written.err).toBe('');
  });
});

/** What a terminal shows after the cursor was moved up and everything below it erased. */
function screenOf({ written }: FakeTerminal): string {
  let lines: string[] = [''];
  for (const part of written.err.split(/(\u001b\[\d+A\u001b\[0J)/)) {
    const up = /^\u001b\[(\d+)A/.exec(part)?.[1];
    if (up !== undefined) lines = [...lines.slice(0, lines.length - 1 - Number(up)), ''];
    else {
      const [first = '', ...others] = part.split('\n');
      lines.push(`${lines.pop() ?? ''}${first}`);
      lines.push(...others);
    }
  }
  return lines.join('\n');
}

describe('a question', () => {
  const asking = (options: { yes?: boolean; json?: boolean }, answer?: string) => {
    const terminal = fakeTerminal(answer === undefined ? {} : { answer });
    const agreed = agreement(
      { options: { set: {}, ...options }, terminal, targets: WITHOUT_TARGETS },
      new AbortController().signal,
      'Apply this?',
    );
    return { terminal, agreed };
  };

  it.each([
    ['y', true],
    ['yes', true],
    ['', false],
    ['no', false],
    ['yep', false],
  ])('answered with %j', async (answer, agrees) => {
    const { terminal, agreed } = asking({}, answer);
    expect(await agreed.ask(plan)).toBe(agrees);
    expect(terminal.questions).toEqual(['Apply this? [y/N] ']);
    expect(terminal.written.err).toContain('Plan move-credentials');
    expect(agreed.refusal('x')).toBeUndefined();
    expect(agreed.note().note).toBe(agrees ? undefined : 'Not agreed: nothing was done.');
  });

  it('without a terminal is refused with the command that agrees beforehand', async () => {
    const { agreed } = asking({});
    expect(await agreed.ask(plan)).toBe(false);
    const refused = agreed.refusal('lockstep apply a.yaml')!;
    expect(refused.exit).toBe(64);
    expect(refused.result.diagnostics[0]!.code).toBe('LS9018');
    expect(refused.result.next).toEqual(['lockstep apply a.yaml --yes']);
  });

  it('is not asked with --yes, and the plan is shown to people only', async () => {
    const { terminal, agreed } = asking({ yes: true });
    expect(await agreed.ask(plan)).toBe(true);
    expect(terminal.written.err).toContain('Plan move-credentials');
    const quiet = asking({ yes: true, json: true });
    await quiet.agreed.ask(plan);
    expect([...terminal.questions, ...quiet.terminal.questions]).toEqual([]);
    expect(quiet.terminal.written.err).toBe('');
  });
});

describe('signals', () => {
  const ends = (exit: number): Answer => ({
    exit,
    result: { report: null, diagnostics: [], next: ['next'] },
    shown: () => 'text',
  });
  const atOnce = (): Promise<void> => Promise.resolve();

  it.each([
    ['SIGINT', 6, 130],
    ['SIGTERM', 6, 143],
    ['SIGINT', 5, 130],
    ['SIGINT', 0, 0],
    ['SIGTERM', 4, 4],
  ] as const)('%s: a command that ends with %i then exits with %i', async (signal, own, exit) => {
    const terminal = fakeTerminal();
    const answer = await stopOnSignals(terminal, { goOn: 'on', atOnce }, (stop) => {
      terminal.signal(signal);
      expect(stop.aborted).toBe(true);
      return Promise.resolve(ends(own));
    });
    expect([answer.exit, answer.result.next]).toEqual([exit, ['next']]);
    expect(terminal.written.err).toContain('Stopping after the batches at hand');
    expect(terminal.listens()).toBe(false);
  });

  it('the second ends it at once, whatever the command says then', async () => {
    const terminal = fakeTerminal();
    const order: string[] = [];
    const answer = await stopOnSignals(
      terminal,
      {
        goOn: 'lockstep apply a.yaml',
        quiet: () => order.push('quiet'),
        atOnce: () => Promise.resolve(void order.push('at once')),
      },
      () => {
        terminal.signal('SIGTERM');
        terminal.signal('SIGINT');
        return Promise.resolve(ends(1));
      },
    );
    expect(order).toEqual(['quiet', 'quiet', 'at once']);
    expect(answer).toMatchObject({ exit: 143, result: { report: null, next: ['lockstep apply a.yaml'] } });
  });

  it('the first ends at once what has nothing to go on with', async () => {
    const terminal = fakeTerminal();
    let ended = 0;
    const atOnceCounted = (): Promise<void> => Promise.resolve(void (ended += 1));
    const answer = await stopOnSignals(terminal, { atOnce: atOnceCounted }, () => {
      terminal.signal('SIGINT');
      return Promise.resolve(ends(1));
    });
    expect([ended, answer.exit, answer.result.next]).toEqual([1, 130, []]);
  });
});

describe('the next commands', () => {
  it('repeat the params for a file, quoted, and not for a run', () => {
    const next = ['lockstep apply plans/a.yaml', 'lockstep status a@1'];
    expect(nextCommands(next, { set: { soak: '0s', note: `it's` } })).toEqual([
      `lockstep apply plans/a.yaml --set soak=0s --set 'note=it'\\''s'`,
      'lockstep status a@1',
    ]);
  });

  it('repeat the target and the configuration wherever there is a database', () => {
    const next = ['lockstep apply a.saved.json', 'lockstep status a@1', 'lockstep plan --help', 'lockstep demo clean'];
    expect(nextCommands(next, { set: { a: 'b' }, target: 'prod', config: 'my config.yaml' })).toEqual([
      `lockstep apply a.saved.json --target prod --config 'my config.yaml'`,
      `lockstep status a@1 --target prod --config 'my config.yaml'`,
      'lockstep plan --help',
      'lockstep demo clean',
    ]);
  });

  it('stand beneath each other', () => {
    expect(renderNext(['a', 'b'], 'or')).toBe('Next:  a\n  or:  b\n');
    expect(renderNext(['a', 'b'], 'then')).toBe('Next:  a\nthen:  b\n');
    expect(renderNext([], 'or')).toBe('');
  });
});
