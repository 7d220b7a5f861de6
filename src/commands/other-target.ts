/**
 * A run belongs to the target that it was begun for, where its plan says `only`: with another one it would be another graph,
 * so neither going on nor going back may mistake it.
 */
import type { OperationGraph } from '../operation/operation-graph.js';
import type { StoredRun } from '../postgres/journal/runs.js';
import { EXIT, refusal, type CommandResult } from './command-result.js';

/** `target`: the one that was named; null where none was. Undefined: the run may be worked on. */
export function refuseOtherTarget(run: StoredRun, target: string | null): CommandResult<never> | undefined {
  const { target: begun = null } = JSON.parse(run.graph) as OperationGraph;
  if (begun === null || target === null || begun === target) return undefined;
  return {
    ...refusal(EXIT.notApproved, 'LS9023', {
      detail: `\`${run.name}\` in this database is a run for \`${begun}\`, and \`--target ${target}\` was given.`,
      help: `is this the database that was meant? If it is, go on with --target ${begun}`,
    }),
    next: [`lockstep status ${run.name}`],
  };
}
