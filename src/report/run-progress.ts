/**
 * Where a run stands in this process: a fold over its events. Owns rates and what is under way; the lines and screens that
 * show it belong to `render`, and the truth about the run to the journal.
 */
import type { BuildProgress } from '../executor/ask-build.js';
import type { Blocker } from '../executor/blocker.js';
import type { OperationOutcome, OperationState } from '../executor/journal.js';
import type { RunEvent } from '../executor/run-event.js';
import type { Counts } from '../executor/run-types.js';
import type { OperationGraph } from '../operation/operation-graph.js';
import type { Operation, OperationId } from '../operation/operation.js';
import type { Estimates } from './plan-report.js';

export interface RunProgress {
  /** In the graph's order. */
  readonly operations: readonly OperationProgress[];
}

export interface OperationProgress {
  readonly id: OperationId;
  readonly step: string;
  readonly kind: Operation['kind'];
  readonly label: string;
  /** As far as this process was told. */
  readonly state: OperationState;
  readonly outcome: OperationOutcome | null;
  /** Milliseconds since the epoch; null before this process started it. */
  readonly startedAtMs: number | null;
  /** Null before the first batch of this process. */
  readonly counts: Counts | null;
  /** The server's estimate of the rows that will be read; null where there is none. */
  readonly estimate: number | null;
  /** Rows read by the end of batches of this process, of the last half minute. */
  readonly samples: readonly RateSample[];
  readonly lastBatch: { readonly rows: number; readonly durationMs: number; readonly cursor: readonly string[] } | null;
  /** What it was last tried again for, until it gets on. */
  readonly retry: { readonly reason: string; readonly tries: number } | null;
  /** Of a statement without timeouts: how far it is, and for whom it waits. */
  readonly watched: Watched | null;
}

export interface Watched {
  readonly build: BuildProgress | null;
  readonly blockers: readonly Blocker[];
}

export interface RateSample {
  readonly atMs: number;
  readonly read: number;
}

const KEPT_MS = 30_000;
const RATE_MS = 10_000;

export function beginProgress(graph: OperationGraph, estimates: Estimates): RunProgress {
  return {
    operations: graph.operations.map(({ id, step, kind, label }) => ({
      id,
      step,
      kind,
      label,
      state: 'pending',
      outcome: null,
      startedAtMs: null,
      counts: null,
      estimate: estimates[id] ?? null,
      samples: [],
      lastBatch: null,
      retry: null,
      watched: null,
    })),
  };
}

/** Estimates that came after the run had begun. */
export function withEstimates(progress: RunProgress, estimates: Estimates): RunProgress {
  return {
    operations: progress.operations.map((operation) => ({
      ...operation,
      estimate: estimates[operation.id] ?? operation.estimate,
    })),
  };
}

export function foldEvent(progress: RunProgress, event: RunEvent, atMs: number): RunProgress {
  const operations = progress.operations.map((operation) =>
    operation.id === event.operation ? { ...operation, ...changeOf(operation, event, atMs) } : operation,
  );
  return { operations };
}

function changeOf(operation: OperationProgress, event: RunEvent, atMs: number): Partial<OperationProgress> {
  switch (event.type) {
    case 'operation': {
      const startedAtMs = operation.startedAtMs ?? atMs;
      const counts = event.outcome?.counts ?? operation.counts;
      return { state: event.to, outcome: event.outcome, startedAtMs, counts, retry: null, watched: null };
    }
    case 'progress': {
      const { counts, rows, durationMs, cursor } = event;
      // The first batch tells how many rows were read before it: from there the rate counts, also after a resume.
      const before: readonly RateSample[] =
        operation.samples.length > 0
          ? operation.samples
          : [{ atMs: operation.startedAtMs ?? atMs - durationMs, read: counts.read - rows }];
      const samples = [...before.filter((sample) => atMs - sample.atMs <= KEPT_MS), { atMs, read: counts.read }];
      return { counts, samples, lastBatch: { rows, durationMs, cursor }, retry: null };
    }
    case 'set aside':
      return { retry: null };
    case 'retry':
      return { retry: { reason: event.reason, tries: event.tries }, watched: null };
    case 'watch':
      return { watched: { build: event.build, blockers: event.blockers }, retry: null };
  }
}

/** Rows per second over the last ten seconds of batches; null before there is something to go by. */
export function rateOf({ samples }: OperationProgress, nowMs: number): number | null {
  const last = samples.at(-1);
  const first = samples.find((sample) => nowMs - sample.atMs <= RATE_MS) ?? last;
  if (last === undefined || first === undefined || first === last) return null;
  const spanMs = nowMs - first.atMs;
  return spanMs <= 0 ? null : ((last.read - first.read) * 1000) / spanMs;
}

/** Rows read in each of the last whole seconds, the latest last: what a sparkline shows. */
export function recentRates({ samples }: OperationProgress, nowMs: number, seconds: number): readonly number[] {
  const begin = nowMs - seconds * 1000;
  const readBy = (atMs: number): number => samples.findLast((sample) => sample.atMs <= atMs)?.read ?? NaN;
  return Array.from({ length: seconds }, (_, index) => {
    const rows = readBy(begin + (index + 1) * 1000) - readBy(begin + index * 1000);
    return Number.isNaN(rows) ? null : rows;
  }).filter((rows) => rows !== null);
}

/** Of the estimate, below 1 as long as it runs: an estimate may be too low. Null where nothing is known. */
export function shareDone({ counts, estimate }: Pick<OperationProgress, 'counts' | 'estimate'>): number | null {
  if (counts === null || estimate === null || estimate <= 0) return null;
  return Math.min(counts.read / estimate, 0.999);
}

/** Milliseconds; null where the rate or the estimate says nothing. */
export function timeLeftMs(operation: OperationProgress, nowMs: number): number | null {
  const rate = rateOf(operation, nowMs);
  if (rate === null || rate <= 0 || operation.estimate === null || operation.counts === null) return null;
  const left = operation.estimate - operation.counts.read;
  return left <= 0 ? null : (left / rate) * 1000;
}
