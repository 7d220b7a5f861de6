/**
 * Which answers of the server are worth another try, and when. Everything else is the plan's or the data's fault and
 * would fail again. Facts: PostgreSQL documentation, appendix A (error codes).
 */
import type { DatabaseError } from './session.js';

export type Remedy =
  /** The same work again after a pause, on the same session. */
  | 'again'
  /** The session is gone or useless: open another, read from the journal what was committed, then go on. */
  | 'reconnect'
  | 'give-up';

const AGAIN = new Set([
  '55P03', // lock_not_available: our own lock_timeout
  '40P01', // deadlock_detected
  '40001', // serialization_failure
]);

const RECONNECT = new Set([
  '57P01', // admin_shutdown: also pg_terminate_backend
  '57P02', // crash_shutdown
  '57P03', // cannot_connect_now: starting up
  '53300', // too_many_connections
]);

export function remedyFor(error: DatabaseError): Remedy {
  const { kind, sqlstate } = error.facts;
  if (sqlstate !== undefined && RECONNECT.has(sqlstate)) return 'reconnect';
  if (kind === 'connection' || kind === 'in-doubt') return 'reconnect';
  // Never reached a server: refused (no sqlstate) may be a restart; a wrong password will stay wrong.
  if (kind === 'unreachable') return sqlstate === undefined ? 'reconnect' : 'give-up';
  return sqlstate !== undefined && AGAIN.has(sqlstate) ? 'again' : 'give-up';
}

/** Tries in a row without any progress, after which a person must look. About a minute in all. */
export const MAX_TRIES = 20;

/** How often a statement outside a transaction is sent: each time, what a failed one left was taken away first. */
export const MAX_BUILDS = 5;

/** Doubles from 100 ms up to 5 s, each between half and all of it, so that waiters do not come back together. */
export function pauseBeforeTryMs(tries: number, random: () => number): number {
  const ceiling = Math.min(5_000, 100 * 2 ** Math.min(tries, 10));
  return Math.round(ceiling * (0.5 + random() / 2));
}
