/** Runs made of operations that nobody executes: what the journal's tests write about. */
import type { BatchRecord, RangeClaim, RunHandle } from '../../../src/executor/journal.js';
import type { Session } from '../../../src/executor/session.js';
import { CHANGES_NOTHING, type GateOperation } from '../../../src/operation/operation.js';
import type { OperationGraph } from '../../../src/operation/operation-graph.js';
import { postgresJournal } from '../../../src/postgres/journal/journal.js';
import { beginRun, type NewRun } from '../../../src/postgres/journal/runs.js';

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

export function rangesOf(
  count: number,
): readonly { readonly lower: readonly string[] | null; readonly upper: readonly string[] }[] {
  return Array.from({ length: count }, (_, index) => ({
    lower: index === 0 ? null : [String(index * 10)],
    upper: [String((index + 1) * 10)],
  }));
}

/** To the end of the claimed range. */
export function wholeRange(claim: RangeClaim, read = 10): BatchRecord {
  const counts = { read, changed: read, skipped: 0, kept: 0, findings: [], problem: null };
  return { cursor: claim.upper, done: true, counts, durationMs: 1, provenance: false };
}

export async function inTransaction<T>(session: Session, work: () => Promise<T>): Promise<T> {
  await session.query('BEGIN');
  try {
    const result = await work();
    await session.query('COMMIT');
    return result;
  } catch (error) {
    await session.query('ROLLBACK');
    throw error;
  }
}
