/**
 * Does the same work again while the answer is worth another try. One place for pauses, reconnecting and giving up, so
 * that batches, statements and checks behave alike.
 */
import type { Execution } from './execution.js';
import { MAX_TRIES, pauseBeforeTryMs, remedyFor } from './retry-policy.js';
import { DatabaseError, type Session } from './session.js';

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
 * gets a new one. Rejects with what `work` rejected with when another try cannot help, when tries have run out, or when
 * the run is being stopped.
 */
export async function persist<T>(
  execution: Execution,
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
      if (!(error instanceof DatabaseError) || remedyFor(error) === 'give-up') throw error;
      attempts.tries += 1;
      if (attempts.tries > MAX_TRIES || execution.stop.aborted) throw error;
      const pauseMs = pauseBeforeTryMs(attempts.tries, execution.random);
      const { id, step } = operation;
      execution.observe({ type: 'retry', operation: id, step, reason: error.message, tries: attempts.tries, pauseMs });
      await execution.clock.sleep(pauseMs, execution.stop);
    }
  }
}
