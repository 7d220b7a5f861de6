/** Planned checks as operations: for `verify`, and for the conditions that any step may carry. */
import type { PlannedCheck } from './compile-checks.js';
import { ANYTHING, CHANGES_NOTHING, type CheckOperation, type OperationId } from '../operation/operation.js';

export interface CheckOperationOptions {
  readonly step: string;
  /** `proof/verify`: the operations are numbered below it. */
  readonly prefix: string;
  /** For checks of severity `error`; a warning is always only reported. */
  readonly effect: 'fail' | 'skip';
  readonly barrier: boolean;
  readonly after?: readonly OperationId[];
  readonly skipWhen?: readonly OperationId[];
  readonly lasts?: CheckOperation['lasts'];
  readonly foretold?: true;
}

export function checkOperations(
  planned: readonly PlannedCheck[],
  options: CheckOperationOptions,
): readonly CheckOperation[] {
  return planned.map(({ query, reads }, index) => ({
    kind: 'check',
    id: `${options.prefix}/${index + 1}-${query.check}`,
    step: options.step,
    label: query.name,
    check: query,
    effect: query.severity === 'warning' ? 'warn' : options.effect,
    reads,
    writes: [],
    locks: reads.filter((read) => read !== ANYTHING).map((relation) => ({ relation, mode: 'ACCESS SHARE' })),
    barrier: options.barrier,
    after: options.after ?? [],
    skipWhen: options.skipWhen ?? [],
    hazards: [],
    reversal: CHANGES_NOTHING,
    ...(options.lasts !== undefined && { lasts: options.lasts }),
    ...(options.foretold !== undefined && { foretold: options.foretold }),
  }));
}
