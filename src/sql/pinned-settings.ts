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
  ['lc_numeric', 'C'],
  ['lc_time', 'C'],
  ['array_nulls', 'on'],
  ['transform_null_equals', 'off'],
  ['xmlbinary', 'base64'],
  ['xmloption', 'content'],
  ['standard_conforming_strings', 'on'],
  // A table whose policies hide rows is refused loudly instead of being read in part.
  ['row_security', 'off'],
];

/** Of them, what only an expression of a plan can ask for. */
const ONLY_COMPUTED = new Set([
  'lc_monetary',
  'lc_numeric',
  'lc_time',
  'array_nulls',
  'transform_null_equals',
  'xmlbinary',
  'xmloption',
]);

/** Of the session that runs the plan; a function keeps it for whatever session calls it. */
const FROM_SESSION = ['default_text_search_config'];

/** Names of all settings whose value a function of ours does not take from the session that calls it. */
export const SETTINGS_OF_FUNCTION: readonly string[] = [
  ...PINNED.map(([name]) => name),
  ...FROM_SESSION,
  'search_path',
];

/** The run's id inside SQL, set by `pinSettings`; a parameter would have to be in every statement, used or not. */
export const RUN_ID = "current_setting('lockstep.run_id')::bigint";

const RUN_NAME = "pg_catalog.current_setting('lockstep.run_id')";

export interface SessionSettings {
  readonly searchPath: readonly string[];
  /** Zero: no timeout. */
  readonly lockTimeoutMs: number;
  readonly statementTimeoutMs: number;
  /** Absent outside a run. */
  readonly runId?: string;
}

/**
 * Whether a row of pg_stat_activity is a session at work for the run whose settings are pinned here: inside a transaction it
 * is called `lockstep run 42`, outside one that and more.
 */
export const OWN_SESSION = (row: string): string =>
  `${row}.datname = pg_catalog.current_database() AND pg_catalog.starts_with(${row}.application_name || ' ', 'lockstep run ' || ${RUN_NAME} || ' ')`;

/** `SET LOCAL …;` for the transaction that has just begun, in one message. */
export function pinSettings(settings: SessionSettings): string {
  // For the transaction only, and that is as long as it holds locks: who waits for it can be told from who waits for others.
  const name =
    settings.runId === undefined ? [] : [`application_name = ${quoteLiteral(`lockstep run ${settings.runId}`)}`];
  return [...settingTexts(settings), ...name].map((text) => `SET LOCAL ${text}`).join('; ');
}

/** For a session whose statements run outside a transaction, until its DISCARD ALL. */
export function pinSessionSettings(settings: SessionSettings & { readonly applicationName: string }): string {
  return [...settingTexts(settings), `application_name = ${quoteLiteral(settings.applicationName)}`]
    .map((text) => `SET ${text}`)
    .join('; ');
}

/**
 * The same for a function of ours, in whatever session it is called. Each costs something at every call, the locales most: what copies
 * columns and writes keys down as text depends on none of those that only an expression of the plan can ask for.
 */
export function pinnedOfFunction(computes: boolean): string {
  const pinned = PINNED.filter(([name]) => computes || !ONLY_COMPUTED.has(name));
  // What the database or the role says, which batches follow too: another value would be another text than the application searches by.
  const kept = computes ? FROM_SESSION.map((name) => `SET ${name} FROM CURRENT`) : [];
  return [...pinned.map(([name, value]) => `SET ${name} = ${quoteLiteral(value)}`), ...kept].join(' ');
}

/**
 * And under which path: that of the run which makes the function, as `settingTexts` pins it. pg_catalog comes first without being
 * named, pg_temp last. Under it batches and checks of the run resolve what the plan names.
 */
export const PATH_OF_RUN = 'SET search_path FROM CURRENT';

/** Timeouts that a role or a database may have set, of which 15 does not know all: a SET of an unknown one would fail. */
export const WITHOUT_OTHER_TIMEOUTS = `SELECT set_config(name, '0', false) FROM pg_catalog.pg_settings WHERE name IN ('transaction_timeout', 'idle_session_timeout')`;

/**
 * Between two statements of a transaction we do next to nothing. A process that is frozen, or cut off without the server's
 * knowledge, must not hold rows of the application for longer than a statement may.
 */
function idleLimitMs({ statementTimeoutMs }: SessionSettings): number {
  return statementTimeoutMs === 0 ? 60_000 : Math.max(statementTimeoutMs, 5_000);
}

function settingTexts(settings: SessionSettings): readonly string[] {
  // pg_temp last: unnamed it comes first, and anybody's temporary table would be taken for the one that is meant.
  const path = [...settings.searchPath, 'pg_temp'].map((schema) => quoteIdentifier(schema)).join(', ');
  const texts = PINNED.map(([name, value]) => `${name} = ${quoteLiteral(value)}`);
  texts.push(`search_path = ${path}`);
  texts.push(`lock_timeout = ${settings.lockTimeoutMs}`);
  texts.push(`statement_timeout = ${settings.statementTimeoutMs}`);
  texts.push(`idle_in_transaction_session_timeout = ${idleLimitMs(settings)}`);
  if (settings.runId !== undefined) texts.push(`lockstep.run_id = ${quoteLiteral(settings.runId)}`);
  return texts;
}
