/** Problems of mappings. */
import type { CodeTable } from '../kernel/diagnostic.js';

export const MAPPING_CODES = {
  LS3001: {
    summary: 'a mapping leaves out a column that must have a value',
    explanation:
      'The target has a column that is NOT NULL and has no default, and the mapping does not fill it, so the first row would be refused by the server. Add the column to `columns`, or give it a default first.',
  },
  LS3002: {
    summary: 'a mapping has no key',
    explanation:
      'A target row must be identified, so that a source row is never copied twice and a rollback knows which row it wrote. The key is the primary key of the target unless `key` names others. Its columns must be mapped and stand in a unique index that is valid, not partial and not deferrable, because `ON CONFLICT` can rely on no other.',
  },
  LS3003: {
    summary: 'an expression of a mapping is not one value of one source row',
    explanation:
      'A mapping says what a target column holds as SQL over one row of the source. A subquery, a window function, an aggregate or a set-returning function sees other rows, so backfill, mirror, comparison and rollback could not agree about it. Compute such a value in a step of its own.',
  },
  LS3004: {
    summary: 'an expression of a mapping changes from call to call',
    explanation:
      'The expression calls a function whose result depends on the moment or on chance. What the backfill writes could never be compared with the source again. Give the target column a default instead, or store the value in the source first.',
  },
  LS3005: {
    summary: 'a mapping fills a generated column',
    explanation:
      'The server computes generated columns itself and refuses values for them. Leave the column out of `columns`.',
  },
  LS3006: {
    summary: 'a mapping copies a table onto itself',
    explanation:
      'Source and target of a mapping are two tables. To change a table in place, write `backfill: { table, set }`.',
  },
  LS3007: {
    summary: 'no equal column names',
    explanation:
      '`columns: same` maps the columns that both tables have under the same name. These two have none in common.',
  },
  LS3008: {
    summary: 'a mapping does not say which source row a target row means',
    explanation:
      'A write to the target is made to the source row with the same key: the key that the source is walked by, its primary key as a rule. So that key must be told by the target row, as a column that is copied as it is, or by an expression in `reverse.columns`.',
  },
} as const satisfies CodeTable;
