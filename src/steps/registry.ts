/** Every step kind, one line each. The JSON schema, the type of a step, the help and the documentation read this list. */
import type { CodeTable } from '../kernel/diagnostic.js';
import { BACKFILL_CODES } from './backfill/codes.js';
import { backfill } from './backfill/index.js';
import { close } from './close/index.js';
import { CONVERT_CODES } from './convert-uuid/codes.js';
import { convertUuid } from './convert-uuid/index.js';
import { cutover } from './cutover/index.js';
import { DDL_CODES } from './ddl/codes.js';
import { ddl } from './ddl/index.js';
import { dualWrite } from './dual-write/index.js';
import { FITNESS_CODES } from './fitness-codes.js';
import { gate } from './gate/index.js';
import { QUIET_HOURS_CODES } from './quiet-hours-codes.js';
import { SQL_STEP_CODES } from './sql/codes.js';
import { sql } from './sql/index.js';
import type { StepDefinition } from './step-definition.js';
import { verify } from './verify/index.js';
import { HAZARD_CODES } from './hazard-codes.js';
import { WINDOW_CODES } from './window-codes.js';

/** In the order in which they are documented. Each takes fields of its own, which the schema has proved before. */
export const STEP_KINDS: readonly StepDefinition<never>[] = [
  ddl,
  dualWrite,
  backfill,
  convertUuid,
  cutover,
  close,
  verify,
  gate,
  sql,
];

/** The diagnostics that the kinds report, for whoever explains codes. */
export const STEP_CODES: readonly CodeTable[] = [
  QUIET_HOURS_CODES,
  HAZARD_CODES,
  DDL_CODES,
  FITNESS_CODES,
  BACKFILL_CODES,
  WINDOW_CODES,
  CONVERT_CODES,
  SQL_STEP_CODES,
];
