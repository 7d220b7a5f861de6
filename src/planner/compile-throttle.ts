/** `throttle` of a plan to the signals that the executor reads, in the order of the language. */
import type { CatalogSnapshot } from '../catalog/catalog-snapshot.js';
import type { PlanThrottle } from '../document/throttle.js';
import type { Operation } from '../operation/operation.js';
import { SIGNAL_NAMES, type SignalName, type SignalUnit, type ThrottleLimits } from '../operation/throttle.js';
import { parseName, type NameParts } from '../sql/identifier.js';
import * as signals from '../sql/throttle-signals.js';

/** `catalogs`: before the plan and after it; a table that it writes is in one of them. */
export function compileThrottle(
  { limits, query, quietHours }: PlanThrottle,
  operations: readonly Operation[],
  catalogs: readonly CatalogSnapshot[],
): ThrottleLimits {
  const sqlOf = (name: SignalName): string =>
    name === 'query'
      ? signals.ownQuery(query!.sql)
      : name === 'dead_tuples'
        ? signals.deadTuples(writtenTables(operations, catalogs))
        : SQL[name];
  return {
    signals: SIGNAL_NAMES.flatMap((name) => {
      const atMost = name === 'query' ? query?.at_most : limits[name];
      if (atMost === undefined) return [];
      const reads = name === 'replication_lag' ? 'lag' : 'value';
      return [{ name, reads, sql: sqlOf(name), atMost, unit: UNITS[name] } as const];
    }),
    quietHours,
  };
}

const SQL: Readonly<Record<Exclude<SignalName, 'query' | 'dead_tuples'>, string>> = {
  replication_lag: signals.REPLICATION_LAG,
  slot_lag: signals.SLOT_LAG,
  lock_waiters: signals.LOCK_WAITERS,
  wal_archive_queue: signals.WAL_ARCHIVE_QUEUE,
  active_sessions: signals.ACTIVE_SESSIONS,
};

const UNITS: Readonly<Record<SignalName, SignalUnit>> = {
  replication_lag: 'ms',
  slot_lag: 'bytes',
  lock_waiters: 'count',
  wal_archive_queue: 'count',
  active_sessions: 'count',
  dead_tuples: 'count',
  query: 'number',
};

/** On the way there and on the way back, which reads the same signals. */
function writtenTables(operations: readonly Operation[], catalogs: readonly CatalogSnapshot[]): readonly NameParts[] {
  const back = operations.flatMap(({ reversal }) => (reversal.kind === 'operations' ? reversal.operations : []));
  const written = new Set([...operations, ...back].flatMap(({ writes }) => writes));
  return [...written]
    .filter((key) => catalogs.some(({ relations }) => relations[key] !== undefined))
    .sort()
    .flatMap((key) => {
      const parsed = parseName(key);
      return parsed.ok && parsed.parts.length === 2 ? [parsed.parts] : [];
    });
}
