/** Whether a gate opens, by what was read of it; and where it does not, all that is missing, told together. Pure. */
import { isInWindow, showNextOpening, showWindow } from '../kernel/daily-window.js';
import { formatDuration } from '../kernel/duration.js';
import { describeAnswer } from '../operation/check-query.js';
import { isUnmet, type AskedCheck, type GateCondition } from '../operation/gate.js';
import type { GateOperation } from '../operation/operation.js';
import type { Ended } from './execution.js';

export interface GateFacts {
  /** With what is to be said of each. */
  readonly approvedBy: readonly string[];
  /** Those that do not count, with why. */
  readonly notCounted?: readonly string[];
  /** Since it was first reached. */
  readonly waitedMs: number;
  /** By the clock of the database, read after the checks were answered, which may take hours. */
  readonly nowMs: number;
  readonly until: readonly AskedCheck[];
}

type Missing = readonly [condition: GateCondition, told: string];

export function gateVerdict(gate: GateOperation, facts: GateFacts): Ended {
  const missing = missingOf(gate, facts);
  const until = facts.until.length === 0 ? {} : { until: facts.until };
  if (missing.length === 0) return { state: 'done', outcome: { reason: whyOpen(gate, facts), ...until } };
  const reason = `waits for ${joined(missing.map(([, told]) => told))}`;
  const conditions = [...new Set(missing.map(([condition]) => condition))];
  return { state: 'waiting', outcome: { reason, missing: conditions, ...until } };
}

function missingOf({ approval, holdMs, quietHours }: GateOperation, facts: GateFacts): readonly Missing[] {
  const { approvedBy, notCounted = [], waitedMs, nowMs, until } = facts;
  const missing: Missing[] = [];
  if (approval !== null && approvedBy.length === 0)
    missing.push(['approval', `approval by ${approval}${notCountedText(notCounted)}`]);
  const leftMs = Math.max(0, (holdMs ?? 0) - waitedMs);
  if (leftMs > 0) missing.push(['hold', `${formatDuration(Math.ceil(leftMs / 1000) * 1000)} of its hold`]);
  for (const check of until.filter(isUnmet)) missing.push(['until', `${check.name} (${describeAnswer(check.answer)})`]);
  // Hours that open before the hold is over are not those to come back in.
  const earliestMs = nowMs + leftMs;
  if (quietHours !== undefined && !(isInWindow(quietHours, nowMs) && isInWindow(quietHours, earliestMs))) {
    const opens = showNextOpening(quietHours, earliestMs);
    missing.push(['quiet_hours', `its hours ${showWindow(quietHours)}, next from ${opens}`]);
  }
  return missing;
}

function notCountedText(of: readonly string[]): string {
  return of.length === 0 ? '' : `; that of ${of.join(', ')} does not count`;
}

function whyOpen({ holdMs, quietHours }: GateOperation, { approvedBy, until }: GateFacts): string {
  const reasons = [
    ...(approvedBy.length > 0 ? [`approved by ${approvedBy.join(', ')}`] : []),
    ...(holdMs !== null ? ['the hold has passed'] : []),
    ...(until.some(({ severity }) => severity === 'error') ? ['its checks hold'] : []),
    ...(quietHours !== undefined ? [`within its hours ${showWindow(quietHours)}`] : []),
  ];
  return reasons.length === 0 ? 'nothing holds it back' : joined(reasons);
}

function joined(texts: readonly string[]): string {
  return texts.length < 2 ? texts.join('') : `${texts.slice(0, -1).join(', ')} and ${texts.at(-1)!}`;
}
