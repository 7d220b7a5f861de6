/** What the executor tells while it runs, for screens and logs. What must survive is in the journal, written with its cause. */
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
      readonly type: 'retry';
      readonly operation: string;
      readonly step: string;
      readonly reason: string;
      readonly tries: number;
      readonly pauseMs: number;
    };

export type Observe = (event: RunEvent) => void;
