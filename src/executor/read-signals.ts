/** Reads every signal of a throttle once, in one transaction of the run that is always rolled back. */
import type { ThrottleLimits } from '../operation/throttle.js';
import { readingOf, type SignalName, type SignalReading, type ThrottleSignal } from '../operation/throttle.js';
import type { Execution } from './execution.js';
import type { ReplicationLag, StandbyRow } from './replication-lag.js';
import { runTransaction } from './run-transaction.js';
import { serverMs } from './server-clock.js';
import { DatabaseError, type Session } from './session.js';

export interface SignalsRead {
  /** By the clock of the server: milliseconds since the epoch. */
  readonly serverMs: number;
  readonly signals: readonly SignalReading[];
}

/** The signal has no value, or the server refuses to say it. Nothing that is tried again at once. */
export class UnreadableSignalError extends Error {
  override readonly name = 'UnreadableSignalError';
  constructor(
    readonly signal: SignalName,
    message: string,
    readonly error?: DatabaseError,
  ) {
    super(message);
  }
}

/** Longer than any of our own needs; a query of the plan that takes longer is a load itself. */
const AT_MOST_MS = 10_000;

export async function readSignals(
  { signals }: ThrottleLimits,
  lag: ReplicationLag,
  session: Session,
  execution: Pick<Execution, 'limits' | 'run'>,
): Promise<SignalsRead> {
  return runTransaction(
    execution,
    session,
    async () => {
      const atMs = await serverMs(session);
      const read: SignalReading[] = [];
      for (const signal of signals) read.push(await readSignal(signal, lag, session));
      return { serverMs: atMs, signals: read };
    },
    { statementTimeoutMs: AT_MOST_MS, rollback: true },
  );
}

async function readSignal(signal: ThrottleSignal, lag: ReplicationLag, session: Session): Promise<SignalReading> {
  const { name, sql, reads } = signal;
  try {
    if (reads === 'lag') {
      const answer = lag.judge(signal, (await session.query<StandbyRow>(sql)).rows);
      if ('unreadable' in answer) throw new UnreadableSignalError(name, answer.unreadable);
      return answer;
    }
    const [row] = (await session.query<{ value: string | number | null; what: string }>(sql)).rows;
    const value = row?.value ?? null;
    if (value === null || Number.isNaN(Number(value)))
      throw new UnreadableSignalError(
        name,
        name === 'query' ? 'the query returned no number' : (row?.what ?? 'no row'),
      );
    return readingOf(signal, row!.what, Number(value));
  } catch (error) {
    if (error instanceof DatabaseError && error.facts.kind === 'statement')
      throw new UnreadableSignalError(name, error.message, error);
    throw error;
  }
}
