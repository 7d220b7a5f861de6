/** What the executor tells while it runs, for screens and logs. What must survive is in the journal, written with its cause. */
import type { Blocker } from './blocker.js';
import type { BuildProgress } from './ask-build.js';
import type { OperationOutcome, OperationState } from './journal.js';
import type { Counts } from './run-types.js';

export type RunEvent =
  | {
      readonly type: 'operation';
      readonly operation: string;
      readonly step: string;
      readonly from: OperationState;
      readonly to: OperationState;
      readonly outcome: OperationOutcome | null;
    }
  | {
      /** A batch was committed. Counts are the operation's own, over all batches of all processes. */
      readonly type: 'progress';
      readonly operation: string;
      readonly step: string;
      readonly counts: Counts;
      /** Rows of this batch. */
      readonly rows: number;
      readonly durationMs: number;
      readonly cursor: readonly string[];
    }
  | {
      /** A row that the server refuses was committed as such, and the walk goes on behind it. */
      readonly type: 'set aside';
      readonly operation: string;
      readonly step: string;
      readonly key: readonly string[];
      readonly reason: string;
      /** How many rows of the operation stand aside now, and how many may. */
      readonly standing: number;
      readonly quarantine: number;
    }
  | {
      readonly type: 'retry';
      readonly operation: string;
      readonly step: string;
      readonly reason: string;
      readonly tries: number;
      readonly pauseMs: number;
    }
  | {
      /**
       * Every few seconds of a statement without timeouts: for whom it waits, nobody where it has just got on, and how far
       * it is where the server says so.
       */
      readonly type: 'watch';
      readonly operation: string;
      readonly step: string;
      readonly build: BuildProgress | null;
      readonly blockers: readonly Blocker[];
    };

export type Observe = (event: RunEvent) => void;
