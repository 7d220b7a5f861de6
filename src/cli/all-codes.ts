/** The diagnostics of all floors in one table, for `explain` and the documentation. */
import { CATALOG_CODES } from '../catalog/codes.js';
import { CHECK_CODES } from '../checks/codes.js';
import { COMMAND_CODES } from '../commands/codes.js';
import { DOCUMENT_CODES } from '../document/codes.js';
import { PLAN_CODES } from '../document/plan-codes.js';
import type { CodeEntry, CodeTable } from '../kernel/diagnostic.js';
import { MAPPING_CODES } from '../mapping/codes.js';
import { PLANNER_CODES } from '../planner/codes.js';
import { STEP_CODES } from '../steps/registry.js';
import { CLI_CODES } from './codes.js';

/** By folder, so that a test can tell whether a code stands in two of them. */
export const CODE_TABLES: readonly CodeTable[] = [
  CATALOG_CODES,
  MAPPING_CODES,
  CHECK_CODES,
  ...STEP_CODES,
  DOCUMENT_CODES,
  PLAN_CODES,
  PLANNER_CODES,
  COMMAND_CODES,
  CLI_CODES,
];

/** Sorted by code. */
export function allCodes(): ReadonlyMap<string, CodeEntry> {
  const entries = CODE_TABLES.flatMap((table) => Object.entries<CodeEntry>(table));
  return new Map(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
