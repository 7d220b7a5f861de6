/** Where runs stand, by the journal's account: all of them in a table, or one with its operations. */
import type { OperationReport, RunReport } from '../postgres/journal/run-report.js';
import type { EventChain } from '../postgres/journal/event-chain.js';
import type { RunSummary } from '../postgres/journal/runs.js';
import type { WindowSummary } from '../postgres/journal/windows.js';
import { approverText } from '../operation/approvers.js';
import { printable } from './display-width.js';
import { renderChecks, type CheckLine } from './render-checks.js';
import { quarantineLines } from './quarantine-lines.js';
import { signOf } from './render-run.js';
import { showCount, showMoment, showRow, showRows } from './show-amount.js';
import { cut, renderTable, type Cell } from './text-table.js';
import { heldTexts } from './throttle-text.js';
import type { View } from './view.js';
import { openWindowLines, windowLines } from './window-lines.js';

export function renderRunList(
  runs: readonly RunSummary[],
  interrupted: readonly string[],
  windows: readonly WindowSummary[],
  view: View,
): string {
  if (runs.length === 0) return 'No runs: nothing was applied to this database yet.\n';
  const lines = renderTable(
    [
      { title: 'run', least: 12 },
      { title: 'status' },
      { title: 'began' },
      { title: 'ended' },
      { title: 'by', least: 6 },
    ],
    runs.map((run) => [
      run.name,
      statusCell(run, interrupted, view),
      showMoment(run.createdAt),
      run.finishedAt === null ? '–' : showMoment(run.finishedAt),
      run.createdBy,
    ]),
    view,
  );
  const open = openWindowLines(windows, view);
  return `${[...lines, ...(open.length === 0 ? [] : ['', ...open])].join('\n')}\n`;
}

export function renderRunStatus(
  report: RunReport,
  interrupted: readonly string[],
  view: View,
  trail: EventChain | null = null,
): string {
  const { style, width } = view;
  const { run } = report;
  const status = statusCell(run, interrupted, view);
  const text = typeof status === 'string' ? status : status.tone(status.text);
  const params = Object.entries(run.params);
  const head = [
    `${style.strong(run.name)}   ${text}${run.direction === 'rollback' && run.status !== 'rolled back' ? ', on its way back' : ''}`,
    style.faint(
      `began ${showMoment(run.createdAt)} by ${printable(run.createdBy)}, last executor ${printable(run.executor)}`,
    ),
    ...(run.why === null ? [] : [style.warning(cut(printable(run.why), width))]),
    ...(report.throttle === null ? [] : heldTexts(report.throttle)).map((text) => style.warning(cut(text, width))),
    ...trailLines(trail, view),
    ...(params.length === 0 ? [] : [style.faint(cut(`params ${showRow(run.params)}`, width))]),
  ];
  // The way there is history once the way back has begun.
  const lines = renderTable(
    [
      { title: '' },
      { title: 'operation', least: 20 },
      { title: 'state' },
      { title: 'ranges', align: 'right' },
      { title: 'read', align: 'right' },
      { title: run.direction === 'apply' ? 'written' : 'changed', align: 'right' },
      { title: 'skipped', align: 'right' },
      { title: 'kept', align: 'right' },
      { title: 'batches', align: 'right' },
    ],
    report.operations.map((operation) => operationCells(operation, view)),
    view,
  );
  const [heading = '', ...rows] = lines;
  const operations = report.operations.flatMap((operation, index) => [rows[index]!, ...beneath(operation, view)]);
  const aside = quarantineLines(report.quarantined, view);
  const windows = windowLines(report.windows, report.run.name, view);
  const last = [aside, windows].flatMap((section) => (section.length === 0 ? [] : ['', ...section]));
  return `${[...head, '', heading, ...operations, ...last].join('\n')}\n`;
}

/** Nothing where all is as it should be, and has been since the run began. */
function trailLines(trail: EventChain | null, { style }: View): readonly string[] {
  if (trail === null) return [];
  const { events, withoutDigest, broken } = trail;
  if (broken.length > 0) return [style.error(`trail of ${showCount(events)} events: not as it was written`)];
  if (withoutDigest === 0) return [];
  const which = withoutDigest === events ? 'all' : showCount(withoutDigest);
  return [
    style.faint(`trail of ${showCount(events)} events: ${which} without a digest, from before digests were kept`),
  ];
}

function statusCell(run: RunSummary, interrupted: readonly string[], { style }: View): Cell {
  if (interrupted.includes(run.name)) return { text: `interrupted (${run.status})`, tone: style.warning };
  if (run.asked !== null && (run.status === 'running' || run.status === 'rolling back'))
    return { text: `${run.asked === 'pause' ? 'pausing' : 'cancelling'} (${run.status})`, tone: style.warning };
  const tone =
    run.status === 'failed'
      ? style.error
      : run.status === 'done' || run.status === 'rolled back'
        ? style.success
        : style.warning;
  return { text: run.status, tone };
}

function operationCells({ id, state, walk }: OperationReport, { style }: View): readonly Cell[] {
  if (walk === null) return [signOf(state, style), id, state, '', '', '', '', '', ''];
  const { counts, ranges, rangesDone } = walk;
  const numbers = [counts.read, counts.changed, counts.skipped, counts.kept, counts.batches].map(showCount);
  return [signOf(state, style), id, state, `${rangesDone}/${ranges}`, ...numbers];
}

function beneath({ outcome, approvals, findings, state }: OperationReport, { style, width }: View): readonly string[] {
  const line = (text: string): string => cut(`     ${printable(text)}`, width);
  const lines: string[] = [];
  if (outcome?.reason !== undefined && state !== 'done') lines.push(style.warning(line(outcome.reason)));
  if (outcome?.error !== undefined) {
    const { message, detail, sqlstate } = outcome.error;
    const code = sqlstate === undefined ? '' : ` (SQLSTATE ${sqlstate})`;
    lines.push(style.error(line(`${message}${code}${detail === undefined ? '' : `; ${detail}`}`)));
  }
  const violations = outcome?.answer?.violations ?? 0;
  if (violations > 0) lines.push(style.warning(line(`${showRows(violations)}, expected 0`)));
  const awaited = (outcome?.until ?? []).map((asked): CheckLine => {
    return { ...asked, step: '', awaited: true, error: null, place: null };
  });
  if (awaited.length > 0)
    lines.push(
      ...renderChecks(awaited, { style, width: width - 5 })
        .split('\n')
        .map((text) => `     ${text}`),
    );
  for (const { by, at, comment, counts, note } of approvals) {
    const said = `${counts ? '' : 'does not count: '}approved by ${approverText(by, note)} at ${showMoment(at)}`;
    const tone = note === null ? style.faint : style.warning;
    lines.push(tone(line(`${said}${comment === null ? '' : `: ${comment}`}`)));
  }
  if (findings.count > 0) {
    lines.push(style.warning(line(`${showCount(findings.count)} to look at`)));
    for (const { what, detail } of findings.samples.slice(0, 3)) lines.push(line(`  ${what}   ${showRow(detail)}`));
  }
  return lines;
}
