/**
 * Every write of an application, at every isolation level, against every state of a window that keeps its new side in step, with
 * one of the two held at every place where it can be. What must come of each stands in `support/expected-outcomes`; the rows
 * are compared by hand.
 */
import { enumerate } from './support/enumerate.js';
import { SCENARIOS } from './support/scenarios.js';
import { OLD_SIDE } from './support/writes.js';

await enumerate('interleavings, forward', 'forward', SCENARIOS, OLD_SIDE);
