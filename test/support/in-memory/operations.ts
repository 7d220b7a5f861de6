/** Operations and graphs for a server in memory: their SQL is only a text by which they are told apart, and is never run. */
import type { CheckQuery } from '../../../src/operation/check-query.js';
import { summarise } from '../../../src/operation/check-query.js';
import {
  CHANGES_NOTHING,
  type BatchOperation,
  type CheckOperation,
  type GateOperation,
  type Operation,
  type StatementOperation,
} from '../../../src/operation/operation.js';
import type { Limits, OperationGraph } from '../../../src/operation/operation-graph.js';
import { orderOperations } from '../../../src/planner/order-operations.js';

type Base = Omit<StatementOperation, 'kind' | keyof Omit<StatementOperation, keyof GateOperation>>;

const base = (id: string): Base => ({
  ...{ id, step: id, label: id, reads: [], writes: [], locks: [], barrier: false, after: [] },
  ...{ skipWhen: [], hazards: [], reversal: CHANGES_NOTHING },
});

/** In a transaction. */
export function statement(id: string, more: Partial<StatementOperation> = {}): StatementOperation {
  return {
    ...base(id),
    ...{ kind: 'statement', transactional: true, unlimited: false, lockFirst: [], assertions: [], observation: null },
    statements: [{ sql: `ALTER TABLE ${id}`, parameters: [] }],
    ...more,
  };
}

/** Outside a transaction, with an effect that the catalog shows. */
export function build(id: string): StatementOperation {
  const remove = `DROP INDEX CONCURRENTLY ${id}`;
  return statement(id, {
    transactional: false,
    unlimited: true,
    statements: [{ sql: `CREATE INDEX CONCURRENTLY ${id}`, parameters: [] }],
    observation: { reached: query(`${id} is built`), leftover: { absent: query(`${id} is not invalid`), remove } },
  });
}

/** Outside a transaction, of which only a person can tell. */
export function vacuum(id: string): StatementOperation {
  const statements = [{ sql: `VACUUM ${id}`, parameters: [] }];
  return statement(id, { transactional: false, unlimited: true, statements });
}

/** Walks the rows of a table of its own name by their key, ten at a time. */
export function batch(id: string, more: Partial<BatchOperation> = {}): BatchOperation {
  return {
    ...base(id),
    kind: 'batch',
    walk: { relation: id, key: [{ name: 'id', type: 'bigint' }], index: `${id}_pkey` },
    work: {
      ...{ strategy: 'in place', lock: null, onViolation: null, rangeOf: id, explain: '', provenance: false },
      template: [`UPDATE ${id} SET n = n + 1 WHERE `, ` RETURNING ${id}`],
    },
    pace: { rows: 10, targetMs: null, maxRows: 1_000, workers: 1 },
    quarantine: 0,
    ...more,
  };
}

export function check(id: string, more: Partial<CheckOperation> = {}): CheckOperation {
  return { ...base(id), kind: 'check', check: query(id), effect: 'fail', ...more };
}

export function gate(id: string, more: Partial<GateOperation> = {}): GateOperation {
  return { ...base(id), barrier: true, kind: 'gate', approval: null, holdMs: null, ...more };
}

export function query(name: string): CheckQuery {
  const rows = `SELECT ${name}`;
  return { check: 'no_rows', name, severity: 'error', rows, summary: summarise(rows, 10), mask: [] };
}

/** In document order, with the edges that the planner draws. */
export function graphOf(operations: readonly Operation[], limits: Partial<Limits> = {}): OperationGraph {
  const ordered = orderOperations(operations);
  if (!ordered.ok) throw new Error(ordered.cycle.join(' → '));
  return {
    ...{ format: 1, plan: 'plan', direction: 'apply', steps: [], fingerprint: 'ls1:0' },
    ...{ operations: ordered.operations, edges: ordered.edges },
    limits: { lockTimeoutMs: 1_000, statementTimeoutMs: 60_000, workers: 2, searchPath: ['public'], ...limits },
  };
}
