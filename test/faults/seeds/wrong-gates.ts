/** Wrong designs of a gate. Each says how often it came into play: a seed that changes nothing would prove nothing. */
import type { Database, Session } from '../../../src/executor/session.js';
import { orderOperations } from '../../../src/planner/order-operations.js';
import { withSessions } from '../../support/with-sessions.js';
import type { ChangeGraph } from './wrong-graphs.js';

export interface WrongDatabase {
  readonly database: Database;
  /** How often it answered by itself. */
  readonly played: () => number;
}

/** What a check answered when it was first asked is what it says ever after. */
export function answersRemembered(database: Database): WrongDatabase {
  const known = new Map<string, unknown>();
  return instead(database, async (sql, ask) => {
    if (!/^WITH (counted|violation) AS MATERIALIZED/.test(sql)) return undefined;
    if (known.has(sql)) return known.get(sql);
    known.set(sql, await ask());
    return undefined;
  });
}

/** The time is that of the process. */
export function localClock(database: Database): WrongDatabase {
  return instead(database, (sql) => {
    if (!/clock_timestamp\(\)\)\)::bigint AS ms$/.test(sql)) return Promise.resolve(undefined);
    return Promise.resolve({ rows: [{ ms: String(Date.now()) }], count: 1 });
  });
}

/** Only what shares a table with what came before waits for it. */
export const noBarrier: ChangeGraph = (graph) => {
  const operations = graph.operations.map((operation) =>
    operation.kind === 'gate' ? { ...operation, barrier: false } : operation,
  );
  const ordered = orderOperations(operations);
  if (!ordered.ok) throw new Error(ordered.cycle.join(' → '));
  return { ...graph, operations: ordered.operations, edges: ordered.edges };
};

/** `answer`: undefined where the server is asked. */
function instead(
  database: Database,
  answer: (sql: string, ask: () => Promise<unknown>) => Promise<unknown>,
): WrongDatabase {
  let times = 0;
  const changed = (session: Session): Session => ({
    query: async <Row>(sql: string, parameters?: readonly unknown[]) => {
      const ask = () => session.query<Row>(sql, parameters);
      const own = (await answer(sql, ask)) as Awaited<ReturnType<typeof ask>> | undefined;
      if (own === undefined) return ask();
      times += 1;
      return own;
    },
  });
  return { database: withSessions(database, changed), played: () => times };
}
