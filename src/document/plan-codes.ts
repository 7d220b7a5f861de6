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
  LS1404: {
    summary: 'a target that is not configured',
    explanation:
      '`only` names a target that `lockstep.config.yaml` does not have. A misspelt target would leave a step out everywhere, so names are exact; correct the spelling, or add the target.',
  },
  LS1405: {
    summary: '`only` without targets',
    explanation:
      'A step or a check is for some targets only, and no configuration says which targets there are: `lockstep.config.yaml` is not in the working directory and `--config` was not given, or the file names none. Name them there, or remove `only`.',
  },
} as const satisfies CodeTable;
