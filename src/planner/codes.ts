/** Problems of compiling a plan against a database. */
import type { CodeTable } from '../kernel/diagnostic.js';

export const PLANNER_CODES = {
  LS8001: {
    summary: 'the steps wait for each other',
    explanation:
      'Each step waits for another in a circle, so none could ever start. Steps that touch the same table keep the order of the document; `needs` that points forwards to such a step closes a circle. Remove the `needs`, or move the step.',
  },
  LS8002: {
    summary: 'the server is of a version that lockstep was not tested with',
    explanation:
      'Supported are PostgreSQL 15, 16, 17 and 18. What locks a statement takes and what a trigger sees differs between versions, and what was not tested is not promised.',
  },
  LS8003: {
    summary: 'the server is a standby',
    explanation: 'A standby cannot be written to. Connect to the primary.',
  },
  LS8004: {
    summary: 'logical subscribers would receive the journal',
    explanation:
      'A publication FOR ALL TABLES exists in this database. The journal, schema `lockstep`, would be published too, and subscribers that lack its tables stop. Publish named tables or schemas instead, before a plan runs here.',
  },
  LS8005: {
    summary: 'a batch may take longer than the server waits for deadlocks',
    explanation:
      "A batch and a wait for a lock must together stay below the server's `deadlock_timeout`; otherwise the application's session is chosen as the deadlock victim. Use a smaller `batch.target`.",
  },
  LS8006: {
    summary: 'no step is for this target',
    explanation:
      'Every step of the plan says `only`, and none names the target that was chosen. That is no error: `apply` has nothing to do, writes nothing, not even a run, and exits with 0, so that one list of plans can be applied to all targets.',
  },
} as const satisfies CodeTable;
