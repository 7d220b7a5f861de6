/** Runs made of operations that nobody executes: what the journal's tests write about. */
import type { RunHandle } from '../../../src/executor/journal.js';
import type { Session } from '../../../src/executor/session.js';
import { CHANGES_NOTHING, type GateOperation } from '../../../src/operation/operation.js';
import type { OperationGraph } from '../../../src/operation/operation-graph.js';
import { postgresJournal } from '../../../src/postgres/journal/journal.js';
import { beginRun, type NewRun } from '../../../src/postgres/journal/runs.js';
import { inTransaction, rangesOf } from '../../contracts/journal-world.js';

export const EXECUTOR = 'host pid 1';

export function graphOf(plan: string, ...ids: readonly string[]): OperationGraph {
  return {
    format: 1,
    plan,
    direction: ids[0]?.startsWith('undo/') === true ? 'rollback' : 'apply',
    steps: [],
    operations: ids.map(gate),
    edges: [],
    limits: { lockTimeoutMs: 2_000, statementTimeoutMs: 0, workers: 2, searchPath: ['public'] },
    fingerprint: 'ls1:0',
  };
}

function gate(id: string): GateOperation {
  return {
    ...{ kind: 'gate', id, step: id, label: id, reads: [], writes: [], locks: [], barrier: false, after: [] },
    ...{ skipWhen: [], hazards: [], reversal: CHANGES_NOTHING, approval: null, holdMs: null },
  };
}

export function newRun(graph: OperationGraph): NewRun {
  return { graph, sourceDigest: 'ls1:1', params: { of: 'é"\\' }, fingerprintBefore: '[]', executor: EXECUTOR };
}

/** A run with one operation, which has that many ranges: up to 10, up to 20, … */
export async function runWithRanges(session: Session, plan: string, ranges: number): Promise<RunHandle> {
  const run = await beginRun(session, newRun(graphOf(plan, 'fill')));
  await inTransaction(session, async () => {
    await postgresJournal.createRanges(session, run, 'fill', rangesOf(ranges));
    await postgresJournal.moveOperation(session, run, 'fill', 'running');
  });
  return run;
}
