/** Problems of `convert_uuid`: what cannot be converted, and what would be left behind. */
import type { CodeTable } from '../../kernel/diagnostic.js';

export const CONVERT_CODES = {
  LS6601: {
    summary: 'a key cannot be converted to uuid',
    explanation:
      'What is converted is one column of the primary key or of another unique key: an integer, or a text. `cast` needs a text, `v7` a server of version 18 or later, `derived` a namespace. Where the key is made of several columns, name the one to convert (`column`).',
  },
  LS6602: {
    summary: 'a column would have two new keys',
    explanation:
      'What `random` and `v7` make is another key for each row of each table. A column that refers to two of them would have to be both at once. Write `value: derived`, which gives the same old key the same new one, or convert only the key that the others refer to.',
  },
  LS6603: {
    summary: 'a name is taken',
    explanation:
      'While the window is open the new column, its indexes and its constraints stand beside the old ones, and after the cutover the old ones stand beside the new. Say other names (`names`), or rename what has them now.',
  },
  LS6604: {
    summary: 'a table cannot be converted',
    explanation:
      'Its parts cannot all be made beside the old ones without holding up who writes. A partitioned table that refers to a key is converted with it, unless the reference is part of a key of the table or of a partition (none takes a prepared index: `USING INDEX`), or says which partition a row belongs to. A reference of some partitions by themselves has to be said of the whole table (`references`): a new column is one of all partitions.',
  },
  LS6605: {
    summary: 'a reference is not clear',
    explanation:
      'A soft reference says which column holds keys of which converted table. Where several tables are converted and the column is not called like one of them, say it: `{ column: events.subject_id, to: users }`.',
  },
  LS6606: {
    summary: 'something hangs on a column that the cutover would leave behind',
    explanation:
      'What stands on a column follows it when it is renamed: a rule, a generated column, a CHECK, a materialized view would go on meaning the old key. Views, policies, plain indexes, keys and foreign keys are moved by the cutover itself; what cannot be moved is named here, and so is what stands on a view that is made again. Drop it in a step before, and make it again behind the cutover.',
  },
  LS6607: {
    summary: 'a column looks like a reference',
    explanation:
      'It has the type of the converted key and is called like its table, but no foreign key says that it refers to it. Name it in `references`, or it keeps the old keys.',
  },
  LS6608: {
    summary: 'a key is a uuid already',
    explanation:
      'There is nothing to convert: the step succeeds and does nothing, and so do the cutover and the close of its window.',
  },
  LS6609: {
    summary: 'functions or policies name a converted column',
    explanation:
      "The text of a function is read when it runs: after the cutover the name of the column means the new key. Where it compares the column with an old key, or keeps it in a variable of the old type, it fails. Make such functions anew in a step behind the cutover. A policy follows its column, so the cutover makes it again with the text that it has: where the server would not take that over a uuid it is refused before anything changes (write it so that it holds for both, as `user_id || '' = …` does); where it takes it, what the column is compared with (a setting of the session, a claim of a token) has to be a new key from then on.",
  },
  LS6611: {
    summary: 'orphans cannot be set to NULL',
    explanation:
      '`orphans: set_null` overwrites references that find nothing. That needs a column that may be NULL and that no other one refers to. What a foreign key that is NOT VALID stands on needs a role that may put the old values back past it on the way back (`session_replication_role`), or `rollback: { none: reason }`.',
  },
} as const satisfies CodeTable;
