/** The order of a plan as a Mermaid flowchart: an arrow says what has ended before what begins. */
import type { OperationRow, PlanReport } from '../report/plan-report.js';
import { printable } from './display-width.js';

export function renderPlanGraph({ plan, direction, steps, operations }: PlanReport): string {
  const names = new Map(operations.map(({ id }, index) => [id, `o${index + 1}`]));
  const lines = [`%% ${direction === 'apply' ? 'plan' : 'way back of'} ${text(plan)}`, 'flowchart TD'];
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

/**
 * Text that stays text: quotes end a label, a backtick or a list's mark at its beginning makes it Markdown, `%%{` changes the
 * settings of the whole graph wherever it stands, and what looks like HTML is taken for it.
 */
function text(label: string): string {
  // Between the quotes something has to stand.
  if (label.trim() === '') return ' ';
  return printable(label.replaceAll(/\s+/g, ' '))
    .replaceAll(/["#%&*:<>\\`~]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, entity)
    .replace(/^( *\d*)([-+.)])/, (_, before: string, mark: string) => `${before}${entity(mark)}`);
}

/** Mermaid writes entities with `#`. */
function entity(sign: string): string {
  return `#${sign.charCodeAt(0)};`;
}
