/** `verify`: proof at this point of the run. A check that fails stops the run; going on asks it again. */
import { compileChecks, type CheckDeclaration } from '../../checks/compile-checks.js';
import { list } from '../../kernel/json-schema.js';
import { checkOperations } from '../../checks/check-operations.js';
import type { StepDefinition } from '../step-definition.js';

export const verify: StepDefinition<readonly CheckDeclaration[]> = {
  kind: 'verify',
  summary:
    'Proves something about the data: everything before it has ended, and nothing after it starts before it holds.',
  example: `- id: proof
  verify:
    - in_sync: [preferences]
    - no_orphans: { from: user_preferences.user_id, to: users.id }`,
  schema: list({ $ref: '#/definitions/check' }, 'Checks that must hold here.'),
  lower(checks, context) {
    const planned = compileChecks(checks, context, context.path);
    const options = { step: context.step, prefix: `${context.step}/verify`, effect: 'fail', barrier: true } as const;
    return { operations: checkOperations(planned, options), preconditions: [], effects: [] };
  },
};
