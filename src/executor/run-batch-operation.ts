/** A batch operation: its ranges are cut once, then workers claim and work them off until none is unfinished. */
import { batchLockTimeoutMs } from '../operation/lock-budget.js';
import type { BatchOperation } from '../operation/operation.js';
import { BatchProblemError, FailedPortionError, meetsRow, runBatch } from './batch.js';
import type { Ended, Execution } from './execution.js';
import type { OperationState, RecordedError } from './journal.js';
import { nextBatchSize, sizeAfterTimeout } from './pace.js';
import { persist, type Attempts } from './persist.js';
import { settlePoison } from './poison-row.js';
import { recordedError } from './recorded-error.js';
import { MAX_TRIES, pauseBeforeTryMs } from './retry-policy.js';
import { runTransaction } from './run-transaction.js';
import { FencedError } from './journal.js';
import type { Session } from './session.js';
import { StoppedError } from './stop-request.js';
import { splitRanges } from './split-ranges.js';
import { createSuspects, type Suspects } from './suspects.js';

/** Others hold what is left: how long before looking again. */
const CLAIM_PAUSE_MS = 100;

/** What the workers of one operation in this process share. */
export interface Crew {
  /** Whether it stays while others hold what is left. */
  readonly patient: boolean;
  size: number;
  readonly suspects: Suspects;
  /** The last batch met rows that were there: the next is sent as `onViolation`. */
  meetsRows: boolean;
  problem: RecordedError | null;
  problemTries: number;
  fenced: FencedError | null;
  /** Aborted by the first that finds nothing left: whoever waits for what others hold need not wait out the pause. */
  readonly over: AbortController;
}

export async function runBatchOperation(
  operation: BatchOperation,
  from: OperationState,
  execution: Execution,
): Promise<Ended> {
  const lockTimeoutMs = batchLockTimeoutMs(operation.pace, execution.limits.lockTimeoutMs, execution.deadlockTimeoutMs);
  if (lockTimeoutMs === undefined) return { state: 'failed', outcome: { error: targetTooLong(operation, execution) } };
  const crew = newCrew(operation, { patient: true });
  try {
    // Also after a failure: it may have come before there were ranges, and a walk without ranges looks finished.
    if (from !== 'running') await cutRanges(operation, execution);
    const workers = Array.from({ length: operation.pace.workers }, () =>
      workOff(operation, lockTimeoutMs, crew, execution),
    );
    await Promise.all(workers);
  } catch (error) {
    if (error instanceof FencedError) throw error;
    if (error instanceof StoppedError) return { state: 'stopped' };
    return { state: 'failed', outcome: { error: recordedError(error) } };
  }
  if (crew.fenced !== null) throw crew.fenced;
  if (crew.problem !== null) return { state: 'failed', outcome: { error: crew.problem } };
  return persist(execution, operation, async (session) => {
    const unfinished = await execution.journal.unfinishedRanges(session, execution.run, operation.id);
    if (unfinished > 0) return { state: 'stopped' };
    return { state: 'done', outcome: { counts: await execution.journal.counts(session, execution.run, operation.id) } };
  });
}

/** In the transaction that moves the operation to `running`: the ranges of a running operation are always there. */
async function cutRanges(operation: BatchOperation, execution: Execution): Promise<void> {
  const { journal, run } = execution;
  await persist(execution, operation, (session) =>
    runTransaction(
      execution,
      session,
      async () => {
        await journal.createRanges(session, run, operation.id, await splitRanges(operation, session));
        if (operation.work.provenance) await journal.noteFiles(session, run, operation.id, operation.writes);
        await journal.moveOperation(session, run, operation.id, 'running');
      },
      // Finding the cuts of a large relation reads a sample of it or its whole index.
      { statementTimeoutMs: 0 },
    ),
  );
}

export function newCrew({ pace }: BatchOperation, { patient }: Pick<Crew, 'patient'>): Crew {
  return {
    patient,
    size: pace.rows,
    suspects: createSuspects(),
    meetsRows: false,
    problem: null,
    problemTries: 0,
    fenced: null,
    over: new AbortController(),
  };
}

/** One worker. It never throws what another worker should not see: the crew's problem ends all of them. */
export async function workOff(
  operation: BatchOperation,
  lockTimeoutMs: number,
  crew: Crew,
  execution: Execution,
): Promise<void> {
  const wakes = AbortSignal.any([execution.stop, crew.over.signal]);
  try {
    for (;;) {
      if (!(await execution.throttle.clear(execution.stop)) || crew.problem !== null || crew.fenced !== null) return;
      if (crew.over.signal.aborted) return;
      const went = await oneBatch(operation, lockTimeoutMs, crew, execution);
      if (went === 'all done') {
        crew.over.abort();
        return;
      }
      if (went === 'others at work' && !crew.patient) return;
      if (went !== 'committed' && went !== 'another way') {
        await execution.clock.sleep(pauseAfter(went, crew, execution), wakes);
      }
    }
  } catch (error) {
    if (error instanceof FencedError) crew.fenced = error;
    else if (!(error instanceof StoppedError)) crew.problem ??= recordedError(error);
  }
}

/** `another way`: the same rows again at once, with another statement or fewer of them. */
type Went = 'committed' | 'another way' | 'all done' | 'others at work' | 'collided';

function pauseAfter(went: Went, crew: Crew, { random }: Execution): number {
  return went === 'collided' ? pauseBeforeTryMs(crew.problemTries, random) : CLAIM_PAUSE_MS;
}

async function oneBatch(
  operation: BatchOperation,
  lockTimeoutMs: number,
  crew: Crew,
  execution: Execution,
): Promise<Went> {
  const { journal, run, observe, stop, clock, limits } = execution;
  const work = async (session: Session, attempts: Attempts): Promise<Went> => {
    if (stop.aborted) return 'all done';
    const { template, onViolation } = operation.work;
    const text = crew.meetsRows ? (onViolation ?? template) : template;
    const { size } = crew;
    const beganAt = clock.now();
    try {
      const batch = await runBatch(operation, text, size, crew.suspects, lockTimeoutMs, session, execution);
      if (batch === null) {
        // Nothing to claim is not "finished": another worker, or a dying one, may hold what is left.
        return (await journal.unfinishedRanges(session, run, operation.id)) === 0 ? 'all done' : 'others at work';
      }
      attempts.tries = 0;
      crew.problemTries = 0;
      const { atUsualPace, short, ...told } = batch;
      if (atUsualPace) crew.size = nextBatchSize(operation.pace, { size, short, durationMs: batch.durationMs });
      if (batch.skipped === 0) crew.meetsRows = false;
      const counts = await journal.counts(session, run, operation.id);
      observe({ type: 'progress', operation: operation.id, step: operation.step, counts, ...told });
      return 'committed';
    } catch (error) {
      const smaller = sizeAfterTimeout(error, size, clock.now() - beganAt, limits);
      if (smaller !== null) {
        crew.size = Math.min(crew.size, smaller);
        const reason = `${size} rows took longer than statement_timeout, next ${crew.size}`;
        observe({ type: 'retry', operation: operation.id, step: operation.step, reason, tries: 1, pauseMs: 0 });
        return 'another way';
      }
      if (error instanceof FailedPortionError) {
        const settled = await settlePoison(operation, error, crew.suspects, session, execution);
        if (settled === 'smaller' || !('problem' in settled)) return 'committed';
        crew.problem ??= settled.problem;
        return 'all done';
      }
      if (meetsRow(operation, text, error)) {
        crew.meetsRows = true;
        return 'another way';
      }
      if (!(error instanceof BatchProblemError)) throw error;
      crew.problemTries += 1;
      if (!error.problem.retry || crew.problemTries > MAX_TRIES) {
        crew.problem = { code: error.problem.code, message: error.message, rows: error.problem.rows };
        return 'all done';
      }
      return 'collided';
    }
  };
  return persist(execution, operation, work, { inSlot: true });
}

function targetTooLong(operation: BatchOperation, execution: Execution): RecordedError {
  return {
    code: 'batch_target_too_long',
    message: 'a batch of this length could make the application lose a deadlock',
    detail: `target ${operation.pace.targetMs ?? 0} ms leaves no room below the server's deadlock_timeout of ${execution.deadlockTimeoutMs} ms; use a smaller target`,
  };
}
