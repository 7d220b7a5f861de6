/** Problems of `ddl`. */
import type { CodeTable } from '../../kernel/diagnostic.js';

export const DDL_CODES = {
  LS6202: {
    summary: 'no way back can be derived',
    explanation:
      'The catalog does not say how the statement is undone, or nothing can undo it. Say how with `rollback: { sql: … }` on the step, or consent to having no way back with `rollback: { none: reason }`. A run that has passed such a step cannot be taken back as a whole.',
  },
  LS6203: {
    summary: 'not a definition that `ddl` knows',
    explanation:
      '`ddl` holds definitions: what creates, alters, drops, renames and comments. Rows belong into a `backfill` or a `sql` step, settings into the role or the database. Only rows for a table that the same step creates may be inserted there, since they go with it on the way back. Definitions that are not known here can be run by a `sql` step, which takes `down` for the way back.',
  },
  LS6204: {
    summary: 'a name is taken, or is not there',
    explanation:
      'What the statement creates is there already, or what it changes is not, in the catalog as the steps before will have left it. Another plan or person may have run the change. Where either is right, say so with `IF NOT EXISTS` or `IF EXISTS`, which are decided when the plan is compiled, or with `when: [absent: …]` on the step.',
  },
  LS6205: {
    summary: 'nothing to do',
    explanation:
      'The statement says IF EXISTS or IF NOT EXISTS, and the catalog already is as it wants it to be, so the plan has no operation for it and its way back will not touch what was there before. IF NOT EXISTS itself is never sent: after a failed concurrent build it would report success over an invalid index.',
  },
} as const satisfies CodeTable;

export type DdlCode = keyof typeof DDL_CODES;
