/** Every step kind, one line each. The JSON schema, the type of a step, the help and the documentation read this list. */
import { backfill } from './backfill/index.js';
import { gate } from './gate/index.js';
import { sql } from './sql/index.js';
import type { StepDefinition } from './step-definition.js';
import { verify } from './verify/index.js';

/** In the order in which they are documented. Each takes fields of its own, which the schema has proved before. */
export const STEP_KINDS: readonly StepDefinition<never>[] = [backfill, verify, gate, sql];
