/** The steps of a plan as rows of a Markdown table, and each operation with its SQL, locks and way back. */
import type { OperationRow, PlanReport, StepRow } from '../report/plan-report.js';
import { code, fenced, prose, shortened, tableRow } from './markdown-text.js';
import { lockName } from './plan-verdict.js';
import { statementTexts } from './render-plan-sql.js';
import { locksText } from './render-plan.js';
import { showLabel, showRounded } from './show-amount.js';

export const TABLE_HEAD: readonly string[] = [
  tableRow(['#', 'step', 'worst lock', 'rows', 'hazard', 'undo']),
  '|---:|---|---|---:|---|---|',
];

/** A row for each step, in the order of the report. */
export function stepRows({ steps, direction }: PlanReport): readonly string[] {
  return steps.map((step) =>
    tableRow([
      step.number === null ? '–' : String(step.number),
      step.number === null ? 'conditions' : `${code(shortened(step.id, 200))} (${prose(shortened(step.kind, 50))})`,
      step.skipped !== null
        ? `skipped: ${cell(step.skipped)}`
        : step.worstLock === null
          ? '–'
          : code(lockName(step.worstLock)),
      step.rows === null ? '–' : `~${showRounded(step.rows)}`,
      step.hazards.length === 0 ? '–' : step.hazards.map((name) => code(shortened(name, 50))).join(', '),
      direction === 'rollback' ? '–' : undoCell(step),
    ]),
  );
}

export function operationsText({ operations, direction }: PlanReport): string {
  return operations.map((operation) => operationText(operation, direction)).join('\n\n');
}

function undoCell({ undo }: StepRow): string {
  if (undo.way === 'none') return `**NO**: ${cell(undo.reason)}`;
  return undo.way === 'derived' ? 'yes' : '–';
}

function operationText(operation: OperationRow, direction: PlanReport['direction']): string {
  const { id, label, strategy, waitsFor, locks, undo, undoOperations, sql } = operation;
  const undone =
    undo.way === 'none'
      ? `**NO** (${prose(undo.reason)})`
      : undoOperations.map(({ label }) => code(showLabel(label))).join('; then ');
  const facts = [
    `**${code(id)}**`,
    code(showLabel(label)),
    ...(strategy === null ? [] : [`how: ${prose(strategy)}`]),
    ...(waitsFor.length < 2 ? [] : [`waits for: ${waitsFor.map((text) => code(showLabel(text))).join('; ')}`]),
    ...(locks.length === 0 ? [] : [`locks: ${code(locksText(locks))}`]),
    ...(direction === 'rollback' || undone === '' ? [] : [`undo: ${undone}`]),
  ];
  return `${facts.join('<br>')}${sql.length === 0 ? '' : `\n\n${fenced('sql', statementTexts(sql).join('\n'))}`}`;
}

function cell(text: string): string {
  return prose(shortened(text, 200));
}
