/**
 * Wrong designs of the SQL that the steps generate, as changes to a compiled graph. Each rejects where the text that it
 * takes away is not there: a seed that changes nothing would prove nothing.
 */
import type { BatchOperation, BatchTemplate, Operation } from '../../../src/operation/operation.js';
import type { OperationGraph } from '../../../src/operation/operation-graph.js';

export type ChangeGraph = (graph: OperationGraph) => OperationGraph;

export const rightGraph: ChangeGraph = (graph) => graph;

/** A plain insert: any row that is there already ends the run. */
export const noConflictRule = inBatches('there', /ON CONFLICT \([^)]*\) DO NOTHING\n(?=RETURNING)/, '');

/** Two source rows with one key become one target row, and nobody is told. */
export const foldedRowsUnseen = inBatches(
  'there',
  /CASE WHEN read <> changed \+ skipped THEN[\s\S]*? END AS problem/,
  'NULL::json AS problem',
);

/** The rows are computed from a snapshot: what another session commits meanwhile is overwritten. */
export const noRowLock = inBatches('there', /\nFOR NO KEY UPDATE\n/, '\n');

/** Whatever corresponds to the mapping is deleted, whoever wrote it. */
export const provenanceIgnored = inBatches('back', /\S+\.lockstep_ours AS lockstep_goes/, 'true AS lockstep_goes');

/** Who refers to a row is asked while others may still begin to: what they commit meanwhile goes with it. */
export const noRowLockOnTheWayBack = inBatches('back', /\nFOR UPDATE\n/, '\n');

/** What was there before the run is restored, whatever a user has written since. */
export const beforeImageOverEdits = inBatches('back', / AND ARRAY\[[^\]]*\] = i\.after/, '');

/** For tests of what a batch itself notices: the proof that comes before anything changes is left out. */
export const withoutOneToOneProof: ChangeGraph = (graph) => {
  const proofs = new Set(graph.operations.filter(({ id }) => id.includes('/one-to-one/')).map(({ id }) => id));
  if (proofs.size === 0) throw new Error('the graph has no proof that a mapping is one to one');
  return {
    ...graph,
    operations: graph.operations
      .filter(({ id }) => !proofs.has(id))
      .map((operation) => ({ ...operation, after: operation.after.filter((id) => !proofs.has(id)) })),
    edges: graph.edges.filter(([before, after]) => !proofs.has(before) && !proofs.has(after)),
  };
};

export function inBatches(direction: 'there' | 'back', text: RegExp, instead: string): ChangeGraph {
  return (graph) => {
    let changes = 0;
    const changed = (operation: Operation): Operation => {
      if (operation.kind !== 'batch') return operation;
      const { work } = operation;
      const replaced = (template: BatchTemplate): BatchTemplate => template.map((part) => part.replace(text, instead));
      const template = replaced(work.template);
      const onViolation = work.onViolation === null ? null : replaced(work.onViolation);
      const said = [...work.template, ...(work.onViolation ?? [])].join();
      if (said !== [...template, ...(onViolation ?? [])].join()) changes += 1;
      return { ...operation, work: { ...work, template, onViolation } } satisfies BatchOperation;
    };
    const operations = graph.operations.map((operation): Operation => {
      if (direction === 'there') return changed(operation);
      const { reversal } = operation;
      if (reversal.kind !== 'operations') return operation;
      return { ...operation, reversal: { ...reversal, operations: reversal.operations.map(changed) } };
    });
    if (changes === 0) throw new Error(`no batch of the graph holds ${text.source}`);
    return { ...graph, operations };
  };
}
