/**
 * Does the same work again while the answer is worth another try. One place for pauses, reconnecting and giving up, so
 * that batches, statements and checks behave alike.
 */
import type { Execution } from './execution.js';
import { MAX_TRIES, pauseBeforeTryMs, remedyFor } from './retry-policy.js';
import { DatabaseError, type Session } from './session.js';
import { StoppedError } from './stop-request.js';

export interface Attempts {
  /** Tries in a row without progress; the work sets it back to 0 when it gets somewhere. */
  tries: number;
}

export interface PersistOptions {
  /**
   * Each try holds one of the run's slots. It is given back for the pause: operations that wait for locks would
   * otherwise keep others from working that have nothing to wait for.
   */
  readonly inSlot?: boolean;
}

/**
 * Calls `work` with a session until it returns. A statement that may be tried again is, after a pause; a lost connection
 * gets a new one. Rejects with what `work` rejected with when another try cannot help or when tries have run out; with a
 * StoppedError where the run is being stopped instead of another try, or cut the statement off.
 */
export async function persist<T>(
  execution: Pick<Execution, 'database' | 'slots' | 'clock' | 'random' | 'observe' | 'stop'>,
  operation: { readonly id: string; readonly step: string },
  work: (session: Session, attempts: Attempts) => Promise<T>,
  { inSlot = false }: PersistOptions = {},
): Promise<T> {
  const attempts: Attempts = { tries: 0 };
  const once = (): Promise<T> => execution.database.withSession((session) => work(session, attempts));
  for (;;) {
    try {
      return await (inSlot ? execution.slots.with(once) : once());
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error;
      const { stop } = execution;
      if (stop.aborted && error.facts.sqlstate === QUERY_CANCELED) throw new StoppedError(error.message);
      if (remedyFor(error) === 'give-up') throw error;
      attempts.tries += 1;
      if (stop.aborted) throw new StoppedError(error.message);
      if (attempts.tries > MAX_TRIES) throw error;
      const pauseMs = pauseBeforeTryMs(attempts.tries, execution.random);
      const { id, step } = operation;
      execution.observe({ type: 'retry', operation: id, step, reason: error.message, tries: attempts.tries, pauseMs });
      await execution.clock.sleep(pauseMs, stop);
      // Nothing begins any more.
      if (stopCameMeanwhile(stop)) throw new StoppedError(error.message);
    }
  }
}

const QUERY_CANCELED = '57014';

/** For the compiler, to which a signal that was not aborted above stays so. */
function stopCameMeanwhile({ aborted }: AbortSignal): boolean {
  return aborted;
}
