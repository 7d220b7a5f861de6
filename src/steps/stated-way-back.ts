/** `rollback: { sql, verify }` of any step: runs in place of what its kind derives. */
import { compileChecks } from '../checks/compile-checks.js';
import type { Path } from '../kernel/path.js';
import type { Operation } from '../operation/operation.js';
import { checkOperations } from '../checks/check-operations.js';
import { statementOperation } from './statement-operation.js';
import type { LowerContext } from './step-definition.js';
import { touchesOf } from './touches.js';

/** Empty where the step's way back is derived, or where it has none. */
export function statedWayBack(context: LowerContext, rollbackPath: Path): readonly Operation[] {
  if (context.rollback.kind !== 'sql') return [];
  const statements = context.statementsOf(context.rollback.sql);
  const id = `undo/${context.step}/rollback`;
  const operation = statementOperation(id, context.step, statements, touchesOf(statements, context), true);
  const planned = compileChecks(context.rollback.verify, context, [...rollbackPath, 'verify']);
  const options = {
    step: context.step,
    prefix: `undo/${context.step}/verify`,
    effect: 'fail',
    barrier: false,
    after: [id],
  } as const;
  return [operation, ...checkOperations(planned, options)];
}
