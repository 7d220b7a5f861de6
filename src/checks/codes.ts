/** Problems of checks. */
import type { CodeTable } from '../kernel/diagnostic.js';

export const CHECK_CODES = {
  LS4001: {
    summary: 'a cast that this server cannot try',
    explanation:
      'Whether a text can be read as a value of a type is asked without raising an error at the first bad row. PostgreSQL 16 has a function for it, `pg_input_is_valid`; on server 15 lockstep knows the syntax of `uuid`, `smallint`, `integer` and `bigint` alone. Ask with `no_rows` and a condition of your own, or upgrade the server first.',
  },
  LS4002: {
    summary: 'not the name of a type',
    explanation:
      '`castable` takes the name of one type, as it is written behind `::` in SQL: `uuid`, `varchar(36)`, `app.email`. The type of another column (`%TYPE`) and a set of values (`SETOF`) are no types that a column could have.',
  },
} as const satisfies CodeTable;
