/**
 * What will happen, for a person: a row per step, and beneath it what it consists of, what each part locks, and how it is
 * taken back. Shows the way back of a run the same way. The model belongs to `report/plan-report`.
 */
import type { RelationLock } from '../operation/operation.js';
import type { OperationRow, PlanReport, ServerLine, StepRow, Undo } from '../report/plan-report.js';
import { printable } from './display-width.js';
import { reachLines } from './reach-lines.js';
import { showCount, showDigest, showLabel, showRounded } from './show-amount.js';
import { cut, renderTable, type Cell, type Column } from './text-table.js';
import { limitTexts } from './throttle-text.js';
import type { View } from './view.js';

export function renderPlan(report: PlanReport, view: View): string {
  const { style } = view;
  const shown = stepsInOrder(report);
  const isBack = report.direction === 'rollback';
  const table = renderTable(
    isBack ? COLUMNS.slice(0, -1) : COLUMNS,
    shown.map((step) => stepCells(step, report, view)),
    view,
  );
  const [heading = '', ...rows] = table;
  const steps = shown.flatMap((step, index) => [rows[index]!, ...beneath(step, report, view)]);
  return [
    headline(report, shown, view),
    ...(report.description === null ? [] : [style.faint(cut(printable(report.description), view.width))]),
    '',
    ...(shown.length === 0
      ? [isBack ? 'Nothing to take back: no step has changed anything.' : 'Nothing to do: no step is for this target.']
      : [heading, ...steps]),
    '',
    ...(report.throttle === null ? [] : [cut(`throttle: ${limitTexts(report.throttle).join(' · ')}`, view.width)]),
    style.faint(`digest ${showDigest(report.digest)}`),
    '',
  ].join('\n');
}

const COLUMNS: readonly Column[] = [
  { title: ' #', align: 'right' },
  { title: 'step', least: 12 },
  { title: 'worst lock', least: 12 },
  { title: 'rows', align: 'right' },
  { title: 'hazard', least: 8 },
  { title: 'undo' },
];

/** The way back takes the last step first, and has nothing to do where nothing was changed. */
function stepsInOrder({ direction, steps, operations }: PlanReport): readonly StepRow[] {
  if (direction === 'apply') return steps;
  const taken = [...new Set(operations.map(({ step }) => step))];
  return taken.map((id, index) => {
    const step = steps.find((candidate) => candidate.id === id)!;
    return { ...step, number: step.number === null ? null : index + 1 };
  });
}

function headline(
  { plan, direction, target, server, operations }: PlanReport,
  steps: readonly StepRow[],
  { style }: View,
): string {
  const what = direction === 'apply' ? 'Plan' : 'Way back of';
  const size = `${amount(steps.filter(({ number }) => number !== null).length, 'step')}, ${amount(operations.length, 'operation')}`;
  const where = server === null ? [] : [whereOf(server)];
  const told = [...(target === null ? [] : [`for ${printable(target)}`]), ...where].join(': ');
  return `${style.strong(`${what} ${plan}`)}   ${size}${told === '' ? '' : style.faint(`      ${told}`)}`;
}

function whereOf({ database, user, version, schemaFile }: ServerLine): string {
  if (schemaFile !== undefined) return `${printable(schemaFile)} on PostgreSQL ${version}, no database asked`;
  return `${printable(database)} as ${printable(user)} @ PostgreSQL ${version}, nothing written`;
}

function amount(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`;
}

function stepCells(step: StepRow, { direction }: PlanReport, { style }: View): readonly Cell[] {
  const undo: Cell =
    direction === 'rollback'
      ? ''
      : step.undo.way === 'none'
        ? { text: 'NO', tone: style.warning }
        : step.undo.way === 'derived'
          ? 'yes'
          : '–';
  return [
    step.number === null ? '–' : String(step.number),
    step.number === null ? 'conditions' : `${step.id} (${step.kind})`,
    step.skipped !== null ? 'skipped' : step.worstLock === null ? '–' : lockText(step.worstLock),
    step.rows === null ? '–' : `~${showRounded(step.rows)}`,
    step.hazards.length === 0 ? '–' : { text: step.hazards.join(', '), tone: style.warning },
    undo,
  ];
}

function beneath(step: StepRow, report: PlanReport, view: View): readonly string[] {
  const { style, width } = view;
  const line = (text: string): string => style.faint(cut(`      ${printable(text)}`, width));
  const lines: string[] = [];
  if (step.description !== null) lines.push(line(step.description));
  if (step.skipped !== null) lines.push(line(`skipped: ${step.skipped}`));
  if (step.undo.way === 'none') lines.push(line(`no way back: ${step.undo.reason}`));
  if (step.reach !== undefined && report.direction === 'apply')
    lines.push(
      line('takes along:'),
      ...reachLines(step.reach, width - 8).map((text) => style.faint(`        ${text}`)),
    );
  for (const operation of report.operations.filter((candidate) => candidate.step === step.id))
    lines.push(...operationLines(operation, report, view));
  return lines;
}

function operationLines(operation: OperationRow, { direction }: PlanReport, { style, width }: View): readonly string[] {
  const rows = operation.rows === null ? '' : `   ~${showRounded(operation.rows)} rows`;
  const first = cut(`    · ${showLabel(operation.label)}${rows}`, width);
  const undo = direction === 'rollback' ? '' : undoText(operation);
  const locks = [locksText(operation.locks), operation.waiting ?? ''].filter((text) => text !== '').join(': ');
  const aside = operation.quarantine === 0 ? '' : `up to ${showCount(operation.quarantine)} refused rows stand aside`;
  // Of one alone the label says enough.
  const waits = operation.waitsFor.length < 2 ? [] : operation.waitsFor.map((text) => `◷ ${showLabel(text)}`);
  const told = [operation.strategy ?? '', ...waits, locks, aside, undo].filter((text) => text !== '');
  return [first, ...told.map((text) => style.faint(cut(`        ${text}`, width)))];
}

/** Relations of one mode together: `ACCESS SHARE users, posts`. */
export function locksText(locks: readonly RelationLock[]): string {
  const modes = [...new Set(locks.map(({ mode }) => mode))];
  return modes
    .map((mode) => `${mode} ${locks.flatMap((lock) => (lock.mode === mode ? [bare(lock.relation)] : [])).join(', ')}`)
    .join(' · ');
}

function lockText({ mode, relation }: RelationLock): string {
  return `${mode} ${bare(relation)}`;
}

/** What everybody has in `public` is named as everybody names it. */
function bare(relation: string): string {
  return showLabel(relation);
}

function undoText({ undo, undoOperations }: OperationRow): string {
  return UNDO[undo.way](
    undo,
    undoOperations.map(({ label }) => showLabel(label)),
  );
}

const UNDO: { readonly [Way in Undo['way']]: (undo: Undo, operations: readonly string[]) => string } = {
  derived: (_, operations) => `undo: ${operations.join('; then ')}`,
  'nothing to undo': (undo) => ('reason' in undo && undo.reason !== null ? `undo: ${undo.reason}` : ''),
  none: (undo) => `undo: NO${'reason' in undo ? ` (${undo.reason})` : ''}`,
};
