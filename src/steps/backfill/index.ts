/** `backfill`: rows in batches, each with its checkpoint: copied by mappings, or filled in place. */
import { report } from '../../catalog/scope.js';
import type { StepDefinition } from '../step-definition.js';
import { BACKFILL_CODES } from './codes.js';
import { lowerCopy } from './copy.js';
import { lowerFill } from './fill.js';
import { paceOf } from '../pace-of.js';
import { backfillSchema, type BackfillFields } from './schema.js';

export const backfill: StepDefinition<BackfillFields> = {
  kind: 'backfill',
  summary:
    'Copies rows by mappings, or fills columns in place: in batches, each committed together with its checkpoint.',
  example: `- id: fill
  backfill: { mappings: [preferences], on_conflict: skip }`,
  schema: backfillSchema,
  fills: (fields) => ('mappings' in fields ? fields.mappings : []),
  check(fields, context) {
    const copies = 'mappings' in fields;
    const foreign = copies ? ['table', 'set', 'where'] : ['on_conflict'];
    for (const key of foreign.filter((candidate) => candidate in fields)) {
      const detail = `\`${key}\` does not go with \`${copies ? 'mappings' : 'table'}\`.`;
      const help = copies && key === 'where' ? 'put `where` into the mapping' : `leave out \`${key}\``;
      report(context, BACKFILL_CODES, 'LS6104', context.locate([...context.path, key], 'key'), { detail, help });
    }
  },
  lower(fields, context) {
    const pace = paceOf(fields, context);
    return 'mappings' in fields ? lowerCopy(fields, pace, context) : lowerFill(fields, pace, context);
  },
};
