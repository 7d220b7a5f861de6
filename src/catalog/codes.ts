/** The diagnostics of the catalog floor: names that are not in the database, and keys that cannot be walked. */
import type { CodeTable } from '../kernel/diagnostic.js';

export const CATALOG_CODES = {
  LS2001: {
    summary: 'unknown table',
    explanation:
      'The plan names a table or view that is not in the database, and that no earlier step creates. Names are literal: ' +
      'they are never folded to lower case, and a name without a schema is looked up in `defaults.schema` only, not along ' +
      'the search path. Correct the name, write the schema in front of it, or declare it with `creates` on the step that ' +
      'makes it. A table that an earlier step drops or renames is unknown from there on.',
  },
  LS2002: {
    summary: 'unknown schema',
    explanation:
      'The schema in front of a name is not in the database, and no earlier step creates it. The schemas of the system and ' +
      'the schema `lockstep`, which holds the journal, are outside every plan. Correct the schema, or create it first.',
  },
  LS2003: {
    summary: 'unknown column',
    explanation:
      'The table is there, the column is not: not in the database as it is, nor as the earlier steps of the plan will have ' +
      'left it. Column names are literal and never folded. After a cutover a name means the new column. Correct the name, ' +
      'or add the column in a step before this one.',
  },
  LS2004: {
    summary: 'columns not known before the run',
    explanation:
      'The table is declared with `creates` on a `sql` step, so the plan knows that it will exist but not what ' +
      'columns it will have. What is compiled from its columns cannot be compiled. Create the table in the text of a `sql` step, ' +
      'which is parsed, or use it only in SQL that names its columns itself.',
  },
  LS2005: {
    summary: 'not a table',
    explanation:
      'The name belongs to a view, a sequence or a foreign table, where a table is needed: only a table has rows that can ' +
      'be locked, keys that can be walked, and triggers that see every write. Name the table underneath.',
  },
  LS2006: {
    summary: 'no key to walk',
    explanation:
      'Batches walk a table along a key: each takes the rows after the last key of the batch before. Every row must be met ' +
      'exactly once, so the key has to be the primary key or a unique, valid, non-partial, non-deferrable btree index, over ' +
      'columns that are NOT NULL, under a deterministic collation, without floating-point columns. A row with a NULL is ' +
      'never greater than anything and would be skipped; a deferrable key may hold doubles until COMMIT; a partial index ' +
      'does not hold all rows. Add a primary key, or build such an index and name it in `walk`.',
  },
  LS2007: {
    summary: 'unknown index',
    explanation:
      'The index that the plan names is not an index of this table. Index names are literal, and an index is looked up ' +
      'among those of its own table. Correct the name, or leave it out: then the primary key is walked.',
  },
  LS2008: {
    summary: 'a name that cannot be read',
    explanation:
      'A table is named by its own name or by schema and name: `users`, `auth.users`; a column by its table, a dot, and its ' +
      'own name. A name that holds a dot itself is ' +
      'written in double quotes, as in SQL: `"a.b"`. Other databases cannot be named: a plan works in one database.',
  },
} as const satisfies CodeTable;
