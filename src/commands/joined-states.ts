/** What a process that has joined a run tells of operations: only what the journal says that another process made of them. */
import type { OperationState } from '../executor/journal.js';
import type { Observe } from '../executor/run-event.js';
import type { OperationGraph } from '../operation/operation-graph.js';
import type { RunLook } from '../postgres/journal/ask-to-stop.js';

export interface JoinedStates {
  /** Tells what has changed since the last look. */
  readonly seen: (states: RunLook['states']) => void;
}

export function joinedStates({ operations }: OperationGraph, observe: Observe): JoinedStates {
  const told = new Map<string, OperationState>();
  return {
    seen(states) {
      for (const { id, step, kind } of operations) {
        const to = states[id];
        const from = told.get(id) ?? 'pending';
        // What had ended before we came is history.
        if (kind !== 'batch' || to === undefined || to === from || (from === 'pending' && to !== 'running')) continue;
        told.set(id, to);
        observe({ type: 'operation', operation: id, step, from, to, outcome: null });
      }
    },
  };
}
