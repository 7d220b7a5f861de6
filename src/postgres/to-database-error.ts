/**
 * What the driver throws, as the DatabaseError that the executor decides by. Owns the reading of SQLSTATEs as "the
 * session is over"; what to do about it belongs to the executor.
 * Facts: PostgreSQL documentation, appendix A (error codes) and "Message Formats" (fields of ErrorResponse).
 */
import pg from 'pg';

import { DatabaseError } from '../executor/session.js';
import { redactPasswords } from './connection.js';

/** What was under way: decides what a lost connection means. */
export type Phase = 'connect' | 'statement' | 'commit';

/** The server says one of these and hangs up; `08…` likewise. FATAL says so too, but in the server's language. */
const SESSION_OVER = new Set([
  '57P01', // admin_shutdown: also pg_terminate_backend
  '57P02', // crash_shutdown: another backend died
  '57P03', // cannot_connect_now
  '57P04', // database_dropped
  '57P05', // idle_session_timeout
  '25P03', // idle_in_transaction_session_timeout
  '25P04', // transaction_timeout
]);

export function toDatabaseError(error: unknown, phase: Phase): DatabaseError {
  if (error instanceof DatabaseError) return error;
  if (!(error instanceof pg.DatabaseError)) {
    return new DatabaseError(redactPasswords(messageOf(error)), { kind: lossIn(phase) });
  }
  const over =
    error.severity === 'FATAL' ||
    error.severity === 'PANIC' ||
    (error.code !== undefined && (SESSION_OVER.has(error.code) || error.code.startsWith('08')));
  return new DatabaseError(redactPasswords(error.message), {
    kind: over || phase === 'connect' ? lossIn(phase) : 'statement',
    ...(error.code !== undefined && { sqlstate: error.code }),
    ...(error.detail !== undefined && { detail: error.detail }),
    ...(error.hint !== undefined && { hint: error.hint }),
    ...(error.constraint !== undefined && { constraint: error.constraint }),
    ...(error.table !== undefined && { table: error.table }),
    ...(error.schema !== undefined && { schema: error.schema }),
    ...(error.column !== undefined && { column: error.column }),
    ...(error.position !== undefined && { position: Number(error.position) }),
    ...(error.where !== undefined && { context: error.where }),
  });
}

/** Even a FATAL answer to COMMIT may come after the commit record: between the record and the answer lies code too. */
export function lossIn(phase: Phase): 'unreachable' | 'connection' | 'in-doubt' {
  return phase === 'connect' ? 'unreachable' : phase === 'commit' ? 'in-doubt' : 'connection';
}

/** Node tries every address of a name and reports all failures together, with an empty message. */
function messageOf(error: unknown): string {
  if (error instanceof AggregateError) return [...new Set(error.errors.map(messageOf))].join('; ');
  if (!(error instanceof Error)) return String(error);
  return error.message === '' ? ((error as NodeJS.ErrnoException).code ?? error.name) : error.message;
}
