/**
 * The stops of a run that come from elsewhere than its terminal: `pause` and `cancel`, which people write into the journal,
 * and the time budget. Owns when they are looked for and what each does; how work ends at a stop is the executor's.
 */
import { setMaxListeners } from 'node:events';

import type { RunHandle } from '../executor/journal.js';
import type { Database, Session } from '../executor/session.js';
import { StopRequest } from '../executor/stop-request.js';
import { whileWatched } from '../executor/while-watched.js';
import { systemClock } from '../kernel/clock.js';
import { formatDuration } from '../kernel/duration.js';
import { askedStop } from '../postgres/journal/ask-to-stop.js';
import type { Asked } from '../postgres/journal/run-status.js';

export interface StopOptions {
  readonly database: Database;
  /** Aborted: finish the batches at hand and stop. */
  readonly stop: AbortSignal;
  /** After so long the run stops as if somebody had asked for it. */
  readonly timeBudgetMs?: number;
  /** Told once, when it begins to stop, with the reason. */
  readonly stopping?: (why: string) => void;
}

const LOOK_EVERY_MS = 1_000;
const CANCEL_EVERY_MS = 250;
/** What a timer can wait for. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export const STOPPED_BY: Readonly<Record<Asked, (who: string) => string>> = {
  pause: (who) => `paused by ${who}`,
  cancel: (who) => `cancelled by ${who}`,
};

/** Calls `work` with a signal that is aborted for `stop` or for a StopRequest. */
export async function whileStoppable<T>(
  run: RunHandle,
  { database, stop, timeBudgetMs, stopping }: StopOptions,
  work: (stop: AbortSignal) => Promise<T>,
): Promise<T> {
  const asked = new AbortController();
  const cancelling = new AbortController();
  const either = AbortSignal.any([stop, asked.signal]);
  setMaxListeners(0, either);
  const request = (why: string): void => {
    if (either.aborted) return;
    asked.abort(new StopRequest(why));
    stopping?.(why);
  };
  const timer =
    timeBudgetMs === undefined
      ? undefined
      : setTimeout(
          () => request(`its time budget of ${formatDuration(timeBudgetMs)} is used up`),
          Math.min(timeBudgetMs, LONGEST_TIMER_MS),
        );
  const ask = async (session: Session): Promise<() => void> => {
    const found = await askedStop(session, run);
    return () => {
      if (found === null) return;
      request(STOPPED_BY[found.asked](found.by));
      if (found.asked === 'cancel') cancelling.abort();
    };
  };
  const over = new AbortController();
  const cancelled = cancelAgainAndAgain(database, cancelling.signal, over.signal);
  try {
    return await whileWatched({ clock: systemClock, database }, () => work(either), {
      firstMs: LOOK_EVERY_MS,
      everyMs: LOOK_EVERY_MS,
      ask,
    });
  } finally {
    clearTimeout(timer);
    over.abort();
    await cancelled;
  }
}

/**
 * Until the work has ended: between two statements of a transaction there is nothing to cancel, and the next may be long.
 * Whatever is cut off, a write of the journal too, is what a kill at that moment would have cut off.
 */
async function cancelAgainAndAgain(database: Database, begin: AbortSignal, over: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    for (const signal of [begin, over]) signal.addEventListener('abort', () => resolve(), { once: true });
  });
  while (!over.aborted) {
    await database.cancelRunning().catch(() => undefined);
    await systemClock.sleep(CANCEL_EVERY_MS, over);
  }
}
