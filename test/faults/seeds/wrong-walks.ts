/** Wrong designs of how a table is walked and of what an insert passes over. */
import type { Database, Session } from '../../../src/executor/session.js';
import type { Operation } from '../../../src/operation/operation.js';
import { inBatches, type ChangeGraph } from './wrong-graphs.js';
import { withSessions } from '../../support/with-sessions.js';

/** A row with a NULL is never greater than anything, and never reached. */
export const byNullableKey = (column: string, type: string): ChangeGraph => {
  const walked = (operation: Operation): Operation =>
    operation.kind !== 'batch'
      ? operation
      : { ...operation, walk: { ...operation.walk, key: [{ name: column, type }] } };
  return (graph) => ({ ...graph, operations: graph.operations.map(walked) });
};

/** Without its target the conflict rule passes over whatever any unique index holds against the row. */
export const bareConflictRule = inBatches('there', /ON CONFLICT \([^)]*\) DO NOTHING/, 'ON CONFLICT DO NOTHING');

/**
 * Pages by OFFSET instead of by key: what is deleted before the offset moves everything behind it forward, and as many rows
 * are left out. `done` tells that a page is over.
 */
export function byOffset(database: Database, pageRows: number): Database {
  let pages = 0;
  const page = (): string =>
    `public.item.id IN (SELECT p.id FROM public.item AS p ORDER BY p.id OFFSET ${pages * pageRows} LIMIT ${pageRows})`;
  const changed = (session: Session): Session => ({
    query: async (sql, parameters) => {
      const bounds = /public\.item\.id > (\$1::\w+) AND public\.item\.id <= (\$2::\w+)|public\.item\.id <= (\$1::\w+)/g;
      if (!sql.includes('UPDATE public.item') || sql.search(bounds) < 0) return session.query(sql, parameters);
      const paged = sql.replace(
        bounds,
        (_, low: string | undefined, high: string | undefined, only: string | undefined) =>
          `${page()} AND ${only === undefined ? `${low} IS NOT NULL AND ${high}` : only} IS NOT NULL`,
      );
      const result = await session.query<never>(paged, parameters);
      pages += 1;
      return result;
    },
  });
  return withSessions(database, changed);
}
