/** Problems of a plan as a whole: what its parts say of each other. */
import type { CodeTable } from '../kernel/diagnostic.js';

export const PLAN_CODES = {
  LS1401: {
    summary: 'a name is used twice',
    explanation:
      'Steps and mappings are referred to by their ids, so each id is used once in a plan, among the mappings too. Rename one of them.',
  },
  LS1402: {
    summary: 'a reference to something that is not in the plan',
    explanation:
      'A step or a check names a mapping or a step that the plan does not have. References are exact; correct the spelling, or declare what is meant.',
  },
  LS1403: {
    summary: 'a step needs itself',
    explanation:
      '`needs` lists the steps that must have ended before this one. A step cannot wait for itself. Remove the entry.',
  },
} as const satisfies CodeTable;
