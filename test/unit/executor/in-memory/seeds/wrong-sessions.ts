/** Wrong designs that show in what is sent, and in what is made of the answers. */
import { DatabaseError, type QueryResult, type Session } from '../../../../../src/executor/session.js';
import { everyErrorARow } from '../../../../faults/seeds/every-error-a-row.js';
import type { Design } from '../../../../support/in-memory/memory-run.js';
import { withSessions } from '../../../../support/with-sessions.js';

/** A refusal that one row causes is tried again like one that others cause. */
export const rowErrorsRetried: Design = withErrors(({ message, facts }) =>
  facts.sqlstate?.startsWith('2') === true ? new DatabaseError(message, { ...facts, sqlstate: '40001' }) : undefined,
);

/** Whatever the server refuses may go better next time. */
export const everythingRetried: Design = withErrors(({ message, facts }) =>
  facts.kind === 'statement' ? new DatabaseError(message, { ...facts, sqlstate: '40001' }) : undefined,
);

/** A lost connection is an error like another. */
export const lossesGivenUp: Design = withErrors(({ message, facts: { kind } }) =>
  kind === 'connection' || kind === 'in-doubt' || kind === 'unreachable'
    ? new DatabaseError(message, { kind: 'statement', sqlstate: 'XX000' })
    : undefined,
);

/** Only what the server itself refused may be tried again: waits for locks fail the run. */
export const lockWaitsGivenUp: Design = withErrors(({ message, facts }) =>
  ['55P03', '40P01', '40001'].includes(facts.sqlstate ?? '')
    ? new DatabaseError(message, { kind: 'statement', sqlstate: 'XX000' })
    : undefined,
);

export const errorsBlamedOnRows: Design = { database: everyErrorARow };

/** NULL is taken for zero. */
export const unreadableIsZero: Design = withAnswers(/^SELECT lag$/, ({ rows }) =>
  rows.map((row) => ({ ...row, value: row['value'] ?? '0' })),
);

/** A statement whose client is gone is taken for ended. */
export const ownProcessesNotLookedFor: Design = withAnswers(
  /^SELECT pid, state FROM pg_catalog\.pg_stat_activity/,
  () => [],
);

/** What a killed build has left is not looked for. */
export const leftoverNotLookedFor: Design = withAnswers(/is not invalid/, () => [{ violations: '0' }]);

/** What the catalog shows is not asked: whose answer was lost is sent again. */
export const catalogNotAsked: Design = {
  database: (database) => {
    let isSent = false;
    return withSessions(database, (session) => ({
      async query<Row>(sql: string, parameters?: readonly unknown[]): Promise<QueryResult<Row>> {
        const result = await session.query<Row>(sql, parameters).catch((error: unknown) => {
          isSent ||= sql.startsWith('CREATE INDEX');
          throw error;
        });
        if (!isSent || !sql.includes('is built')) return result;
        isSent = false;
        return { ...result, rows: [{ violations: '1' } as Row] };
      },
    }));
  },
};

/** The time is that of the process. */
export const clockOfTheProcess: Design = {
  database: (database, { clock }) =>
    withSessions(
      database,
      answering(/clock_timestamp\(\)\)\)::bigint AS ms$/, () => [{ ms: String(clock.now()) }]),
    ),
};

/** What a check answered when it was first asked is what it says ever after, in whatever process. */
export function answersRemembered(): Design {
  const known = new Map<string, readonly object[]>();
  return withAnswers(/^WITH violation AS MATERIALIZED/, ({ rows }, sql) => {
    const first = known.get(sql) ?? rows;
    known.set(sql, first);
    return first;
  });
}

type Rows = readonly Readonly<Record<string, unknown>>[];
type Change = (result: { readonly rows: Rows }, sql: string) => readonly object[];

function withAnswers(text: RegExp, change: Change): Design {
  return { database: (database) => withSessions(database, answering(text, change)) };
}

function answering(text: RegExp, change: Change): (session: Session) => Session {
  return (session) => ({
    async query<Row>(sql: string, parameters?: readonly unknown[]): Promise<QueryResult<Row>> {
      const result = await session.query<Row>(sql, parameters);
      if (!text.test(sql)) return result;
      return { ...result, rows: change({ rows: result.rows as Rows }, sql) as readonly Row[] };
    },
  });
}

/** `change`: undefined where the error is what it is. */
function withErrors(change: (error: DatabaseError) => DatabaseError | undefined): Design {
  const mistaken = (session: Session): Session => ({
    async query<Row>(sql: string, parameters?: readonly unknown[]): Promise<QueryResult<Row>> {
      try {
        return await session.query<Row>(sql, parameters);
      } catch (error) {
        throw error instanceof DatabaseError ? (change(error) ?? error) : error;
      }
    },
  });
  return {
    database: (database) => {
      const changed = withSessions(database, mistaken);
      return {
        ...changed,
        withSession: (work) =>
          changed.withSession(work).catch((error: unknown) => {
            throw error instanceof DatabaseError ? (change(error) ?? error) : error;
          }),
      };
    },
  };
}
