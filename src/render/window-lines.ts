/** Where windows stand: which side leads, how far the fill is, what was compared, and what somebody should look at. */
import type { WindowReport, WindowSummary } from '../postgres/journal/windows.js';
import { describeAnswer } from '../operation/check-query.js';
import type { WindowState } from '../windows/window-state.js';
import { printable } from './display-width.js';
import { showCount, showMoment, showTime } from './show-amount.js';
import { cut } from './text-table.js';
import type { View } from './view.js';

const STANDS: Readonly<Record<WindowState, string>> = {
  'old leads': 'open, the old side leads',
  'new leads': 'open, the new side leads',
  leaving: 'leaving: its mirrors only take away',
  gone: 'taken back',
  closed: 'closed',
};

/** For a list of runs: those that are open, a line each. */
export function openWindowLines(windows: readonly WindowSummary[], { style, width }: View): readonly string[] {
  return windows.map((window) => {
    const { run, step, failures, ageMs } = window;
    const amiss = failures === 0 ? '' : `, ${taken(failures)}`;
    const line = cut(
      printable(`! window ${step} of ${run} is ${STANDS[window.state]}, for ${showTime(ageMs)}${amiss}`),
      width,
    );
    return failures === 0 ? style.faint(line) : style.warning(line);
  });
}

/** Those of the run that another one has closed, a line each: nothing opens them again. */
export function closedByOthersLines(
  windows: readonly WindowReport[],
  run: string,
  { style, width }: View,
): readonly string[] {
  return windows.flatMap(({ step, run: opener, state, moves }) => {
    const last = moves.at(-1);
    if (state !== 'closed' || opener !== run || last === undefined || last.by === run) return [];
    return [
      style.faint(cut(printable(`  window ${step} of ${run} was closed by ${last.by}, ${showMoment(last.at)}`), width)),
    ];
  });
}

/** Of one run, `plan@2`; none where it opened none and goes on with none. */
export function windowLines(windows: readonly WindowReport[], run: string, view: View): readonly string[] {
  return windows.flatMap((window) => linesOf(window, run, view));
}

const MOVED: Readonly<Record<WindowState, string>> = {
  'old leads': 'its cutover was taken back',
  'new leads': 'cut over',
  leaving: 'on its way back',
  gone: 'taken back',
  closed: 'closed',
};

/** Who did what to it, where that was not one run alone. */
function historyLines({ run: opener, openedAt, moves }: WindowReport, run: string): readonly string[] {
  if (run === opener && moves.every(({ by }) => by === opener)) return [];
  return [
    `opened by ${opener}, ${showMoment(openedAt)}`,
    ...moves.map(({ to, by, at }) => `${MOVED[to]} by ${by}, ${showMoment(at)}`),
  ];
}

/** What a later run has cut over it takes back itself, before the one that opened the window can be. */
function wayBackLine({ state, moves }: WindowReport, run: string): string {
  if (state === 'leaving') return 'on its way back';
  const last = moves.at(-1);
  const first = state === 'new leads' && last !== undefined && last.by !== run ? `, that of ${last.by} first` : '';
  return `the way back is open until it is closed${first}`;
}

function linesOf(window: WindowReport, run: string, { style, width }: View): readonly string[] {
  const { step, state, direction, ageMs, openedAt, movedAt, sides, failures, tombstones } = window;
  const line = (text: string): string => cut(printable(`    ${text}`), width);
  const ended = state === 'closed' || state === 'gone';
  const since = ended
    ? `since ${showMoment(movedAt)}`
    : `for ${showTime(ageMs)}${movedAt === openedAt ? '' : `, so since ${showMoment(movedAt)}`}`;
  const called = window.run === run ? step : window.name;
  const history = historyLines(window, run).map((text) => style.faint(line(text)));
  const head = `window ${style.strong(printable(called))} is ${STANDS[state]}${direction === 'both' ? ', both are written' : ''} ${style.faint(since)}`;
  const named = sides.map(({ mapping, from, to }) => style.faint(line(`${mapping}: ${from} → ${to}`)));
  if (ended) return [head, ...named, ...history];
  return [
    head,
    ...named,
    ...history,
    ...fillLines(window, line),
    ...comparisonLines(window, line).map(([text, differs]) => (differs ? style.warning(text) : text)),
    ...(failures === 0 ? [] : failureLines(window, line).map((text) => style.warning(text))),
    ...(tombstones === 0
      ? []
      : [line(`${showCount(tombstones)} deleted ${tombstones === 1 ? 'key' : 'keys'} remembered`)]),
    ...window.oldWriters.map(({ by, application, transactions, lastAt }) =>
      style.warning(
        line(
          `the old side is written by ${by}${application === '' ? '' : ` (${application})`}: ${showCount(transactions)} ${transactions === 1 ? 'transaction' : 'transactions'}, last ${showMoment(lastAt)}`,
        ),
      ),
    ),
    style.faint(line(wayBackLine(window, run))),
  ];
}

function fillLines({ fill }: WindowReport, line: (text: string) => string): readonly string[] {
  if (fill === null) return [line('not filled yet: what was there before is not on the new side')];
  const { ranges, rangesDone, rows } = fill;
  const read = `${showCount(rows)} ${rows === 1 ? 'row' : 'rows'} read`;
  return [line(ranges === rangesDone ? `filled, ${read}` : `filling: ${rangesDone}/${ranges} ranges, ${read}`)];
}

function comparisonLines(
  { sides, compared }: WindowReport,
  line: (text: string) => string,
): readonly (readonly [string, boolean])[] {
  return sides.map(({ mapping }) => {
    const last = compared.find((one) => one.mapping === mapping);
    if (last === undefined) return [line(`${mapping} was not compared yet`), false];
    const { at, differences, figures } = last;
    const found =
      differences === 0 ? 'no difference' : describeAnswer({ violations: differences, figures, samples: [] });
    return [line(`${mapping} compared ${showMoment(at)}: ${found}`), differences > 0];
  });
}

function failureLines({ failures, latestFailures }: WindowReport, line: (text: string) => string): readonly string[] {
  const shown = latestFailures.map(({ mapping, operation, key, message, sqlstate, by, at }) =>
    line(
      `  ${mapping}   ${operation} ${key.join(', ')}   ${message} (SQLSTATE ${sqlstate})   by ${by}, ${showMoment(at)}`,
    ),
  );
  return [line(`${taken(failures)}; nothing ends before their rows agree again`), ...shown];
}

function taken(failures: number): string {
  return `${showCount(failures)} ${failures === 1 ? 'write' : 'writes'} that one side did not take`;
}
