/** Where the proofs that a step owes are asked: as early as they can be, so that a plan that cannot run changes nothing. */
import { ANYTHING, type Operation } from '../operation/operation.js';
import type { FamilyOf } from './partition-families.js';

export interface StepOperations {
  readonly operations: readonly Operation[];
  /** Checks of this step that may come before everything. */
  readonly preconditions: readonly Operation[];
}

/**
 * A precondition comes before everything where no earlier step touches what it reads and nothing decides first whether
 * its step runs; otherwise right before its step.
 */
export function placePreconditions(
  begin: readonly Operation[],
  steps: readonly StepOperations[],
  familyOf: FamilyOf,
): readonly Operation[] {
  const written = new Set<string>();
  const isLate = ({ skipWhen, reads }: Operation): boolean =>
    skipWhen.length > 0 ||
    written.has(ANYTHING) ||
    (reads.includes(ANYTHING) && written.size > 0) ||
    reads.flatMap(familyOf).some((read) => written.has(read));
  const first: Operation[] = [];
  const rest: Operation[] = [];
  for (const { operations, preconditions } of steps) {
    const late = preconditions.filter(isLate);
    const early = preconditions.filter((check) => !late.includes(check));
    first.push(...early.map((check) => ({ ...check, step: '', barrier: true })));
    const ids = late.map((check) => check.id);
    rest.push(
      ...late,
      ...operations.map((operation) =>
        changesRows(operation) ? { ...operation, after: [...operation.after, ...ids] } : operation,
      ),
    );
    for (const operation of operations.filter(changesRows)) {
      operation.writes.flatMap(familyOf).forEach((key) => written.add(key));
      // Where it cannot be known what is written, anything may have been.
      if (operation.barrier) written.add(ANYTHING);
    }
  }
  return [...begin, ...first, ...rest];
}

export function changesRows(operation: Operation): boolean {
  return operation.kind === 'batch' || operation.kind === 'statement';
}
