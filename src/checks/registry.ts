/** Every check there is, one line each. The JSON schema, the documentation and the compiler read this list. */
import type { JsonSchema } from '../kernel/json-schema.js';
import { integer, text } from '../kernel/json-schema.js';
import type { CheckDefinition } from './check-definition.js';
import { castable } from './castable.js';
import { columnType } from './column-type.js';
import { empty } from './empty.js';
import { absent, exists } from './exists.js';
import { foreignKeysValid } from './foreign-keys-valid.js';
import { inSync } from './in-sync.js';
import { noNulls } from './no-nulls.js';
import { noOrphans } from './no-orphans.js';
import { noRows } from './no-rows.js';
import { onlySchema } from './only-for.js';
import { rowCount } from './row-count.js';
import { unique } from './unique.js';
import { value } from './value.js';

/** In the order in which they are documented. Each takes fields of its own, which the schema has proved before. */
export const CHECKS: readonly CheckDefinition<never>[] = [
  exists,
  absent,
  columnType,
  empty,
  rowCount,
  noNulls,
  unique,
  noOrphans,
  castable,
  inSync,
  foreignKeysValid,
  noRows,
  value,
];

/** What any check may carry. */
const COMMON: Readonly<Record<string, JsonSchema>> = {
  name: text('what a person calls it; default: a sentence made of its fields'),
  severity: { enum: ['error', 'warning'], description: 'warning: a violation is reported and the run goes on' },
  samples: { ...integer('how many violating rows are shown (default 10)', 0), maximum: 1000 },
  only: onlySchema,
  mask: { type: 'array', items: text('a column'), minItems: 1, description: 'columns whose values are not shown' },
};

export function checkSchema(): JsonSchema {
  const properties = Object.fromEntries(CHECKS.map((check) => [check.name, check.schema]));
  return {
    type: 'object',
    description: 'One check, by its name.',
    properties: { ...properties, ...COMMON },
    additionalProperties: false,
    'x-lockstep-one-of': { noun: 'check', names: CHECKS.map((check) => check.name) },
  };
}
