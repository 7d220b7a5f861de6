/** What steps of any kind may cost, without consent. */
import type { CodeTable } from '../kernel/diagnostic.js';

export const HAZARD_CODES = {
  LS6201: {
    summary: 'a hazard without consent',
    explanation:
      'The statement has no form that is safe beside traffic, or takes something away for good; or the step would run code of roles that are not trusted (`untrusted_schema`), or code of others with the rights of a superuser (`runs_as_superuser`). The plan runs only where its author consents by name, with a reason that is shown wherever the plan is approved: `allow: { blocks_writes: the table is not written at night }` on the step. Where there is a safer way, the help names it.',
  },
} as const satisfies CodeTable;
