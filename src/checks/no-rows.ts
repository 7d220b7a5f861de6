/** `no_rows`: a query of the plan's author returns nothing; what it returns is the evidence. */
import { sql } from '../kernel/json-schema.js';
import type { CheckDefinition } from './check-definition.js';

export const noRows: CheckDefinition<string> = {
  name: 'no_rows',
  holds: 'the query returns nothing; what it returns is the evidence',
  example: `- no_rows: SELECT id FROM users WHERE email = ''`,
  schema: sql('query', 'a SELECT that returns the rows that must not be'),
  compile: (query, context) => ({
    says: 'the query returns nothing',
    rows: query,
    reads: context.readsOf('query', query),
  }),
};
