/** Statements of a plan as one operation: for `sql`, and for the way back that a step states. */
import { IS_A_WAY_BACK, type StatementOperation } from '../operation/operation.js';
import type { ParsedStatement } from '../sql/grammar.js';
import { touchedBy } from '../sql/touch.js';
import type { Touches } from './touches.js';

export function statementOperation(
  id: string,
  step: string,
  statements: readonly ParsedStatement[],
  touches: Touches,
  transactional: boolean,
): StatementOperation {
  return {
    kind: 'statement',
    id,
    step,
    label: `run ${statements.map((statement) => touchedBy(statement.node).kind).join(', ')}`,
    transactional,
    unlimited: false,
    lockFirst: [],
    assertions: [],
    statements: statements.map(({ text }) => ({ sql: text, parameters: [] })),
    observation: null,
    reads: touches.reads,
    writes: touches.writes,
    locks: touches.locks,
    barrier: touches.barrier,
    after: [],
    skipWhen: [],
    hazards: [],
    reversal: IS_A_WAY_BACK,
  };
}
