/**
 * Progress on a terminal: what stays (a line for each operation that has ended) and what is redrawn (two lines for each
 * that runs). Owns the text; moving the cursor belongs to the cli. Errors are never only here: they come after, as plain
 * lines.
 */
import { describeBlocker, nameBlocker } from '../executor/blocker.js';
import type { RunEvent } from '../executor/run-event.js';
import { rateOf, recentRates, shareDone, timeLeftMs } from '../report/run-progress.js';
import type { OperationProgress, RunProgress } from '../report/run-progress.js';
import { printable } from './display-width.js';
import { signOf } from './render-run.js';
import { showCount, showLabel, showRounded, showRows, showShare, showTime } from './show-amount.js';
import { cut } from './text-table.js';
import type { View } from './view.js';

/** What is redrawn: lines that fit the width, at most `height` of them; none where nothing runs. */
export function renderScreen(
  progress: RunProgress,
  nowMs: number,
  view: View & { readonly height: number },
): readonly string[] {
  const running = progress.operations.filter(({ state }) => state === 'running');
  const blocks = running.map((operation) => block(operation, nowMs, view));
  const lines: string[] = [];
  for (const [index, each] of blocks.entries()) {
    const left = blocks.length - index;
    const room = view.height - lines.length - (left > 1 ? 1 : 0);
    if (each.length > room) {
      lines.push(view.style.faint(`  and ${left} more`));
      break;
    }
    lines.push(...each);
  }
  return lines;
}

/** The line that stays of an operation whose state has changed; null where nothing is worth one. */
export function settledLine(
  event: RunEvent,
  progress: RunProgress,
  atMs: number,
  { style, width }: View,
): string | null {
  if (event.type === 'set aside') {
    const row = `${event.step} › row ${event.key.join(', ')} set aside (${event.standing} of ${event.quarantine})`;
    return style.warning(cut(`! ${printable(`${row}: ${event.reason}`)}`, width));
  }
  if (event.type !== 'operation' || event.to === 'running' || event.to === 'pending') return null;
  const operation = progress.operations.find(({ id }) => id === event.operation);
  if (operation === undefined) return null;
  const { reason, answer } = event.outcome ?? {};
  const { counts, startedAtMs } = operation;
  const facts: string[] = [];
  if (operation.kind === 'batch' && counts !== null) {
    facts.push(`${showRows(counts.changed)} written`);
    if (counts.skipped > 0) facts.push(`${showCount(counts.skipped)} skipped`);
    if (counts.kept > 0) facts.push(`${showCount(counts.kept)} kept`);
    if (counts.quarantined > 0) facts.push(`${showCount(counts.quarantined)} set aside`);
  }
  if (answer !== undefined && answer.violations > 0) facts.push(`${showRows(answer.violations)}, expected 0`);
  if (reason !== undefined) facts.push(printable(reason));
  if (startedAtMs !== null && event.to === 'done' && operation.kind !== 'gate')
    facts.push(showTime(atMs - startedAtMs));
  const sign = signOf(event.to, style);
  const shown = typeof sign === 'string' ? sign : sign.tone(sign.text);
  return `${shown} ${cut(`${titleOf(operation)}   ${facts.join(', ')}`.trimEnd(), width - 2)}`;
}

function titleOf({ step, label }: OperationProgress): string {
  return showLabel(step === '' ? label : `${step} › ${label}`);
}

function block(operation: OperationProgress, nowMs: number, { style, width }: View): readonly string[] {
  const { counts, estimate, retry, lastBatch, startedAtMs } = operation;
  const title = titleOf(operation);
  const since = startedAtMs === null ? '' : showTime(nowMs - startedAtMs);
  if (operation.kind !== 'batch')
    return [
      `▶ ${cut(`${title}   ${since}`, width - 2)}`,
      ...retryLine(operation, width, style),
      ...watchedLine(operation, width, style),
    ];
  const share = shareDone(operation);
  const rate = rateOf(operation, nowMs);
  const left = timeLeftMs(operation, nowMs);
  const read = counts?.read ?? 0;
  const facts = [
    ...(share === null ? [] : [bar(share, BAR), showShare(share)]),
    estimate === null ? `${showRounded(read)} rows` : `${showRounded(read)}/${showRounded(estimate)}`,
    ...(rate === null ? [] : [`${showCount(rate)} rows/s ${sparkline(recentRates(operation, nowMs, 8))}`.trimEnd()]),
    left === null ? since : `ETA ${showTime(left)}`,
  ];
  const told = facts.join('  ');
  const room = Math.max(10, width - 2 - told.length - 2);
  const first = `▶ ${cut(`${cut(title, room)}  ${told}`, width - 2)}`;
  if (retry !== null) return [first, ...retryLine(operation, width, style)];
  if (lastBatch === null) return [first];
  const key = lastBatch.cursor.map(printable).join(', ');
  const saved = `    last key saved ${key} · batch ${showRows(lastBatch.rows)}, ${showTime(lastBatch.durationMs)}`;
  return [first, style.faint(cut(saved, width))];
}

function retryLine({ retry }: OperationProgress, width: number, style: View['style']): readonly string[] {
  if (retry === null) return [];
  return [style.warning(cut(`    try ${retry.tries + 1}: ${printable(retry.reason)}`, width))];
}

/** `building index: scanning table · 46.0%`, `waiting for writers before build · pid 4711 (billing, idle in transaction)` */
function watchedLine({ watched }: OperationProgress, width: number, style: View['style']): readonly string[] {
  if (watched === null) return [];
  const { build, blockers } = watched;
  const facts = [
    ...(build === null ? [] : [build.phase]),
    ...(build?.share == null || blockers.length > 0 ? [] : [showShare(build.share)]),
    ...(build === null && blockers.length > 0 ? ['waits for'] : []),
    ...blockers.map(build === null ? describeBlocker : nameBlocker),
  ];
  if (facts.length === 0) return [];
  const line = cut(`    ${printable(facts.join(' · '))}`, width);
  return [blockers.length > 0 ? style.warning(line) : style.faint(line)];
}

const BAR = 14;
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** `███████▌······`; says nothing that the percentage beside it does not. */
export function bar(share: number, width: number): string {
  const eighths = Math.floor(Math.min(Math.max(share, 0), 1) * width * 8);
  const full = '█'.repeat(Math.floor(eighths / 8)) + EIGHTHS[eighths % 8]!;
  return full + '·'.repeat(width - full.length);
}

const LEVELS = '▁▂▃▄▅▆▇█';

export function sparkline(values: readonly number[]): string {
  const most = Math.max(...values, 1);
  return values.map((value) => LEVELS[Math.min(7, Math.floor((Math.max(0, value) / most) * 7.999))]).join('');
}
