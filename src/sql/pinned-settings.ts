/**
 * Settings that change what SQL means, pinned for every transaction of a run, so that a batch, a check and a way back
 * read and write the same text and time whatever the role or the database has set. Measured: a session's time zone changed
 * a date, and a search_path changed which `=` compared two citext values.
 */
import { quoteIdentifier, quoteLiteral } from './identifier.js';

const PINNED: readonly (readonly [string, string])[] = [
  ['TimeZone', 'UTC'],
  ['DateStyle', 'ISO, YMD'],
  ['IntervalStyle', 'postgres'],
  ['extra_float_digits', '1'],
  ['bytea_output', 'hex'],
  ['lc_monetary', 'C'],
  ['standard_conforming_strings', 'on'],
  // A table whose policies hide rows is refused loudly instead of being read in part.
  ['row_security', 'off'],
];

/** The run's id inside SQL, set by `pinSettings`; a parameter would have to be in every statement, used or not. */
export const RUN_ID = "current_setting('lockstep.run_id')::bigint";

export interface SessionSettings {
  readonly searchPath: readonly string[];
  /** Zero: no timeout. */
  readonly lockTimeoutMs: number;
  readonly statementTimeoutMs: number;
  /** Absent outside a run. */
  readonly runId?: string;
}

/** `SET LOCAL …;` for the transaction that has just begun, in one message. */
export function pinSettings(settings: SessionSettings): string {
  const path = [...settings.searchPath, 'pg_temp'].map((schema) => quoteIdentifier(schema)).join(', ');
  const texts = PINNED.map(([name, value]) => `SET LOCAL ${name} = ${quoteLiteral(value)}`);
  texts.push(`SET LOCAL search_path = ${path}`);
  texts.push(`SET LOCAL lock_timeout = ${settings.lockTimeoutMs}`);
  texts.push(`SET LOCAL statement_timeout = ${settings.statementTimeoutMs}`);
  texts.push('SET LOCAL idle_in_transaction_session_timeout = 0');
  if (settings.runId !== undefined) texts.push(`SET LOCAL lockstep.run_id = ${quoteLiteral(settings.runId)}`);
  return texts.join('; ');
}
