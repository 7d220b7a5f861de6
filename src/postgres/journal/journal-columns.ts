/**
 * Which columns the journal's tables have, in any version of it, for whoever must tell them from what somebody else put there.
 * What a table is for stands in `migrations`; a test holds the two against each other.
 */
export const JOURNAL_COLUMNS: Readonly<Record<string, string>> = {
  already_there: 'run_id operation_id key',
  approval: 'run_id operation_id by_user at comment graph_digest',
  batch: 'run_id operation_id range_number number xid rows duration_ms began_at checkpointed_at pid',
  before_image: 'run_id operation_id id key before after',
  definitions: 'id run_id operation_id keys definitions',
  event: 'id run_id at event operation_id from_state to_state details by_user before',
  file_node: 'run_id operation_id relation name file_node server at',
  finding: 'run_id operation_id id what detail at',
  migration: 'number name applied_at by_user',
  mirror_failure:
    'id window_name mapping side operation key_before key_after sqlstate message at by_user application accepted_at accepted_by',
  move: 'id xid window_name mapping side from_key to_key row_before row_after found',
  old_writer: 'window_name mapping side at by_user application xid',
  operation: 'run_id id ordinal state epoch outcome attempts first_left_pending_at started_at finished_at',
  quarantined: 'run_id operation_id id range_number key row sqlstate message detail at replayed_at replayed_by',
  range:
    'run_id operation_id number epoch lower upper cursor done rows_read rows_changed rows_skipped rows_kept batches rows_quarantined',
  run: 'id plan ordinal status source_digest graph_digest graph rollback_graph params epoch fingerprint_before executor created_at finished_at created_by asked rollback_digest',
  tombstone: 'window_name mapping key at',
  touched: 'window_name mapping key',
  window: 'run_id step name direction state sides opened_at moved_at',
  window_move: 'id window_run_id step to_state at by_run_id',
};
