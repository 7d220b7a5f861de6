/** Every feature that a schema may have. Another one is a function in `features/`, and a line in its list. */
import type { Feature } from './draft.js';
import { COLUMNS } from './features/columns.js';
import { CONVERSIONS } from './features/conversions.js';
import { PLACES } from './features/places.js';
import { REFERRERS } from './features/references.js';
import { TRIGGERS } from './features/triggers.js';

export const FEATURES: readonly Feature[] = [...REFERRERS, ...TRIGGERS, ...COLUMNS, ...PLACES, ...CONVERSIONS];
