/** Operations that nobody runs: what the planner's tests order and take back. */
import {
  CHANGES_NOTHING,
  IS_A_WAY_BACK,
  type Operation,
  type StatementOperation,
} from '../../../src/operation/operation.js';
import { GRAPH_FORMAT, type OperationGraph } from '../../../src/operation/operation-graph.js';

export function statement(id: string, given: Partial<StatementOperation> = {}): StatementOperation {
  return {
    ...{
      kind: 'statement',
      id,
      step: id,
      label: id,
      reads: [],
      writes: [],
      locks: [],
      barrier: false,
      after: [],
      skipWhen: [],
      hazards: [],
    },
    ...{ transactional: true, unlimited: false, lockFirst: [], assertions: [], statements: [], observation: null },
    reversal: CHANGES_NOTHING,
    ...given,
  };
}

export function undo(id: string): Operation {
  return statement(`undo/${id}`, { reversal: IS_A_WAY_BACK });
}

export function reversible(id: string, given: Partial<StatementOperation> = {}, undone = id): StatementOperation {
  return statement(id, { reversal: { kind: 'operations', operations: [undo(undone)] }, ...given });
}

export function graphOf(operations: readonly Operation[], edges: OperationGraph['edges'] = []): OperationGraph {
  return {
    ...{ format: GRAPH_FORMAT, plan: 'p', direction: 'apply', steps: [], operations, edges, fingerprint: 'ls1:0' },
    limits: { lockTimeoutMs: 1, statementTimeoutMs: 1, workers: 1, searchPath: ['public'] },
  };
}
