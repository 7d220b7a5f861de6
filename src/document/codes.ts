/** The diagnostics of this floor: LS10 the YAML text, LS11 the shape, LS12 SQL and names in it, LS13 parameters, LS15 the configuration. */
import type { CodeTable } from '../kernel/diagnostic.js';
import { CONFIG_CODES } from './codes-config.js';
import { SCHEMA_CODES } from './codes-schema.js';
import { SLOT_CODES } from './codes-slots.js';
import { YAML_CODES } from './codes-yaml.js';

export const DOCUMENT_CODES = {
  ...YAML_CODES,
  ...SCHEMA_CODES,
  ...SLOT_CODES,
  ...CONFIG_CODES,
} as const satisfies CodeTable;
