/**
 * Looks at work of ours from another session while it goes on. A look that fails or hangs never harms the work: nobody
 * waits for it, and what it finds after the end is not told.
 */
import type { Execution } from './execution.js';
import type { Session } from './session.js';

export interface Look {
  readonly firstMs: number;
  readonly everyMs: number;
  /** Returns what is to be told; it is told only while the work still goes on. */
  readonly ask: (session: Session) => Promise<() => void>;
}

export async function whileWatched<T>(
  { clock, database }: Pick<Execution, 'clock' | 'database'>,
  work: () => Promise<T>,
  { firstMs, everyMs, ask }: Look,
): Promise<T> {
  const over = new AbortController();
  const isOver = (): boolean => over.signal.aborted;
  const watch = async (): Promise<void> => {
    await clock.sleep(firstMs, over.signal);
    while (!isOver()) {
      const tell = await database.withSession(ask).catch(() => undefined);
      if (!isOver()) tell?.();
      await clock.sleep(everyMs, over.signal);
    }
  };
  void watch();
  try {
    return await work();
  } finally {
    over.abort();
  }
}
