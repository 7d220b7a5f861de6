/**
 * Asks the server to plan each statement of a graph, without running it (EXPLAIN): types that do not fit and functions that
 * do not exist are found before anything runs, and the row estimates are the server's own.
 */
import type { Plan } from '../document/plan.js';
import { DatabaseError, type Session } from '../executor/session.js';
import type { Diagnostic } from '../kernel/diagnostic.js';
import type { OperationGraph } from '../operation/operation-graph.js';
import { ANYTHING, type Operation } from '../operation/operation.js';
import type { CompiledPlan } from '../planner/compile-plan.js';
import { pinSettings } from '../sql/pinned-settings.js';
import { commandDiagnostic } from './command-result.js';

export interface ServerAnswer {
  readonly estimates: Readonly<Record<string, number>>;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * In the caller's transaction. `mayLack`: the current user need not be able to run the plan; what it may not ask is estimated by
 * the table that is walked. What reads a relation that the plan itself makes cannot be asked yet.
 */
export async function askServer(
  session: Session,
  { graph, catalog }: CompiledPlan,
  plan: Plan,
  mayLack = false,
): Promise<ServerAnswer> {
  const { searchPath, statementTimeoutMs } = graph.limits;
  await session.query(pinSettings({ searchPath, lockTimeoutMs: 2_000, statementTimeoutMs, runId: '0' }));
  const estimates: Record<string, number> = {};
  const diagnostics: Diagnostic[] = [];
  const changed = changedBefore(graph.operations);
  for (const operation of graph.operations) {
    const touched = [...operation.reads, ...operation.writes];
    if (touched.some((key) => changed.get(key)?.has(operation.id) === true)) continue;
    const unknownBefore = changed.get(ANYTHING)?.has(operation.id) === true;
    for (const sql of questions(operation)) {
      const answer = await explain(session, sql);
      if (answer instanceof DatabaseError && mayLack && answer.facts.sqlstate === INSUFFICIENT_PRIVILEGE) {
        const rows = operation.kind === 'batch' ? catalog.relations[operation.walk.relation]?.estimatedRows : undefined;
        if (rows !== undefined) estimates[operation.id] = rows;
      } else if (answer instanceof DatabaseError) {
        // A step that could not be read may make it first.
        if (unknownBefore && NOT_THERE.has(answer.facts.sqlstate ?? '')) continue;
        const span = plan.source.spanOf(placeOf(operation, plan));
        const { hint, detail } = answer.facts;
        const told = [`${operation.label}: ${answer.message}`, detail].filter((part) => part !== undefined).join('. ');
        diagnostics.push(
          commandDiagnostic('LS9014', {
            detail: told,
            span,
            help: hint ?? 'run `lockstep plan --sql` on a plan without this part to see what is sent',
          }),
        );
      } else if (operation.kind === 'batch') estimates[operation.id] = answer;
    }
  }
  diagnostics.push(...(await askThrottleQuery(session, graph, plan)));
  return { estimates, diagnostics };
}

/** It is read before anything runs, so it cannot wait for what the plan makes. */
async function askThrottleQuery(
  session: Session,
  { limits }: OperationGraph,
  plan: Plan,
): Promise<readonly Diagnostic[]> {
  const signal = limits.throttle?.signals.find(({ name }) => name === 'query');
  const answer = signal === undefined ? 0 : await explain(session, signal.sql);
  if (!(answer instanceof DatabaseError)) return [];
  const help = answer.facts.hint ?? 'write a SELECT of one column and one row, a number';
  const span = plan.source.spanOf(['throttle', 'query']);
  return [commandDiagnostic('LS9014', { detail: `throttle query: ${answer.message}`, span, help })];
}

const INSUFFICIENT_PRIVILEGE = '42501';

/** undefined_table, undefined_column, undefined_function, undefined_object, invalid_schema_name. */
const NOT_THERE: ReadonlySet<string> = new Set(['42P01', '42703', '42883', '42704', '3F000']);

/** Statements of the plan's author change what later ones see, so those cannot be asked before. */
function changedBefore(operations: readonly Operation[]): ReadonlyMap<string, ReadonlySet<string>> {
  const later = new Map<string, Set<string>>();
  for (const [index, operation] of operations.entries()) {
    if (operation.kind !== 'statement') continue;
    for (const key of operation.barrier ? [...operation.writes, ANYTHING] : operation.writes) {
      const ids = later.get(key) ?? new Set();
      operations.slice(index + 1).forEach((candidate) => ids.add(candidate.id));
      later.set(key, ids);
    }
  }
  return later;
}

function questions(operation: Operation): readonly string[] {
  if (operation.kind === 'batch') return [operation.work.explain];
  const checks =
    operation.kind === 'check' ? [operation.check] : operation.kind === 'gate' ? operation.until : undefined;
  // The journal's own tables may not exist yet.
  return (checks ?? []).filter(({ rows }) => !rows.includes('lockstep.')).map(({ summary }) => summary);
}

export async function explain(session: Session, sql: string): Promise<number | DatabaseError> {
  await session.query('SAVEPOINT question');
  try {
    const { rows } = await session.query<{ 'QUERY PLAN': readonly [{ Plan: PlanNode }] }>(
      `EXPLAIN (FORMAT JSON) ${sql}`,
    );
    return rowsOf(rows[0]!['QUERY PLAN'][0].Plan);
  } catch (error) {
    if (!(error instanceof DatabaseError) || error.facts.kind !== 'statement') throw error;
    await session.query('ROLLBACK TO SAVEPOINT question');
    return error;
  }
}

interface PlanNode {
  readonly 'Plan Rows': number;
  readonly Plans?: readonly PlanNode[];
}

/** The node that modifies returns no rows; the one under it feeds it. */
function rowsOf(node: PlanNode): number {
  return node['Plan Rows'] === 0 && node.Plans?.[0] !== undefined ? rowsOf(node.Plans[0]) : node['Plan Rows'];
}

function placeOf(operation: Operation, plan: Plan): readonly (string | number)[] {
  const index = plan.steps.findIndex((step) => step.id === operation.step);
  return index === -1 ? ['steps'] : ['steps', index, plan.steps[index]!.kind];
}
