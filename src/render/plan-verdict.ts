/** The one line about a plan that is read without scrolling: how much it does, what it locks at worst, what it may cost. */
import type { Diagnostic } from '../kernel/diagnostic.js';
import type { RelationLock } from '../operation/operation.js';
import type { PlanReport } from '../report/plan-report.js';
import { LOCK_MODES } from '../sql/lock-mode.js';
import { countLine } from './diagnostic-frame.js';
import { code, prose, shortened } from './markdown-text.js';
import { showDigest, showLabel } from './show-amount.js';

/** `stale`: it was saved, and another plan would come out today. The last two have no report. */
export type Verdict = 'ready' | 'stale' | 'invalid' | 'refused';

export function planVerdict(report: PlanReport, verdict: Verdict): string {
  const { plan, direction, steps, operations, digest } = report;
  const hazards = [...new Set(steps.flatMap((step) => step.hazards))];
  const worst = worstLock(steps.flatMap(({ worstLock: lock }) => (lock === null ? [] : [lock])));
  const noWayBack = steps.filter(({ undo }) => undo.way === 'none').map(({ id, kind }) => id || kind);
  const what = direction === 'apply' ? 'Plan' : 'Way back of';
  const facts = [
    `${amount(steps.filter(({ number }) => number !== null).length, 'step')}, ${amount(operations.length, 'operation')}`,
    worst === undefined ? 'no locks' : `worst lock ${code(lockName(worst))}`,
    hazards.length === 0 ? 'no hazards' : `hazards ${named(hazards)}`,
    ...(direction === 'apply' ? [undoText(noWayBack, steps)] : []),
    `digest ${code(showDigest(shortened(digest, 100)))}`,
  ];
  const careful = verdict === 'stale' || hazards.length > 0 || noWayBack.length > 0;
  const state = verdict === 'stale' ? ' is **stale**' : '';
  return `${careful ? '⚠' : '✔'} **${what} ${code(shortened(plan, 100))}**${state}: ${facts.join(' · ')}`;
}

export function failureVerdict(file: string, verdict: Verdict, diagnostics: readonly Diagnostic[]): string {
  return `✖ **Plan ${code(shortened(file, 300))}** is **${verdict}**: ${countLine(diagnostics)}`;
}

/** `ACCESS EXCLUSIVE users` */
export function lockName({ mode, relation }: RelationLock): string {
  return shortened(`${mode} ${showLabel(relation)}`, 200);
}

function worstLock(locks: readonly RelationLock[]): RelationLock | undefined {
  return [...locks].sort((a, b) => LOCK_MODES.indexOf(b.mode) - LOCK_MODES.indexOf(a.mode))[0];
}

function undoText(noWayBack: readonly string[], steps: PlanReport['steps']): string {
  if (noWayBack.length > 0) return `undo: **NO** for ${named(noWayBack)}`;
  return steps.some(({ undo }) => undo.way === 'derived') ? 'undo: yes' : 'nothing to undo';
}

/** A few by name, the rest by number. */
function named(names: readonly string[]): string {
  const shown = names.slice(0, 5).map((name) => code(shortened(name, 100)));
  return shown.join(', ') + (names.length > 5 ? prose(` and ${names.length - 5} more`) : '');
}

function amount(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`;
}
