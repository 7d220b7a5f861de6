/** Wrong designs of the walk: of its order, its slots, its pauses, and of what holds it back. */
import { noBarrier } from '../../../../faults/seeds/wrong-gates.js';
import type { Operation } from '../../../../../src/operation/operation.js';
import type { OperationGraph } from '../../../../../src/operation/operation-graph.js';
import { createSlots } from '../../../../../src/executor/slots.js';
import type { Design } from '../../../../support/in-memory/memory-run.js';

/** Whatever is listed begins. */
export const withoutEdges: Design = { graph: (graph) => ({ ...graph, edges: [] }) };

export const oneAfterTheOther: Design = { execution: (ours) => ({ ...ours, slots: createSlots(1) }) };

export const withoutSlots: Design = { execution: (ours) => ({ ...ours, slots: { with: (work) => work() } }) };

/** What is tried again is tried again at once. */
export const withoutPauses: Design = {
  execution: (ours) => ({
    ...ours,
    clock: { ...ours.clock, now: () => ours.clock.now(), sleep: () => Promise.resolve() },
  }),
};

export const withoutSkipping: Design = {
  graph: (graph) => changed(graph, (operation) => ({ ...operation, skipWhen: [] })),
};

/** Only what shares a table with what came before waits for the gate. */
export const gateWithoutBarrier: Design = { graph: noBarrier };

export const neverHolds: Design = { throttle: () => ({ clear: (stop) => Promise.resolve(!stop.aborted) }) };

/** A throttle that cannot read its signals lets the run go on. */
export const unreadableIsGo: Design = {
  throttle: (ours) => ({ clear: async (stop) => (await ours.clear(stop)) || !stop.aborted }),
  // What ends the turn is the throttle's own signal: nobody listens to it either.
  execution: (ours) => ({ ...ours, stop: new AbortController().signal }),
};

/** Nobody looks whether the run is to stop. */
export const deafToStops: Design = { execution: (ours) => ({ ...ours, stop: new AbortController().signal }) };

function changed(graph: OperationGraph, change: (operation: Operation) => Operation): OperationGraph {
  return { ...graph, operations: graph.operations.map(change) };
}
