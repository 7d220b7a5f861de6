/** As `interleavings`, for what windows in both directions add: writes to either side, the opposite mirror, the cutover. */
import { enumerate } from './support/enumerate.js';
import { SCENARIOS_BOTH } from './support/scenarios-both.js';
import { NEW_SIDE, OLD_SIDE } from './support/writes.js';

await enumerate('interleavings, both', 'both', SCENARIOS_BOTH, [...OLD_SIDE, ...NEW_SIDE]);
