/** Problems of `backfill`. */
import type { CodeTable } from '../../kernel/diagnostic.js';

export const BACKFILL_CODES = {
  LS6102: {
    summary: 'a backfill changes the key that it walks by',
    explanation:
      'Batches walk the table in the order of a key, and the checkpoint is the last key that is done. A row whose key changes while it is walked could be met twice or never. Walk by another unique index (`walk`), or change the key in a step of its own.',
  },
  LS6103: {
    summary: 'a backfill fills a column that cannot be set',
    explanation: 'Generated columns are computed by the server. Fill what they are computed from.',
  },
  LS6104: {
    summary: 'a backfill mixes its two forms',
    explanation:
      '`mappings` copies rows from one table to another, `table` and `set` fill columns in place. A step does one of them, and `on_conflict` belongs to the first, `where` to the second.',
  },
  LS6108: {
    summary: 'the user of the run may not suppress triggers',
    explanation:
      'To write rows without the triggers of the table the server must be told that it applies changes which were decided elsewhere (`session_replication_role`). That is for superusers and for those who were granted it: `GRANT SET ON PARAMETER session_replication_role TO …`. Let an administrator grant it, or say `user_triggers: fire`.',
  },
  LS6109: {
    summary: 'the triggers of this table cannot be suppressed',
    explanation:
      'While triggers are suppressed the server does not look up foreign keys and does not check deferrable keys, and fires triggers that are ENABLE REPLICA or ENABLE ALWAYS. The batches look up and lock the rows that a foreign key refers to themselves; what they cannot stand in for is refused: deferrable keys, a table that refers to itself, keys over periods or of single partitions, and filled columns to which other tables refer.',
  },
  LS6111: {
    summary: 'copied numbers do not move the sequence of the target',
    explanation:
      'A column of the target numbers its rows by itself, by an identity or the default of a serial, and the backfill gives it the numbers of the source. That does not move its sequence: the next INSERT that leaves the column out would get a number that is taken, and fail. A `close` and a `cutover` of a window move it by themselves. Behind a backfill without a window do it when nobody writes the old table any more, before anybody inserts into the new one: send the statement that is shown. It never sets the sequence back.',
  },
} as const satisfies CodeTable;
