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

/** Of one run; none where it opened none. */
export function windowLines(windows: readonly WindowReport[], view: View): readonly string[] {
  return windows.flatMap((window) => linesOf(window, view));
}

function linesOf(window: WindowReport, { style, width }: View): readonly string[] {
  const { step, state, direction, ageMs, openedAt, movedAt, sides, failures, tombstones } = window;
  const line = (text: string): string => cut(printable(`    ${text}`), width);
  const ended = state === 'closed' || state === 'gone';
  const since = ended
    ? `since ${showMoment(movedAt)}`
    : `for ${showTime(ageMs)}${movedAt === openedAt ? '' : `, so since ${showMoment(movedAt)}`}`;
  const head = `window ${style.strong(printable(step))} is ${STANDS[state]}${direction === 'both' ? ', both are written' : ''} ${style.faint(since)}`;
  const named = sides.map(({ mapping, from, to }) => style.faint(line(`${mapping}: ${from} → ${to}`)));
  if (ended) return [head, ...named];
  return [
    head,
    ...named,
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
    style.faint(line(state === 'leaving' ? 'on its way back' : 'the way back is open until it is closed')),
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
