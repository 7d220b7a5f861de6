/** Wrong designs of the driver: keys leave the server through JavaScript values that cannot hold them. */
import type { Database, QueryResult, Session } from '../../../src/executor/session.js';
import { withSessions } from '../../support/with-sessions.js';

/** A Date has milliseconds. */
export const throughDate = (key: string): string => new Date(key).toISOString();

/** A number has 53 bits. */
export const throughNumber = (key: string): string => BigInt(Number(key)).toString();

/** The same database, whose answers hold every `key` as `mangle` leaves it. */
export function withKeys(database: Database, mangle: (key: string) => string): Database {
  const mangled = (session: Session): Session => ({
    async query<Row>(sql: string, parameters?: readonly unknown[]): Promise<QueryResult<Row>> {
      const result = await session.query<Row>(sql, parameters);
      const rows = result.rows.map((row) => {
        const { key } = row as { key?: unknown };
        return Array.isArray(key) ? { ...row, key: (key as string[]).map(mangle) } : row;
      });
      return { ...result, rows };
    },
  });
  return withSessions(database, mangled);
}
