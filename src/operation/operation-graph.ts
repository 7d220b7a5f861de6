/**
 * The compiled plan: a versioned JSON document. Owns its shape and its digest. What is true only for a moment or a
 * machine (row estimates, file positions) stands outside the digest.
 */
import { digestOf } from '../kernel/digest.js';
import type { Operation, OperationId } from './operation.js';
import type { StepReach } from './step-reach.js';
import type { ThrottleLimits } from './throttle.js';

export const GRAPH_FORMAT = 1;

export interface OperationGraph {
  readonly format: typeof GRAPH_FORMAT;
  readonly plan: string;
  /** What it was compiled for, where the plan says `only`; absent where it is the same for all targets. */
  readonly target?: string;
  /** `apply`, or the way back of a run. */
  readonly direction: 'apply' | 'rollback';
  readonly steps: readonly GraphStep[];
  /** In an order in which they may run one by one. */
  readonly operations: readonly Operation[];
  /** Direct edges, reduced: what follows from others is left out. Sorted. */
  readonly edges: readonly (readonly [before: OperationId, after: OperationId])[];
  readonly limits: Limits;
  /** Of the relations that the plan touches, as they are before it. */
  readonly fingerprint: string;
  /** Windows that it opens, for a later plan that goes on with one of them. Absent where there is none. */
  readonly windows?: readonly StoredWindow[];
  /** Names of the windows of other plans that its steps and checks go on with. Absent where there is none. */
  readonly goesOnWith?: readonly string[];
}

/** What there is to know of a window, for `windows` to read: nothing in between asks what it says. */
export interface StoredWindow {
  readonly step: string;
  /** `plan/step`. */
  readonly name: string;
  readonly parts: unknown;
}

export interface GraphStep {
  readonly id: string;
  /** The step's kind, as a word to show; nothing below the kinds asks for it. */
  readonly kind: string;
  readonly description: string | null;
  /** Set where the planner already knows that the step will not run. */
  readonly skipped: string | null;
  /** Absent where it takes nothing along but what it names, and in older graphs. */
  readonly reach?: StepReach;
}

export interface Limits {
  readonly lockTimeoutMs: number;
  readonly statementTimeoutMs: number;
  /** Batches of the whole run that may run at the same time. */
  readonly workers: number;
  /** `search_path` of every statement of the run, so that names mean the same for every role. */
  readonly searchPath: readonly string[];
  /** Absent where the plan has none. */
  readonly throttle?: ThrottleLimits;
}

export function graphDigest(graph: OperationGraph): string {
  return digestOf(graph);
}
