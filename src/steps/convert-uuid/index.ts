/** `convert_uuid`: a key becomes a uuid, with everything that refers to it, beside the old one and in step with it. */
import type { StepDefinition } from '../step-definition.js';
import { refuseWhatHasCome } from './come-since.js';
import { lowerConvertUuid } from './lower.js';
import { convertUuidSchema, type ConvertUuidFields } from './schema.js';

export const convertUuid: StepDefinition<ConvertUuidFields> = {
  kind: 'convert_uuid',
  summary:
    'Opens a window in which a key and all that refers to it have uuids beside them, kept in step until a cutover gives these the names.',
  example: `- id: users-uuid
  convert_uuid: { table: users, value: random }`,
  schema: convertUuidSchema,
  windowOver: () => [],
  comeSince: (window, context) => {
    if (window.kind === 'columns') refuseWhatHasCome(window, context);
  },
  lower: lowerConvertUuid,
};
