/** `dual_write`: opens a window in which every write to a source is made to its target too, in the same transaction. */
import { list, object, ref } from '../../kernel/json-schema.js';
import type { StepDefinition } from '../step-definition.js';
import { lowerDualWrite, type DualWriteFields } from './lower.js';

export const dualWrite: StepDefinition<DualWriteFields> = {
  kind: 'dual_write',
  summary:
    'Opens a window: from here on every write to a source is made to its target too, in the same transaction, until the window is closed.',
  example: `- id: in-step
  dual_write: { mappings: [credentials, logins] }`,
  schema: object(
    'Mappings whose two sides are kept in step.',
    {
      mappings: list(ref('mapping', 'a mapping of this plan'), 'the mappings that are kept in step'),
      direction: {
        enum: ['forward', 'both'],
        description:
          '`forward` (the default): writes to the source reach the target; `both`: once the targets are filled, writes to them reach the source too, as `reverse` of the mappings says',
      },
      on_mirror_error: {
        enum: ['reject', 'record'],
        description:
          'what a write means that the other side does not take: `reject` (the default) makes it fail, `record` lets it pass and notes it down',
      },
      user_triggers: {
        const: 'fire',
        description:
          'triggers of your own on the target fire for what the mirrors write; must be said where there are any',
      },
    },
    ['mappings'],
  ),
  windowOver: ({ mappings }) => mappings,
  lower: lowerDualWrite,
};
