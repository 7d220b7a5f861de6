/** Problems of `sql`. */
import type { CodeTable } from '../../kernel/diagnostic.js';

export const SQL_STEP_CODES = {
  LS6301: {
    summary: 'a step has no way back',
    explanation:
      'What free SQL does cannot be derived backwards. Say how it is taken back with `down`, or with `rollback: { sql: … }` on the step; or consent to having no way back with `rollback: { none: reason }`. The reason is shown wherever the plan is approved.',
  },
  LS6302: {
    summary: 'a statement that cannot run in a transaction',
    explanation:
      'The server refuses this statement inside a transaction block (CREATE INDEX CONCURRENTLY, VACUUM and the like). Put it alone into a step with `transaction: false`. Such a step is recorded before it is sent; should the answer never come, the run stops and asks you whether it has run.',
  },
  LS6303: {
    summary: 'more than one statement outside a transaction',
    explanation:
      'Without a transaction each statement is final by itself, and after a crash between two of them nobody could say which had run. Give each a step of its own.',
  },
  LS6304: {
    summary: 'what a statement touches cannot be known',
    explanation:
      'The text does not say what it reads and writes: it runs code of a DO block or a procedure. The step is a barrier: everything before it ends first, nothing after it starts earlier. Its locks are not known, so the plan cannot show them.',
  },
} as const satisfies CodeTable;
