/** The least that a statement operation says: what its maker adds to it is what the operation is about. */
import type { OperationId, Reversal, StatementOperation } from './operation.js';

/** A transaction of statements that touches no table. */
export function statementBase(step: string, id: OperationId): StatementOperation {
  const reversal: Reversal = { kind: 'nothing', reason: 'it is itself a way back' };
  return {
    kind: 'statement',
    id,
    step,
    label: '',
    transactional: true,
    unlimited: false,
    lockFirst: [],
    assertions: [],
    statements: [],
    observation: null,
    reads: [],
    writes: [],
    locks: [],
    barrier: false,
    after: [],
    skipWhen: [],
    hazards: [],
    reversal,
  };
}

export function plain(sql: string): StatementOperation['statements'][number] {
  return { sql, parameters: [] };
}
