/**
 * What a run has done, for a person: a row per step with its rows and time, the checks with their figures, and what
 * somebody should look at. All numbers are the journal's.
 */
import type { OperationState } from '../executor/journal.js';
import type { OperationGraph } from '../operation/operation-graph.js';
import type { Operation } from '../operation/operation.js';
import type { OperationReport, RunReport } from '../postgres/journal/run-report.js';
import type { RunDirection } from '../postgres/journal/run-status.js';
import { printable } from './display-width.js';
import { quarantineLines } from './quarantine-lines.js';
import { renderChecks, renderVerdict, type CheckLine } from './render-checks.js';
import { showCount, showLabel, showRow, showTime } from './show-amount.js';
import { cut, renderTable, type Cell, type Column } from './text-table.js';
import { heldTexts } from './throttle-text.js';
import type { View } from './view.js';
import { closedByOthersLines, openWindowLines } from './window-lines.js';

export interface RunFacts {
  readonly report: RunReport;
  /** The labels and checks of the run; what it says of the other direction is left out. */
  readonly graph: OperationGraph;
  /** One word for what came of this turn: `done`, `waiting`, `nothing to do`. */
  readonly outcome: string;
  /** Of one that has stopped. */
  readonly why?: string | null;
  /** Where a check stands in its file, by operation. */
  readonly places?: Readonly<Record<string, string>>;
}

export function renderRun({ report, graph, outcome, why = null, places = {} }: RunFacts, view: View): string {
  const { style } = view;
  const direction: RunDirection = graph.direction;
  // What was done then is in the status of the run; now nothing was.
  const windows = [
    ...openWindowLines(
      report.windows.filter(({ wayBackIsOpen }) => wayBackIsOpen),
      view,
    ),
    ...closedByOthersLines(report.windows, report.run.name, view),
  ];
  if (outcome === 'nothing to do')
    return `${[headline(report, outcome, direction, [], view), ...windows].join('\n')}\n`;
  const known = new Map(graph.operations.map((operation) => [operation.id, operation]));
  const own = report.operations.filter((operation) => operation.direction === direction && known.has(operation.id));
  const rows = stepRows(own, graph, known, view);
  const checks = checkLines(own, known, places);
  const waits = own.filter(({ state }) => state === 'waiting' || state === 'blocked');
  const sections = [
    [headline(report, outcome, direction, own, view), ...(why === null ? [] : [style.warning(`  ${printable(why)}`)])],
    rows.length === 0 ? [] : renderTable(direction === 'apply' ? COLUMNS : COLUMNS_BACK, rows, view),
    checks.length === 0 ? [] : [renderVerdict(checks, view), renderChecks(checks, view)],
    waits.map(({ id, state, outcome: kept }) =>
      style.warning(`${SIGNS[state][0]} ${printable(known.get(id)!.step)} ${printable(kept?.reason ?? 'waits')}`),
    ),
    findingLines(own, known, view),
    direction === 'apply' ? quarantineLines(report.quarantined, view, SHOWN_ASIDE) : [],
    windows,
    overlapLine(report, view),
    report.throttle === null ? [] : heldTexts(report.throttle).map((text) => style.faint(cut(text, view.width))),
  ];
  const shown = sections.filter((lines) => lines.length > 0).map((lines) => lines.join('\n'));
  return `${shown.join('\n\n')}\n`;
}

const COUNTS: readonly Column[] = ['skipped', 'kept', 'batches', 'time'].map((title) => ({ title, align: 'right' }));
const FIRST: readonly Column[] = [{ title: '' }, { title: 'step', least: 16 }, { title: 'state' }];
const COLUMNS: readonly Column[] = [...FIRST, { title: 'written', align: 'right' }, ...COUNTS];
const COLUMNS_BACK: readonly Column[] = [...FIRST, { title: 'removed', align: 'right' }, ...COUNTS];

function headline(
  { run }: RunReport,
  outcome: string,
  direction: RunDirection,
  own: readonly OperationReport[],
  { style }: View,
): string {
  const way = direction === 'rollback' ? ' on its way back' : '';
  const name = style.strong(run.name);
  const took = timeOf(own);
  const time = took === null ? '' : style.faint(`   ${showTime(took)}`);
  switch (outcome) {
    case 'done':
      return `${style.success('✔')} ${name} is ${direction === 'apply' ? 'done' : 'rolled back'}${time}`;
    case 'nothing to do': {
      const was = run.finishedAt === null ? run.status : `${run.status} since ${run.finishedAt.slice(0, 19)}Z`;
      return `${style.success('✔')} ${name} is ${was}: nothing to do, nothing written`;
    }
    case 'waiting':
      return `${style.warning('◷')} ${name}${way} waits${time}`;
    case 'blocked':
      return `${style.warning('■')} ${name}${way} is blocked by other sessions; what is done is kept${time}`;
    case 'failed':
      return `${style.error('✖')} ${name}${way} has failed${time}`;
    case 'stopped':
      return `${style.warning('■')} ${name}${way} has stopped; what is done is kept${time}`;
    default:
      return `${style.warning('■')} ${name}${way}: ${outcome}${time}`;
  }
}

function stepRows(
  own: readonly OperationReport[],
  graph: OperationGraph,
  known: ReadonlyMap<string, Operation>,
  { style }: View,
): readonly (readonly Cell[])[] {
  const stepOf = (operation: OperationReport): string => known.get(operation.id)!.step;
  const order = graph.direction === 'apply' ? graph.steps : [...graph.steps].reverse();
  const ids = graph.direction === 'apply' ? ['', ...order.map(({ id }) => id)] : [...order.map(({ id }) => id), ''];
  return ids.flatMap((step) => {
    const operations = own.filter((operation) => stepOf(operation) === step);
    const skipped = graph.steps.find(({ id }) => id === step)?.skipped ?? null;
    if (operations.length === 0 && skipped === null) return [];
    const state = operations.length === 0 ? 'skipped' : stateOf(operations);
    const walks = operations.filter(({ walk }) => walk !== null);
    const head: Cell[] = [
      signOf(state, style),
      { text: step === '' ? 'conditions' : step, tone: style.strong },
      state,
      ...countCells(walks),
      timeCell(operations),
    ];
    const parts = walks.length < 2 ? [] : walks;
    return [
      head,
      ...parts.map((part) => [
        '',
        `  ${showLabel(known.get(part.id)!.label)}`,
        part.state === state ? '' : part.state,
        ...countCells([part]),
        timeCell([part]),
      ]),
    ];
  });
}

function countCells(operations: readonly OperationReport[]): readonly string[] {
  const counts = operations.flatMap(({ walk }) => (walk === null ? [] : [walk.counts]));
  if (counts.length === 0) return ['–', '–', '–', '–'];
  return (['changed', 'skipped', 'kept', 'batches'] as const).map((count) =>
    showCount(counts.reduce((sum, each) => sum + each[count], 0)),
  );
}

function timeCell(operations: readonly OperationReport[]): string {
  const took = timeOf(operations);
  return took === null ? '–' : showTime(took);
}

/** From the first beginning to the last end, milliseconds. */
function timeOf(operations: readonly OperationReport[]): number | null {
  const begins = operations.flatMap(({ startedAt }) => (startedAt === null ? [] : [Date.parse(startedAt)]));
  const ends = operations.flatMap(({ finishedAt }) => (finishedAt === null ? [] : [Date.parse(finishedAt)]));
  return begins.length === 0 || ends.length === 0 ? null : Math.max(0, Math.max(...ends) - Math.min(...begins));
}

/** What a person must know first comes first. */
const BY_WEIGHT: readonly OperationState[] = [
  'in doubt',
  'failed',
  'blocked',
  'waiting',
  'running',
  'pending',
  'done',
  'skipped',
];

export function stateOf(operations: readonly Pick<OperationReport, 'state'>[]): OperationState {
  const state = BY_WEIGHT.find((candidate) => operations.some((operation) => operation.state === candidate))!;
  // Some parts have ended and others have not begun: the step is under way.
  const begun = operations.some((operation) => operation.state === 'done');
  return state === 'pending' && begun ? 'running' : state;
}

const SIGNS: Readonly<
  Record<OperationState, readonly [sign: string, tone: 'success' | 'error' | 'warning' | 'faint']>
> = {
  done: ['✔', 'success'],
  failed: ['✖', 'error'],
  'in doubt': ['?', 'error'],
  blocked: ['■', 'warning'],
  waiting: ['◷', 'warning'],
  running: ['▶', 'warning'],
  pending: ['·', 'faint'],
  skipped: ['–', 'faint'],
};

export function signOf(state: OperationState, style: View['style']): Cell {
  const [text, tone] = SIGNS[state];
  return { text, tone: style[tone] };
}

function checkLines(
  own: readonly OperationReport[],
  known: ReadonlyMap<string, Operation>,
  places: Readonly<Record<string, string>>,
): readonly CheckLine[] {
  return own.flatMap(({ id, outcome }): readonly CheckLine[] => {
    const operation = known.get(id);
    if (operation?.kind === 'gate')
      return (outcome?.until ?? []).map((asked) => {
        return { ...asked, step: operation.step, awaited: true, error: null, place: places[asked.id] ?? null };
      });
    // A condition of a step that does not hold is no failure: the step was skipped.
    if (operation?.kind !== 'check' || operation.effect === 'skip' || outcome === null) return [];
    const { step, check } = operation;
    const { answer = null, error } = outcome;
    if (answer === null && error === undefined) return [];
    const refused = answer === null && error !== undefined ? error.message : null;
    return [{ step, name: check.name, severity: check.severity, answer, error: refused, place: places[id] ?? null }];
  });
}

const SHOWN_ASIDE = 5;
const SHOWN_FINDINGS = 5;

function findingLines(
  own: readonly OperationReport[],
  known: ReadonlyMap<string, Operation>,
  { style, width }: View,
): readonly string[] {
  return own.flatMap(({ id, findings }) => {
    if (findings.count === 0) return [];
    const kinds = [...new Set(findings.samples.map(({ what }) => what))].join(', ');
    const head = `! ${showLabel(known.get(id)!.label)}: ${showCount(findings.count)} to look at (${kinds})`;
    const shown = findings.samples.slice(0, SHOWN_FINDINGS);
    const more = findings.count - shown.length;
    return [
      style.warning(cut(printable(head), width)),
      ...shown.map(({ what, detail }) => cut(`    ${printable(what)}   ${showRow(detail)}`, width)),
      ...(more > 0 ? [style.faint(`    and ${showCount(more)} more`)] : []),
    ];
  });
}

function overlapLine({ overlap }: RunReport, { style }: View): readonly string[] {
  if (overlap === null || overlap.operationsAtOnce < 2) return [];
  return [style.faint(`up to ${overlap.operationsAtOnce} operations and ${overlap.batchesAtOnce} batches at once`)];
}
