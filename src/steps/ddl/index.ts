/** `ddl`: ordinary definitions, run in the form that does not block, each with its way back. */
import type { StepDefinition } from '../step-definition.js';
import { lowerDdl } from './lower.js';
import { tellAt } from './tell.js';

export const ddl: StepDefinition<string> = {
  kind: 'ddl',
  summary: 'Runs ordinary DDL in the form that does not block, and derives how each statement is taken back.',
  example: `- id: index
  ddl: CREATE INDEX orders_user_id_idx ON orders (user_id)`,
  schema: {
    type: 'string',
    description: 'Definitions, as for psql: what creates, alters, drops, renames and comments.',
    'x-lockstep-sql': 'statements',
  },
  lower(text, context) {
    return lowerDdl(context.statementsOf(text), context, tellAt(context));
  },
};
