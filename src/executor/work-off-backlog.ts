/**
 * What others go on writing down while a statement waits for its locks, and what must be looked at under them: worked off before, so
 * that its locks are held for as long as a few entries take, however many were written since. How an entry is worked off belongs
 * to the operation; here is how often, and when there is too much left.
 */
import type { StatementOperation } from '../operation/operation.js';
import type { Execution } from './execution.js';
import { runTransaction } from './run-transaction.js';
import type { Session } from './session.js';

/** Compared in a few milliseconds. */
const FEW = 200;
/** More than that is not looked at under the locks: a bulk write of others that was committed while we waited. */
const MOST_UNDER_LOCKS = 2_000;
const MOST_ROUNDS = 100;
/** Behind the light lock, to which autovacuum may have taken its time to give way. */
const LAST_ROUNDS = 3;

/** The locks are had, and given back: it would take too long to look at all that was written until then. */
export class BacklogTooLongError extends Error {
  override readonly name = 'BacklogTooLongError';
}

/** Each round in a transaction of its own: what is worked off stays so, whatever becomes of the attempt that follows. */
export async function workOffBefore(
  operation: StatementOperation,
  session: Session,
  execution: Pick<Execution, 'journal' | 'limits' | 'run' | 'stop'>,
): Promise<void> {
  const { journal, run, stop } = execution;
  for (const { settle } of operation.backlog ?? [])
    await rounds(MOST_ROUNDS, async () => {
      if (stop.aborted) return null;
      return runTransaction(execution, session, async () => {
        // Whoever was taken over finds out here.
        await journal.lockedState(session, run, operation.id);
        return settled(settle, session);
      });
    });
}

/** In the operation's transaction, before its strong locks are asked for. */
export async function workOffHere({ backlog = [] }: StatementOperation, session: Session): Promise<void> {
  for (const { settle } of backlog) await rounds(LAST_ROUNDS, () => settled(settle, session));
}

/** Under the locks. Rejects with a BacklogTooLongError. */
export async function refuseLongBacklog({ backlog = [] }: StatementOperation, session: Session): Promise<void> {
  for (const { rest: asked } of backlog) {
    const { rows } = await session.query<{ rest: string }>(asked);
    const rest = Number(rows[0]!.rest);
    if (rest <= MOST_UNDER_LOCKS) continue;
    throw new BacklogTooLongError(`${rest} entries were written while its locks were asked for`);
  }
}

interface Settled {
  readonly settled: number;
  readonly rest: number;
}

/** Until few are left, or those that are left do not agree: that is said under the locks. */
async function rounds(most: number, settle: () => Promise<Settled | null>): Promise<void> {
  for (let round = 0; round < most; round++) {
    const done = await settle();
    if (done === null || done.settled === 0 || done.rest <= FEW) return;
  }
}

async function settled(settle: string, session: Session): Promise<Settled> {
  const { rows } = await session.query<{ settled: string; rest: string }>(settle);
  return { settled: Number(rows[0]!.settled), rest: Number(rows[0]!.rest) };
}
