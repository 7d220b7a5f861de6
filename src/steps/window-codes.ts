/** Problems of windows: what cannot be kept in step, and steps that come where no window of theirs is open. */
import type { CodeTable } from '../kernel/diagnostic.js';

export const WINDOW_CODES = {
  LS6501: {
    summary: 'a mapping cannot be mirrored row by row',
    explanation:
      'While a window is open, a row of the target follows one row of the source. That needs a unique index of the source, not deferrable, over the columns that the target key is copied from; without one, two source rows could write one target row, and who is last would win. Build the index first (`ddl`), or map the key from columns that have one.',
  },
  LS6502: {
    summary: 'triggers of a table would fire before its mirror, or behind the note of a key that changes',
    explanation:
      'Triggers fire in the order of their names. An AFTER trigger that comes before the mirror and changes the row again would leave the target with the older values; a BEFORE trigger that comes last may still change the key, or keep the row as it is, when its change was noted already. Rename the trigger.',
  },
  LS6503: {
    summary: 'a table in a window belongs to somebody else',
    explanation:
      'Mirrors are triggers that fire in every session (`ENABLE ALWAYS`), and a TRUNCATE is refused on both sides while the window is open. Only the owner of a table may say so: run as the owner, or as a member of its role.',
  },
  LS6504: {
    summary: 'a step needs a window that is not open there',
    explanation:
      'A `cutover` or `close` names steps before it that open a window (`dual_write`), and each window once: what is closed stays closed. A backfill of a mapping whose window is opened by a later step would run before the mirrors are there, and miss every write in between.',
  },
  LS6505: {
    summary: 'a window is closed before its target is filled',
    explanation:
      'The mirrors bring what is written from their opening on; what was there before is brought by a `backfill` of the same mappings, behind the window. Without it the target would stay incomplete.',
  },
  LS6506: {
    summary: 'an expression of a mapping cannot be mirrored',
    explanation: 'A mirror sees one row under the name of its table, without a schema. Write `users.id`, or `id`.',
  },
  LS6507: {
    summary: 'a mapping is in two windows',
    explanation: 'Each mapping is kept in step by one window at a time. Close the first one before another opens.',
  },
  LS6508: {
    summary: 'a window cannot be cut over',
    explanation:
      'After a cutover the new side leads and the old one follows, so that going back loses nothing. That needs a window in both directions (`direction: both`), which a forward-only one is not: it can be closed.',
  },
  LS6509: {
    summary: 'a window in both directions is not spoken for',
    explanation:
      'With `direction: both` writes to either side reach the other. Every mapping of the window says what a write to its target means for the source (`reverse`), and the step consents to `deadlocks`: two sessions that write the same row from both sides at the same moment each hold what the other needs, and the server ends one of them (measured: about one in a hundred of such writes); the application must be ready to try again.',
  },
  LS6510: {
    summary: 'both sides of a window number their rows themselves',
    explanation:
      'A column that the window copies has a sequence on either side. While both sides are written, each would give the same number to another row; the second write is refused, and nothing is lost. Let one side use the sequence of the other: `ALTER TABLE … ALTER COLUMN … SET DEFAULT nextval(…)`.',
  },
  LS6511: {
    summary: 'windows of two kinds cannot change in one commit',
    explanation:
      'A window between tables changes which of them leads; a window inside of tables changes the names of columns. Each is a short transaction of its own: write a `cutover` for each.',
  },
  LS6512: {
    summary: 'nothing gives a new row its old key',
    explanation:
      'After the cutover a row comes with its new key. The old column keeps its default or its sequence; where it has neither, nothing could go back to the old key. Say what gives it one (`old_value`).',
  },
  LS6513: {
    summary: 'this plan cannot go on with a window of another one',
    explanation:
      'A run may end with windows open, and a later plan may compare such a window (`in_sync`), cut it over or close it, by its name: `plan/step`. That needs the run that opened it to have ended, and the window to be open. What it is like stands in the journal of the database, not in the file of the other plan; so only a command with that database can tell. `lockstep status` lists windows that are open.',
  },
  LS6514: {
    summary: 'what stands on an old column is not what it was when its window opened',
    explanation:
      'Indexes, keys and foreign keys over an old column were built again over its twin when the window opened. What has come since has no such counterpart: a cutover would leave it on the old column, or fail because of it. Drop it before the cutover, and make it again behind it, where the name means the new column. What has gone since cannot change names with its counterpart. Make it again; or take back the run that opened the window, and apply its plan anew.',
  },
  LS6515: {
    summary: 'a cutover that stops subscribers, without consent',
    explanation:
      'Names of columns change in the cutover, and a publication sends rows by these names: a subscriber that still has the old ones stops at the next row. Disable the subscriptions, change the names there too, and enable them again; say so with `allow: { breaks_subscribers: reason }` on the step. The way back of the cutover changes the names back, and asks the same of you.',
  },
  LS6520: {
    summary: 'a step changes what an open window stands on',
    explanation:
      'The mirrors of a window name its tables and columns. If a table or a column that they read or write is renamed, dropped or given another type, or a unique index that they rely on goes, the next write of the application fails, or the two sides part. Make the change before the window opens, or behind its `close`. A window that another plan has left open is named with its plan: close it there first.',
  },
  LS6530: {
    summary: 'a row may come before the row that it refers to',
    explanation:
      'Targets of one window refer to each other, and while they are not filled yet a mirror brings the row that a row refers to before it. It cannot where two tables refer to each other in a circle, or where a foreign key refers to other columns than the key of the mapping: then the server refuses the write of the application until that row is filled. Open and fill the tables that are referred to in a window of their own before, or add the foreign key behind the fill.',
  },
  LS6610: {
    summary: 'the parent of a reference is not converted',
    explanation:
      'The new key of a reference is that of the row that it refers to. When the plan is compiled: the table that it refers to, by a foreign key or by `to`, is not converted; both sides need one type. Convert both in one step (`tables`), or leave the reference out. While the run is under way: the row that it refers to is there and has no new key, because somebody took it away past the triggers of the window. Nothing is filled with a gap: the batch stops, and a write whose column is NOT NULL is refused. Give the parent its key by the statement that is shown, and go on.',
  },
  LS6612: {
    summary: 'two rows have one new key',
    explanation:
      'A unique index over the new keys could not be built. `random` and `v7` make another key for the later row, and the run goes on by itself; what is computed from the old key cannot be made anew. With `cast` two texts are one uuid: letter case, braces or hyphens are all that tells them apart, and one was written after the rows were asked. With `derived` the keys differ and their digests do not, or somebody wrote one past the triggers. Repair the old keys and go on, or take the run back and choose another namespace, or `random`.',
  },
  LS6531: {
    summary: 'a key of a window has no text of its own',
    explanation:
      'What a mirror writes down of a row is its key, as text: that it was deleted, that it moved, that the mirror itself is writing it. Equal keys must have equal texts. That is so of integers, uuid, text, dates, numeric, citext and most others; it is not of floating point numbers, interval, jsonb and arrays of padded texts or numeric, where equal values are written in several ways. Name another `key`.',
  },
} as const satisfies CodeTable;
