/**
 * `lockstep verify`: the checks of a plan alone, each in a READ ONLY transaction: a baseline before, a proof after. What a gate
 * waits for is asked too, for whoever wants to know how far it is, and decides nothing: before the gate it need not hold,
 * and behind it it may have ceased to. Long, because what is asked, how and what is told of it are read together.
 */
import type { Plan } from '../document/plan.js';
import type { Span } from '../kernel/span.js';
import type { CheckAnswer, CheckQuery } from '../operation/check-query.js';
import { checksOfGate } from '../operation/gate.js';
import { ask } from '../executor/ask.js';
import { serverMs } from '../executor/server-clock.js';
import type { Database, Session } from '../executor/session.js';
import type { Diagnostic } from '../kernel/diagnostic.js';
import type { OperationGraph } from '../operation/operation-graph.js';
import type { Operation, OperationId } from '../operation/operation.js';
import { runReport } from '../postgres/journal/run-report.js';
import { dueChecks } from './due-checks.js';
import { journalNotReadable, readableRun } from './known-run.js';
import { journalMayBeRead, windowsAreKept } from '../postgres/journal/advisory.js';
import { pinSettings } from '../sql/pinned-settings.js';
import { placeOfCheck } from './check-place.js';
import { checkpointsOf, tableOutcomes, type TableOutcome } from './checkpoints.js';
import { compileForDatabase } from './compile-for-database.js';
import { commandDiagnostic, EXIT, type CommandResult } from './command-result.js';
import { guarded } from './guarded.js';
import { openPlan, type PlanInput } from './open-plan.js';
import { provenanceChecks, untoldDiagnostic, type Untold } from './untold-rows.js';
import { exitFor } from './exit-for.js';
import { DatabaseError } from '../executor/session.js';

export interface VerifyOptions extends PlanInput {
  readonly database: Database;
  /** Only the SQL, for a person to run by hand. */
  readonly onlySql: boolean;
}

export interface VerifyReport {
  readonly plan: string;
  /** When it was asked, by the clock of the database. */
  readonly timestamp: string;
  /** Null where only the SQL was asked for. */
  readonly overallStatus: 'passed' | 'failed' | null;
  /** Of what was asked; what a gate waits for decides nothing, and counts as passed. */
  readonly summary: { readonly totalChecks: number; readonly passed: number; readonly failed: number };
  /** What the plan's run has done, by table; null before there is one. */
  readonly tables: Readonly<Record<string, TableOutcome>> | null;
  readonly checks: readonly VerifiedCheck[];
}

export interface VerifiedCheck {
  readonly id: string;
  readonly step: string;
  readonly name: string;
  readonly check: string;
  readonly severity: 'error' | 'warning';
  /** Of a gate: what does not hold is waited for. */
  readonly awaited: boolean;
  /** In the plan's file; null for a check that a step added by itself. */
  readonly place: Span | null;
  /** Rows of it are violations. */
  readonly sql: string;
  /** Null where only the SQL was asked for, the server refused the query, or it asks by names that are not there now. */
  readonly answer: CheckAnswer | null;
  readonly error: string | null;
}

export function verifyCommand(options: VerifyOptions): Promise<CommandResult<VerifyReport>> {
  return guarded(async () => {
    const opened = await openPlan(options);
    if (!opened.ok)
      return { exit: exitFor(opened.diagnostics), report: null, diagnostics: opened.diagnostics, next: [] };
    // Before the first run of all: a baseline.
    const withoutWindows = await options.database.withSession(
      async (session) => !(await windowsAreKept(session)) || !(await journalMayBeRead(session)),
    );
    const { graph, runId, done, tables, diagnostics } = await graphToAsk(
      opened.value,
      options.database,
      withoutWindows,
    );
    if (graph === undefined) return { exit: exitFor(diagnostics), report: null, diagnostics, next: [] };
    const { operations, limits } = graph;
    const dueOf = dueChecks(graph, done);
    // An invariant stands behind every step of the graph; asked at one moment, once is enough.
    const due = operations.flatMap(askedOf).filter(({ id }) => !withoutWindows || !/\/(compare|join)\//.test(id));
    const timestamp = new Date(await options.database.withSession(serverMs)).toISOString();
    const checks: VerifiedCheck[] = [];
    for (const one of due) {
      checks.push(
        options.onlySql || dueOf(one.operation) !== 'now'
          ? shown(one, opened.value, null, null)
          : await verified(one, opened.value, limits.searchPath, options.database),
      );
    }
    const untold = options.onlySql || runId === null ? undefined : await untoldOf(graph, runId, done, options.database);
    const broken = checks.filter(
      ({ severity, awaited, error, answer }) =>
        severity === 'error' && (error !== null || (!awaited && (answer?.violations ?? 0) > 0)),
    );
    const problems = broken.map((check) =>
      commandDiagnostic('LS9003', {
        detail:
          check.error === null
            ? `${check.name}: ${check.answer?.violations ?? 0} rows, expected 0.`
            : `${check.name}: ${check.error}.`,
        span: check.place ?? undefined,
      }),
    );
    const asked = checks.filter(({ answer, error }) => answer !== null || error !== null);
    const report: VerifyReport = {
      plan: opened.value.name,
      timestamp,
      overallStatus: options.onlySql ? null : broken.length > 0 || untold !== undefined ? 'failed' : 'passed',
      summary: { totalChecks: asked.length, passed: asked.length - broken.length, failed: broken.length },
      tables,
      checks,
    };
    return {
      exit: broken.length > 0 || untold !== undefined ? EXIT.checkFailed : EXIT.done,
      report,
      diagnostics: [...opened.diagnostics, ...diagnostics, ...problems, ...(untold === undefined ? [] : [untold])],
      next: [],
    };
  });
}

interface GraphToAsk {
  readonly graph: OperationGraph | undefined;
  /** Null: it was compiled now. */
  readonly runId: string | null;
  /** Operations that have run. */
  readonly done: ReadonlySet<OperationId>;
  readonly tables: Readonly<Record<string, TableOutcome>> | null;
  readonly diagnostics: readonly Diagnostic[];
}

/** Of a plan that has run the journal has the graph: compiled anew, its own columns and windows would be somebody else's. */
async function graphToAsk(plan: Plan, database: Database, withoutWindows: boolean): Promise<GraphToAsk> {
  const run = await readableRun(database, plan.name);
  if (
    run !== 'not readable' &&
    run !== undefined &&
    run.status !== 'rolled back' &&
    run.sourceDigest === plan.sourceDigest
  ) {
    const graph = JSON.parse(run.graph) as OperationGraph;
    const { report, checkpoints } = await database.withSession(async (session) => {
      const found = await runReport(session, run.id);
      return { report: found, checkpoints: await checkpointsOf(session, found, graph) };
    });
    const { operations } = report;
    const done = operations.filter(({ direction, state }) => direction === 'apply' && state === 'done');
    const taken = new Set(
      operations.filter(({ direction, state }) => direction === 'rollback' && state === 'done').map(({ id }) => id),
    );
    return {
      graph,
      runId: run.id,
      tables: tableOutcomes(checkpoints, report),
      done: new Set(done.map(({ id }) => id).filter((id) => !taken.has(`undo/${id}`))),
      diagnostics: [],
    };
  }
  const { compiled, diagnostics } = await compileForDatabase(plan, database, {
    withoutWindows,
    onlyReads: true,
    privileges: 'ignored',
  });
  const unread = run === 'not readable' ? [journalNotReadable()] : [];
  return {
    graph: compiled?.graph,
    runId: null,
    done: new Set(),
    tables: null,
    diagnostics: [...unread, ...diagnostics],
  };
}

/** Rows of what was copied that a way back could not tell from others any more. */
async function untoldOf(
  graph: OperationGraph,
  runId: string,
  done: ReadonlySet<OperationId>,
  database: Database,
): Promise<Diagnostic | undefined> {
  const found: Untold[] = [];
  for (const { copy, check } of provenanceChecks(graph, done)) {
    const work = async (session: Session): Promise<CheckAnswer> => {
      const { searchPath } = graph.limits;
      await session.query(pinSettings({ searchPath, lockTimeoutMs: 2_000, statementTimeoutMs: 0, runId }));
      return ask(check, session);
    };
    const { violations } = await database.transaction(work, { readOnly: true });
    found.push({ what: copy, rows: violations });
  }
  return untoldDiagnostic(found, 'there');
}

interface Asked {
  readonly operation: Operation;
  readonly id: string;
  readonly step: string;
  readonly check: CheckQuery;
  readonly awaited: boolean;
}

function askedOf(operation: Operation): readonly Asked[] {
  const { id, step } = operation;
  if (operation.kind === 'gate')
    return checksOfGate(operation).map(({ id: own, query }) => ({
      operation,
      id: own,
      step,
      check: query,
      awaited: true,
    }));
  if (operation.kind !== 'check' || operation.effect === 'skip') return [];
  // What is owed before a step begins says nothing once it has run.
  const owed = id.includes('/one-to-one/') || id.includes('/before/');
  const isOwn = !owed && (step === '' || !id.includes('/invariant/'));
  return isOwn ? [{ operation, id, step, check: operation.check, awaited: false }] : [];
}

async function verified(
  asked: Asked,
  plan: Plan,
  searchPath: readonly string[],
  database: Database,
): Promise<VerifiedCheck> {
  const work = async (session: Session): Promise<CheckAnswer> => {
    await session.query(pinSettings({ searchPath, lockTimeoutMs: 2_000, statementTimeoutMs: 0, runId: '0' }));
    return ask(asked.check, session);
  };
  try {
    return shown(asked, plan, await database.transaction(work, { readOnly: true }), null);
  } catch (error) {
    if (!(error instanceof DatabaseError) || error.facts.kind !== 'statement') throw error;
    return shown(asked, plan, null, error.message);
  }
}

function shown(
  { id, step, check, awaited }: Asked,
  plan: Plan,
  answer: CheckAnswer | null,
  error: string | null,
): VerifiedCheck {
  const { name, severity, rows: sql } = check;
  return {
    id,
    step,
    name,
    check: check.check,
    severity,
    awaited,
    place: placeOfCheck(id, plan) ?? null,
    sql,
    answer,
    error,
  };
}
