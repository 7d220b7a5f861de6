import type { Database, Session } from '../../src/executor/session.js';

/** The same database, whose sessions go through `change`: how a wrong design, or a pause, gets between. */
export function withSessions(database: Database, change: (session: Session) => Session): Database {
  return {
    withSession: (work) => database.withSession((session) => work(change(session))),
    transaction: (work, options) => database.transaction((session) => work(change(session)), options),
    cancelRunning: () => database.cancelRunning(),
    close: () => database.close(),
  };
}
