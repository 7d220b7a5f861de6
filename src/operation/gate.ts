/** What may hold a gate back, and what is known of its checks: as the journal keeps it and reports show it. */
import type { CheckAnswer, CheckQuery } from './check-query.js';
import type { GateOperation } from './operation.js';

/** In the order in which they are told; the words of the plan. */
export const GATE_CONDITIONS = ['approval', 'hold', 'until', 'quiet_hours'] as const;
export type GateCondition = (typeof GATE_CONDITIONS)[number];

/** A check of a gate and its latest answer. Whole, so that it can be shown without the graph. */
export interface AskedCheck extends Pick<CheckQuery, 'check' | 'name' | 'severity'> {
  readonly id: string;
  readonly answer: CheckAnswer;
}

/** `sign-off/until/1-row_count`: as the checks of other lists are called that are operations of their own. */
export function checksOfGate({ step, until = [] }: GateOperation): readonly { id: string; query: CheckQuery }[] {
  return until.map((query, index) => ({ id: `${step}/until/${index + 1}-${query.check}`, query }));
}

/** What holds the gate back: a warning is only reported. */
export function isUnmet({ severity, answer }: Pick<AskedCheck, 'severity' | 'answer'>): boolean {
  return severity === 'error' && answer.violations > 0;
}
