/** Checks and their answers: a line each, with the figures of what was counted, and the rows that must not be. */
import { describeAnswer, type CheckAnswer } from '../operation/check-query.js';
import { isUnmet } from '../operation/gate.js';
import { printable } from './display-width.js';
import { showCount, showLabel, showRow } from './show-amount.js';
import { cut, renderTable, type Cell } from './text-table.js';
import type { View } from './view.js';

export interface CheckLine {
  /** Empty for conditions of the whole plan. */
  readonly step: string;
  readonly name: string;
  readonly severity: 'error' | 'warning';
  /** Null where it was not asked, or the server refused it. */
  readonly answer: CheckAnswer | null;
  readonly error: string | null;
  /** `plans/orders.yaml:52:9`, where it is known. */
  readonly place: string | null;
  /** A gate's: what does not hold is waited for, and is no failure. */
  readonly awaited?: boolean;
}

/** Several lines, without a line feed at the end; empty where there are no checks. */
export function renderChecks(checks: readonly CheckLine[], view: View): string {
  const lines = renderTable(
    [{ title: '' }, { title: '', least: 24 }, { title: '', least: 16 }, { title: '' }],
    checks.map((check) => cellsOf(check, view)),
    view,
  );
  return checks.flatMap((check, index) => [lines[index]!, ...samples(check, view)]).join('\n');
}

/** `✔ 12 checks hold`, `✖ 2 of 12 checks fail`; what is waited for is counted apart: `✔ 12 checks hold, 1 is waited for`. */
export function renderVerdict(lines: readonly CheckLine[], { style }: View): string {
  const asked = lines.filter(({ answer, error }) => answer !== null || error !== null);
  const checks = asked.filter((check) => !isWaitedFor(check));
  const waits = asked.length - checks.length;
  const unasked = lines.length - asked.length;
  const failed = checks.filter((check) => check.severity === 'error' && isBroken(check)).length;
  const warned = checks.filter((check) => check.severity === 'warning' && isBroken(check)).length;
  const waited = waits === 0 ? '' : `, ${waits} ${waits === 1 ? 'is' : 'are'} waited for`;
  const left = unasked === 0 ? '' : `, ${unasked} not asked: they mean another shape of the tables`;
  const also = `${warned === 0 ? '' : `, ${warned} ${warned === 1 ? 'warning' : 'warnings'}`}${waited}${left}`;
  const all = `${checks.length} ${checks.length === 1 ? 'check' : 'checks'}`;
  if (checks.length === 0 && waits > 0)
    return style.warning(`◷ ${waits} ${waits === 1 ? 'check is' : 'checks are'} waited for`);
  if (failed === 0) return style.success(`✔ ${all} ${checks.length === 1 ? 'holds' : 'hold'}${also}`);
  return style.error(`✖ ${failed} of ${all} ${failed === 1 ? 'fails' : 'fail'}${also}`);
}

/** The SQL of each check under its name, whose rows are the violations. */
export function renderCheckSql(
  checks: readonly { readonly step: string; readonly name: string; readonly sql: string }[],
) {
  return checks
    .map((check) => `-- ${nameOf(check).replaceAll(/[\r\n]+/g, ' ')}\n${check.sql.trimEnd()}\n;\n`)
    .join('\n');
}

function cellsOf(check: CheckLine, { style }: View): readonly Cell[] {
  const name = nameOf(check);
  const says = saysOf(check);
  const place = check.place === null || !isBroken(check) ? '' : { text: check.place, tone: style.faint };
  if (check.answer === null && check.error === null) return ['·', name, 'not asked', ''];
  if (!isBroken(check)) return [{ text: '✔', tone: style.success }, name, says, ''];
  if (isWaitedFor(check)) return [{ text: '◷', tone: style.warning }, { text: name, tone: style.warning }, says, place];
  const [sign, tone] = check.severity === 'error' ? ['✖', style.error] : ['!', style.warning];
  return [{ text: sign, tone }, { text: name, tone }, says, place];
}

export function isBroken({ answer, error }: Pick<CheckLine, 'answer' | 'error'>): boolean {
  return error !== null || (answer?.violations ?? 0) > 0;
}

/** What the server refused to answer is not waited for. */
function isWaitedFor({ awaited, severity, answer }: CheckLine): boolean {
  return awaited === true && answer !== null && isUnmet({ severity, answer });
}

function nameOf({ step, name }: { readonly step: string; readonly name: string }): string {
  return showLabel(step === '' ? name : `${step} › ${name}`);
}

function saysOf({ answer, error }: CheckLine): string {
  if (error !== null) return `the server refused it: ${printable(error)}`;
  return answer === null ? '' : printable(describeAnswer(answer));
}

const SHOWN_SAMPLES = 10;

/** Where the figures are all that a sample could show, they stand in the line already. */
function samples({ answer, ...check }: CheckLine, { style, width }: View): readonly string[] {
  if (answer === null || !isBroken({ answer, error: check.error })) return [];
  const told = JSON.stringify(answer.figures);
  const rows = answer.samples.filter((sample) => JSON.stringify(sample) !== told);
  const lines = rows.slice(0, SHOWN_SAMPLES).map((row) => cut(`    ${showRow(row)}`, Math.max(width, 40)));
  const more = answer.violations - Math.min(rows.length, SHOWN_SAMPLES);
  return rows.length > 0 && more > 0 ? [...lines, style.faint(`    and ${showCount(more)} more`)] : lines;
}
