/** Wrong design: whatever goes wrong in a batch is taken for the fault of a row, also a lock that was not had in time. */
import { DatabaseError, type Database, type QueryResult, type Session } from '../../../src/executor/session.js';
import { withSessions } from '../../support/with-sessions.js';

/** The same database, whose errors all look like a value that does not fit. */
export function everyErrorARow(database: Database): Database {
  const mistaken = (session: Session): Session => ({
    async query<Row>(sql: string, parameters?: readonly unknown[]): Promise<QueryResult<Row>> {
      try {
        return await session.query<Row>(sql, parameters);
      } catch (error) {
        if (!(error instanceof DatabaseError)) throw error;
        throw new DatabaseError(error.message, { ...error.facts, kind: 'statement', sqlstate: '22000' });
      }
    },
  });
  return withSessions(database, mistaken);
}
