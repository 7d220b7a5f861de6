/**
 * What will happen, as a model to render: a graph and the server's estimates to rows of a table. No colours, no text
 * layout. The same model describes the way back.
 */
import type { OperationGraph } from '../operation/operation-graph.js';
import type { Hazard } from '../operation/hazard.js';
import { CHANGES_NOTHING, type Operation, type OperationId, type RelationLock } from '../operation/operation.js';
import type { StepReach } from '../operation/step-reach.js';
import type { ThrottleLimits } from '../operation/throttle.js';
import { endOfBatch, rangeCondition } from '../sql/key-range.js';
import { blocksReads, blocksWrites, LOCK_MODES } from '../sql/lock-mode.js';
import { sqlOfGate, waitsForOf } from './gate-row.js';

export interface PlanReport {
  readonly plan: string;
  readonly description: string | null;
  readonly direction: 'apply' | 'rollback';
  readonly digest: string;
  /** Null where the plan is the same for all targets. */
  readonly target: string | null;
  readonly server: ServerLine | null;
  readonly steps: readonly StepRow[];
  readonly operations: readonly OperationRow[];
  /** What holds it back; null: nothing. */
  readonly throttle: ThrottleLimits | null;
}

export interface ServerLine {
  readonly database: string;
  readonly user: string;
  readonly version: string;
  /** The file with the definitions, where it was compiled for them on a server of our own and not for a database. */
  readonly schemaFile?: string;
}

export interface StepRow {
  /** From 1; conditions of the whole plan have no number. */
  readonly number: number | null;
  readonly id: string;
  readonly kind: string;
  readonly description: string | null;
  readonly operations: number;
  /** Null where nothing is locked. */
  readonly worstLock: RelationLock | null;
  /** The server's estimate of the rows that are read; null where nothing is walked. */
  readonly rows: number | null;
  readonly hazards: readonly string[];
  readonly undo: Undo;
  /** Why it will not run, where that is known already. */
  readonly skipped: string | null;
  /** Absent where it takes nothing along but what it names. */
  readonly reach?: StepReach;
}

export type Undo =
  | { readonly way: 'derived' }
  /** It changes nothing (null), or something else takes it along. */
  | { readonly way: 'nothing to undo'; readonly reason: string | null }
  | { readonly way: 'none'; readonly reason: string };

export interface OperationRow {
  readonly id: OperationId;
  readonly step: string;
  readonly kind: Operation['kind'];
  readonly label: string;
  readonly locks: readonly RelationLock[];
  /** Who of the application waits for it, and how long; null where that is not known. */
  readonly waiting: string | null;
  readonly rows: number | null;
  /** How many rows that are refused may stand aside; 0: the first one stops the run. */
  readonly quarantine: number;
  /** How the rows of a batch are written, and why so. */
  readonly strategy: string | null;
  /** What must be there before a gate opens, a line each; empty for all else. */
  readonly waitsFor: readonly string[];
  /** Direct predecessors. */
  readonly after: readonly OperationId[];
  readonly hazards: readonly Hazard[];
  readonly undo: Undo;
  /** What is sent, in order; a loop stands as a comment. */
  readonly sql: readonly string[];
  /** In the order in which they run. */
  readonly undoOperations: readonly UndoRow[];
}

export interface UndoRow {
  readonly id: OperationId;
  readonly label: string;
  /** Of statements; a loop is told by its label only. */
  readonly sql: readonly string[];
}

export type Estimates = Readonly<Record<OperationId, number>>;

export interface PlanFacts {
  readonly graph: OperationGraph;
  readonly digest: string;
  readonly description: string | null;
  readonly server: ServerLine | null;
  readonly estimates: Estimates;
}

export function planReport({ graph, digest, description, server, estimates }: PlanFacts): PlanReport {
  const operations = graph.operations.map((operation) => operationRow(operation, graph, estimates));
  const planWide = operations.filter((operation) => operation.step === '');
  const steps = stepsInOrder(graph, operations).map((step, index): StepRow => {
    const own = operations.filter((operation) => operation.step === step.id);
    return { ...summaryOf(own, graph), ...step, number: index + 1 };
  });
  const head: StepRow[] =
    planWide.length === 0
      ? []
      : [{ ...summaryOf(planWide, graph), number: null, id: '', kind: 'conditions', description: null, skipped: null }];
  return {
    plan: graph.plan,
    description,
    direction: graph.direction,
    digest,
    target: graph.target ?? null,
    server,
    steps: graph.direction === 'apply' ? [...head, ...steps] : [...steps, ...head],
    operations,
    throttle: graph.limits.throttle ?? null,
  };
}

/** As the plan has them; on the way back in the order in which they are taken back, those with nothing to take back last. */
function stepsInOrder(
  { steps, direction }: OperationGraph,
  operations: readonly OperationRow[],
): OperationGraph['steps'] {
  if (direction === 'apply') return steps;
  const first = (id: string): number => {
    const found = operations.findIndex((operation) => operation.step === id);
    return found === -1 ? operations.length : found;
  };
  return [...steps].reverse().sort((a, b) => first(a.id) - first(b.id));
}

function summaryOf(
  own: readonly OperationRow[],
  graph: OperationGraph,
): Pick<StepRow, 'operations' | 'worstLock' | 'rows' | 'hazards' | 'undo'> {
  const locks = own.flatMap((operation) => operation.locks);
  const worst = [...locks].sort((a, b) => LOCK_MODES.indexOf(b.mode) - LOCK_MODES.indexOf(a.mode))[0];
  const rows = own.flatMap((operation) => (operation.rows === null ? [] : [operation.rows]));
  const ids = new Set(own.map((operation) => operation.id));
  const hazards = graph.operations
    .filter((operation) => ids.has(operation.id))
    .flatMap((operation) => operation.hazards);
  const none = own.map((operation) => operation.undo).find((undo) => undo.way === 'none');
  const derived = own.some((operation) => operation.undo.way === 'derived');
  return {
    operations: own.length,
    worstLock: worst ?? null,
    rows: rows.length === 0 ? null : rows.reduce((sum, count) => sum + count, 0),
    hazards: [...new Set(hazards.map((hazard) => hazard.name))],
    undo: none ?? (derived ? { way: 'derived' } : { way: 'nothing to undo', reason: null }),
  };
}

function operationRow(operation: Operation, graph: OperationGraph, estimates: Estimates): OperationRow {
  const { id, step, kind, label, locks, reversal } = operation;
  return {
    id,
    step,
    kind,
    label,
    locks,
    rows: estimates[id] ?? null,
    quarantine: operation.kind === 'batch' ? operation.quarantine : 0,
    strategy: operation.kind === 'batch' ? operation.work.strategy : null,
    waitsFor: operation.kind === 'gate' ? waitsForOf(operation) : [],
    after: graph.edges.filter(([, after]) => after === id).map(([before]) => before),
    hazards: operation.hazards,
    undo: undoOf(operation),
    sql: sqlOf(operation),
    waiting: waitingFor(operation),
    undoOperations:
      reversal.kind === 'operations'
        ? reversal.operations.map((reverse) => ({
            id: reverse.id,
            label: reverse.label,
            sql: reverse.kind === 'statement' ? sqlOf(reverse) : [],
          }))
        : [],
  };
}

/** Only of statements whose locks are asked for in short attempts is it known how long anybody waits. */
function waitingFor(operation: Operation): string | null {
  if (operation.kind !== 'statement' || (operation.lockFirst.length === 0 && !operation.unlimited)) return null;
  const { locks, hazards } = operation;
  if (!locks.some(({ mode }) => blocksWrites(mode))) return 'nobody waits';
  const who = locks.some(({ mode }) => blocksReads(mode)) ? 'readers and writers wait' : 'writers wait';
  const long = hazards.some(({ name }) => name === 'blocks_reads' || name === 'blocks_writes');
  return long ? `${who} until it ends` : `${who} for a moment`;
}

function undoOf({ reversal }: Operation): Undo {
  if (reversal.kind === 'operations') return { way: 'derived' };
  const { kind, reason } = reversal;
  if (kind === 'irreversible') return { way: 'none', reason };
  return { way: 'nothing to undo', reason: reason === CHANGES_NOTHING.reason ? null : reason };
}

function sqlOf(operation: Operation): readonly string[] {
  switch (operation.kind) {
    case 'statement':
      return [
        ...(operation.backlog ?? []).flatMap(({ settle, rest }) => [
          '-- before each attempt, in transactions of its own, and once more before the locks are asked for: until few are left',
          settle,
          '-- under the locks: where many are left, they are given back',
          rest,
        ]),
        ...operation.assertions.map((assertion) => assertion.summary),
        ...operation.statements.map((statement) => statement.sql),
      ];
    case 'check':
      return [operation.check.summary];
    case 'gate':
      return sqlOfGate(operation);
    case 'batch': {
      const { walk, work, pace, quarantine } = operation;
      const range = rangeCondition(work.rangeOf, walk.key, { hasLower: true });
      const size =
        pace.targetMs === null ? `${pace.rows} rows` : `${pace.rows} rows at first, steered to ${pace.targetMs} ms`;
      return [
        `-- repeated for each batch of ${size}, each in one transaction with its checkpoint; $n: the range's bounds`,
        ...(quarantine === 0
          ? []
          : [`-- up to ${quarantine} rows that the server refuses stand aside; the rest is written`]),
        endOfBatch(walk, { hasLower: true }, pace.rows),
        ...(work.lock === null ? [] : [work.lock.join(range)]),
        work.template.join(range),
        ...(work.onViolation === null
          ? []
          : ['-- instead, after a batch that met a row which was there (23505):', work.onViolation.join(range)]),
      ];
    }
  }
}
