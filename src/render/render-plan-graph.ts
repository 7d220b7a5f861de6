/** The order of a plan as a Mermaid flowchart: an arrow says what has ended before what begins. */
import type { OperationRow, PlanReport } from '../report/plan-report.js';

export function renderPlanGraph({ plan, direction, steps, operations }: PlanReport): string {
  const names = new Map(operations.map(({ id }, index) => [id, `o${index + 1}`]));
  const lines = [`%% ${direction === 'apply' ? 'plan' : 'way back of'} ${plan}`, 'flowchart TD'];
  for (const [index, step] of steps.entries()) {
    const own = operations.filter((operation) => operation.step === step.id);
    if (own.length === 0) continue;
    const title = step.number === null ? 'conditions' : step.id;
    lines.push(`  subgraph s${index + 1} ["${text(title)}"]`);
    for (const operation of own) lines.push(`    ${names.get(operation.id)!}${box(operation)}`);
    lines.push('  end');
  }
  for (const { id, after } of operations)
    for (const before of after) lines.push(`  ${names.get(before)!} --> ${names.get(id)!}`);
  return `${lines.join('\n')}\n`;
}

const BOXES: { readonly [Kind in OperationRow['kind']]: readonly [open: string, close: string] } = {
  statement: ['[', ']'],
  batch: ['[[', ']]'],
  check: ['{{', '}}'],
  gate: ['{', '}'],
};

function box({ kind, label }: OperationRow): string {
  const [open, close] = BOXES[kind];
  return `${open}"${text(label)}"${close}`;
}

/** Quotes end a label, and a backtick at its beginning makes it Markdown. */
function text(label: string): string {
  return label.replaceAll(/\s+/g, ' ').replaceAll('#', '#35;').replaceAll('"', '#quot;').replaceAll('`', '#96;');
}
