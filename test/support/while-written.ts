/**
 * An application at work while a plan runs: clients that send statements one after the other, each again where a lock or a
 * snapshot stood in the way, until the work beside them is done.
 */
import { DatabaseError } from '../../src/executor/session.js';
import { PgDatabase } from '../../src/postgres/pg-database.js';

export interface Write {
  /** One statement, or several that are one transaction. */
  readonly sql: string;
  /** Called when the server has acknowledged it. */
  readonly done?: () => void;
}

export interface Writes {
  /** Resolves when so many more were acknowledged. */
  written(count: number): Promise<void>;
}

export interface WhileWrittenOptions {
  readonly clients: number;
  readonly pauseMs?: number;
  readonly write: (client: number, turn: number) => Write;
}

/** What a writer under a lock, a conflict or an old plan tries again. */
const AGAIN = new Set(['40001', '40P01', '55P03', '0A000']);

/** How many writes were acknowledged. */
export async function whileWritten(
  url: string,
  { clients, pauseMs = 10, write }: WhileWrittenOptions,
  work: (writes: Writes) => Promise<void>,
): Promise<number> {
  const database = new PgDatabase({ url });
  const state = { over: false, acknowledged: 0, failed: undefined as unknown };
  const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
  const each = Array.from({ length: clients }, (_, client) =>
    database
      .withSession(async (session) => {
        for (let turn = 0; !state.over; turn++) {
          const { sql, done } = write(client, turn);
          for (let tries = 1; ; tries++) {
            try {
              await session.query(sql);
              break;
            } catch (error) {
              const again = error instanceof DatabaseError && AGAIN.has(error.facts.sqlstate ?? '') && tries < 50;
              if (!again) throw new Error(`client ${client}, turn ${turn}: ${sql}\n${String(error)}`, { cause: error });
            }
          }
          done?.();
          state.acknowledged += 1;
          // Whoever never pauses leaves no moment in which a table is nobody's.
          await pause(pauseMs);
        }
      })
      .catch((error: unknown) => {
        state.failed ??= error;
      }),
  );
  try {
    await work({
      async written(count) {
        const until = state.acknowledged + count;
        while (state.acknowledged < until && state.failed === undefined) await pause(5);
        if (state.failed !== undefined) throw state.failed as Error;
      },
    });
  } finally {
    state.over = true;
    await Promise.all(each);
    await database.close();
  }
  if (state.failed !== undefined) throw state.failed as Error;
  return state.acknowledged;
}
