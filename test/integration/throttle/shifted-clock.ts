/**
 * A database whose clock, as the program asks for it, is ahead by some time: the end of quiet hours is met in seconds,
 * whatever minute it is. The server still answers; only the expression that it is asked for is another one.
 */
import { serverMs } from '../../../src/executor/server-clock.js';
import type { Database, Session } from '../../../src/executor/session.js';

/** What `serverMs` asks for, learned from `serverMs` itself. */
const CLOCK = await questionOf(serverMs);

/** `aheadMs` may change while the database is in use. */
export function shiftedClock(database: Database, aheadMs: () => number): Database {
  const shifted = (session: Session): Session => ({
    async query<Row>(sql: string, parameters?: readonly unknown[]) {
      if (sql !== CLOCK) return session.query<Row>(sql, parameters);
      return session.query<Row>(`SELECT ms + ${aheadMs()} AS ms FROM (${sql}) AS clock`);
    },
  });
  return {
    withSession: (work) => database.withSession((session) => work(shifted(session))),
    transaction: (work, options) => database.transaction((session) => work(shifted(session)), options),
    cancelRunning: () => database.cancelRunning(),
    close: () => database.close(),
  };
}

async function questionOf(ask: (session: Session) => Promise<unknown>): Promise<string> {
  let asked = '';
  await ask({
    query<Row>(sql: string) {
      asked = sql;
      return Promise.resolve({ rows: [{ ms: '0' } as Row], count: 1 });
    },
  });
  return asked;
}
