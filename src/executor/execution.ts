/** What one operation needs while it runs, and how it can end. */
import type { Clock } from '../kernel/clock.js';
import type { Limits, OperationGraph } from '../operation/operation-graph.js';
import type { Approvers } from '../operation/approvers.js';
import type { Journal, OperationOutcome, RecordedError, RunHandle } from './journal.js';
import type { Observe } from './run-event.js';
import type { Database } from './session.js';
import type { Slots } from './slots.js';
import type { Throttle } from './throttle.js';

export interface Execution {
  readonly run: RunHandle;
  readonly direction: OperationGraph['direction'];
  readonly limits: Limits;
  readonly deadlockTimeoutMs: number;
  readonly database: Database;
  readonly journal: Journal;
  readonly slots: Slots;
  readonly throttle: Throttle;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly observe: Observe;
  /** Aborted: finish the batch at hand, keep the checkpoint, start nothing. */
  readonly stop: AbortSignal;
  /** Keys of all that the graph touches. */
  readonly touched: readonly string[];
  /** Whose approval counts, as the configuration says. */
  readonly approvers?: Approvers;
  /** The operator's word on operations that are in doubt, by step. */
  readonly resolve: Readonly<Record<string, 'done' | 'again'>>;
}

/** How an operation's turn ended; each but `stopped` is in the journal already. */
export type Ended =
  | { readonly state: 'done' | 'skipped'; readonly outcome: OperationOutcome }
  | { readonly state: 'waiting' | 'blocked'; readonly outcome: OperationOutcome & { readonly reason: string } }
  | { readonly state: 'failed' | 'in doubt'; readonly outcome: OperationOutcome & { readonly error: RecordedError } }
  | { readonly state: 'stopped' };
