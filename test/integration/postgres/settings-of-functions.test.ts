/**
 * Whether a setting that a session may change can change what a mirror computes: a decision for each, on every version. A new
 * version that brings one fails here.
 */
import { expect, it } from 'vitest';

import { SETTINGS_OF_FUNCTION } from '../../../src/sql/pinned-settings.js';
import { testDatabase } from '../../support/database.js';

/** Whole groups: how a statement is run, what is logged, how long it may take. */
const NO_VALUES = [
  /^Query Tuning/,
  /^Reporting and Logging/,
  /^Resource Usage/,
  /^Statistics/,
  /^Write-Ahead Log/,
  /^Developer Options/,
  /^Lock Management/,
  /^Connections and Authentication/,
  /^Replication/,
  /^Vacuuming|^Autovacuum/,
  /^File Locations|^Customized Options|^Error Handling/,
];
/** Of the other groups, with the reason. */
const NO_VALUE: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries({
    'how long, how strict, how loud a statement or a transaction is':
      'statement_timeout transaction_timeout lock_timeout idle_in_transaction_session_timeout idle_session_timeout client_min_messages check_function_bodies default_transaction_deferrable default_transaction_isolation default_transaction_read_only transaction_deferrable transaction_isolation transaction_read_only event_triggers restrict_nonsystem_relation_kind createrole_self_grant',
    'where and how a table is made':
      'default_table_access_method default_tablespace temp_tablespaces default_toast_compression default_with_oids',
    'how much work VACUUM and GIN do':
      'vacuum_freeze_min_age vacuum_freeze_table_age vacuum_multixact_freeze_min_age vacuum_multixact_freeze_table_age vacuum_failsafe_age vacuum_multixact_failsafe_age vacuum_max_eager_freeze_failure_rate vacuum_truncate vacuum_cost_delay gin_pending_list_limit gin_fuzzy_search_limit',
    'texts to and from the client, and not inside the server':
      'client_encoding lc_messages escape_string_warning backslash_quote quote_all_identifiers',
    'which triggers fire, and ours are ENABLE ALWAYS': 'session_replication_role',
    'which libraries are loaded':
      'local_preload_libraries session_preload_libraries dynamic_library_path extension_control_path icu_validation_level',
    'names of time zones in a text, which a mapping would have to read': 'timezone_abbreviations',
    'older versions of the protocol and of large objects':
      'lo_compat_privileges synchronize_seqscans array_nulls createrole_self_grant allow_alter_system',
  }).flatMap(([why, names]) => names.split(' ').map((name) => [name, why])),
);

for (const major of [18, 15]) {
  const { query } = await testDatabase({ major });

  it(`is decided for each setting of server ${major}`, async () => {
    const settings = await query<{ name: string; category: string }>(
      `SELECT name, category FROM pg_settings WHERE context IN ('user', 'superuser')`,
    );
    expect(settings.length).toBeGreaterThan(100);
    const pinned = new Set(SETTINGS_OF_FUNCTION.map((name) => name.toLowerCase()));
    const undecided = settings.filter(
      ({ name, category }) =>
        !pinned.has(name.toLowerCase()) &&
        NO_VALUE[name.toLowerCase()] === undefined &&
        !NO_VALUES.some((group) => group.test(category)),
    );
    expect(undecided).toEqual([]);
    const known = new Set(settings.map(({ name }) => name.toLowerCase()));
    expect([...pinned].filter((name) => !known.has(name))).toEqual([]);
  });
}
