/** Problems of tables whose rows a step writes, or keeps in step. */
import type { CodeTable } from '../kernel/diagnostic.js';

export const FITNESS_CODES = {
  LS6101: {
    summary: 'triggers on the target are not spoken for',
    explanation:
      'The target has triggers of your own. They would fire for every row that the backfill or the mirror writes: mails sent, audit rows written, counters moved. Say `user_triggers: fire` when that is wanted, `user_triggers: suppress` when it is not.',
  },
  LS6105: {
    summary: 'a table is read or written without the right to',
    explanation:
      'The database user of the run lacks a privilege that the step needs. Each is named; grant it, or run as another user.',
  },
  LS6106: {
    summary: 'row-level security may hide rows',
    explanation:
      'Policies of the table apply to the user of the run, so it would read or write only a part of the rows without noticing. Run as the owner or as a user with BYPASSRLS.',
  },
  LS6107: {
    summary: 'a table of this kind cannot be filled exactly',
    explanation:
      'An unlogged or temporary table loses its rows when the server crashes while the checkpoint stays, and an inheritance parent shows rows of its children that its own key does not order. Use an ordinary or partitioned table.',
  },
  LS6110: {
    summary: 'rules of a table would rewrite what is written to it',
    explanation:
      'A rule (CREATE RULE … ON INSERT, UPDATE or DELETE) rewrites statements before they run: a DELETE becomes an UPDATE of another column, an INSERT goes to another table too. What a backfill or a mirror writes would not be what the mapping says, or the server would refuse it, and with it the write of the application: beside rules ON INSERT or ON UPDATE, also disabled ones ON UPDATE, there is no ON CONFLICT, and beside DO ALSO no INSERT, UPDATE or DELETE in WITH. Drop the rule, or let a trigger do what it does.',
  },
} as const satisfies CodeTable;
