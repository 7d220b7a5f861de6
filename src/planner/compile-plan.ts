/**
 * A plan and a catalog to an operation graph. Pure: no connection, no clock; the same input gives the same bytes. Each
 * step is compiled against the catalog as the steps before it will have left it. Long, because a step's company stands beside it.
 */
import { applyEffects } from '../catalog/effects.js';
import type { CatalogSnapshot } from '../catalog/catalog-snapshot.js';
import { compileChecks, holdInCatalog, type CheckDeclaration } from '../checks/compile-checks.js';
import { isFor } from '../checks/only-for.js';
import type { Plan, PlanStep } from '../document/plan.js';
import { outcomeOf, type Diagnostic, type Outcome } from '../kernel/diagnostic.js';
import type { Path } from '../kernel/path.js';
import { GRAPH_FORMAT, graphDigest, type GraphStep, type OperationGraph } from '../operation/operation-graph.js';
import type { Operation } from '../operation/operation.js';
import type { Grammar } from '../sql/grammar.js';
import { checkOperations, type CheckOperationOptions } from '../checks/check-operations.js';
import { STEP_KINDS } from '../steps/registry.js';
import { definitions } from '../steps/definitions.js';
import { statedWayBack } from '../steps/stated-way-back.js';
import type { LowerContext, Suspicion } from '../steps/step-definition.js';
import { askForTrust } from './ask-for-trust.js';
import { compileState, type CompileState } from './compile-state.js';
import { compileThrottle } from './compile-throttle.js';
import { PLANNER_CODES } from './codes.js';
import { refuseEnvironment } from './environment.js';
import { orderOperations } from './order-operations.js';
import { partitionFamilies } from './partition-families.js';
import { changesRows, placePreconditions, type StepOperations } from './place-preconditions.js';
import { refuseLongBatches } from './refuse-long-batches.js';
import { refuseUnderneath } from './refuse-underneath.js';
import { searchPathOf } from './search-path.js';
import { report } from '../catalog/scope.js';
import { storeWindow } from '../windows/stored-window.js';
import type { WindowOfPlan } from './other-windows.js';
import type { Window } from '../windows/window.js';

export interface CompiledPlan {
  readonly graph: OperationGraph;
  readonly digest: string;
  /** What was already known not to run: step id and reason stand in `graph.steps`. */
  readonly catalog: CatalogSnapshot;
  /** For the server to be asked, where there is one: of steps that are compiled against the database as it is. */
  readonly suspicions: readonly Suspicion[];
}

export interface Surroundings {
  readonly grammar: Grammar;
  /** The fingerprint of these relations and what hangs on them, as they are now. */
  readonly fingerprint: (relations: readonly string[]) => string;
  /** The database has no place yet where windows keep what was deleted: checks are asked as if there were none. */
  readonly withoutWindows?: boolean;
  /** Only its checks are asked. */
  readonly onlyReads?: boolean;
  /** Those of other plans. Absent: there are none. */
  readonly windows?: readonly WindowOfPlan[];
}

export function compilePlan(plan: Plan, catalog: CatalogSnapshot, surroundings: Surroundings): Outcome<CompiledPlan> {
  const state = compileState(plan, catalog, surroundings);
  refuseEnvironment(catalog, state, surroundings.onlyReads);
  const isEmpty = !plan.steps.some((step) => isFor(plan.target, step));
  if (isEmpty) state.report(nothingFor(plan));
  // What must hold before nothing is done is nobody's business.
  const conditions = isEmpty
    ? []
    : [
        ...planChecks(state, plan.invariants, 'begin/invariant', ['invariants']),
        ...planChecks(state, plan.require, 'begin/require', ['require']),
      ];
  // A step for other targets leaves no trace: not in the graph, and not in the catalog that later steps see.
  const compiled = plan.steps.flatMap((step, index) =>
    isFor(plan.target, step) ? [compileStep(step, index, state)] : [],
  );
  const after = state.surroundings().catalog;
  const familyOf = partitionFamilies(catalog, after);
  const trusting = askForTrust(compiled, plan, catalog, familyOf, state);
  const operations = placePreconditions(conditions, trusting, familyOf);
  refuseLongBatches(operations, plan, catalog, state);
  const ordered = orderOperations(withNeeds(operations, plan), familyOf);
  if (!ordered.ok) {
    const detail = `${[...ordered.cycle, ordered.cycle[0]!].join(' → ')}.`;
    report(state, PLANNER_CODES, 'LS8001', plan.source.spanOf(['steps']), {
      detail,
      help: 'remove a `needs`, or move a step',
    });
    return { ok: false, diagnostics: state.diagnostics };
  }
  const graph: OperationGraph = {
    format: GRAPH_FORMAT,
    plan: plan.name,
    ...(plan.target !== null && { target: plan.target }),
    direction: 'apply',
    steps: compiled.map((step) => step.shown),
    operations: ordered.operations,
    edges: ordered.edges,
    limits: {
      ...limitsOf(plan, ordered.operations, catalog),
      ...(plan.throttle !== null && { throttle: compileThrottle(plan.throttle, ordered.operations, [catalog, after]) }),
    },
    fingerprint: surroundings.fingerprint(touchedBefore(ordered.operations, catalog)),
    ...ofWindows(state),
  };
  const suspicions = compiled.flatMap((step) => step.suspicions);
  return outcomeOf({ graph, digest: graphDigest(graph), catalog, suspicions }, state.diagnostics);
}

/** What a later plan must know of the windows of this one, and which ones of others it goes on with itself. */
function ofWindows({ windows, goesOnWith }: CompileState): Pick<OperationGraph, 'windows' | 'goesOnWith'> {
  const own = [...windows.values()].filter(({ ofOtherPlan, broken }) => ofOtherPlan !== true && broken !== true);
  return {
    ...(own.length > 0 && { windows: own.map(storeWindow) }),
    ...(goesOnWith.size > 0 && { goesOnWith: [...goesOnWith].sort() }),
  };
}

function nothingFor({ target, source }: Plan): Diagnostic {
  const { summary } = PLANNER_CODES.LS8006;
  const detail = `Every step is for other targets than \`${target ?? ''}\`.`;
  const help = 'nothing to do here; if that is a surprise, look at the `only` of the steps';
  return { code: 'LS8006', severity: 'warning', summary, detail, help, span: source.spanOf(['steps'], 'key') };
}

interface CompiledStep extends StepOperations {
  readonly shown: GraphStep;
  readonly suspicions: readonly Suspicion[];
}

function compileStep(step: PlanStep, index: number, state: CompileState): CompiledStep {
  const path: Path = ['steps', index];
  const kind = STEP_KINDS.find((definition) => definition.kind === step.kind)!;
  const described = {
    ...state.surroundings(),
    plan: state.plan.name,
    step: step.id,
    skipWhen: [],
    path: [...path, step.kind],
    rollback: step.rollback,
    allow: step.allow,
    file: (name: string) => state.plan.files[name]!,
  };
  const context: LowerContext = { ...described, definitions: definitions(described) };
  const shown = { id: step.id, kind: step.kind, description: step.description, skipped: null };
  const skipped = whySkipped(step, context, state);
  if (skipped !== undefined) {
    state.skipped.add(step.id);
    return {
      shown: { ...shown, skipped },
      operations: invariantsAfter(step, state),
      preconditions: [],
      suspicions: [],
    };
  }
  const own = (
    checks: readonly CheckDeclaration[],
    name: string,
    options: Pick<CheckOperationOptions, 'effect' | 'after' | 'skipWhen'>,
  ): readonly Operation[] =>
    checkOperations(compileChecks(checks, context, [...path, name]), {
      step: step.id,
      prefix: `${step.id}/${name}`,
      barrier: false,
      ...options,
    });

  const when = own(step.when, 'when', { effect: 'skip' });
  const skipWhen = when.map((operation) => operation.id);
  const require = own(step.require, 'require', { effect: 'fail', skipWhen });
  const fragment = kind.lower(step.fields as never, { ...context, skipWhen });
  comeSince(fragment.windows ?? [], { ...context, skipWhen }, state);
  const stated = statedWayBack(context, [...path, 'rollback']);
  const behind = [...skipWhen, ...require.map((operation) => operation.id)];
  const changing = fragment.operations.filter(changesRows);
  const lowered = fragment.operations.map((operation, position) => ({
    ...operation,
    after: [...operation.after, ...behind],
    skipWhen: [...operation.skipWhen, ...skipWhen],
    // What the step states stands for the whole step, whichever of its operations were begun.
    ...(stated.length > 0 &&
      (changing.includes(operation) || (changing.length === 0 && position === fragment.operations.length - 1)) && {
        reversal: { kind: 'operations', operations: stated } as const,
      }),
    ...(step.rollback.kind === 'none' &&
      changing.includes(operation) && { reversal: { kind: 'irreversible', reason: step.rollback.reason } as const }),
  }));
  state.advance((catalog) => applyEffects(catalog, fragment.effects), fragment.windows ?? []);
  refuseUnderneath(context, state.surroundings().catalog, fragment.windows ?? [], state);
  const operations = [...when, ...require, ...lowered, ...invariantsAfter(step, state)];
  const { reach, suspicions = [] } = fragment;
  return {
    shown: { ...shown, ...(reach !== undefined && { reach }) },
    operations,
    preconditions: fragment.preconditions.map((check) => ({ ...check, skipWhen })),
    suspicions,
  };
}

/** A window of another plan may have been open for weeks before this step cuts it over. */
function comeSince(moved: readonly Window[], context: LowerContext, { windows, others }: CompileState): void {
  for (const window of moved) {
    const before = windows.get(window.id) ?? others.get(window.id)?.window;
    if (window.ofOtherPlan !== true || before?.leads !== 'old' || window.leads !== 'new') continue;
    for (const kind of STEP_KINDS) kind.comeSince?.(window, context);
  }
}

/** Where the catalog, or what was compiled before, tells already. */
function whySkipped(step: PlanStep, context: LowerContext, { skipped, plan }: CompileState): string | undefined {
  const path: Path = ['steps', plan.steps.indexOf(step), 'when'];
  if (holdInCatalog(step.when, context, path) === false) return 'its `when` does not hold';
  const needed = STEP_KINDS.find(({ kind }) => kind === step.kind)!.windowsOf?.(step.fields as never) ?? [];
  const missing = needed.find((id) => skipped.has(id));
  return missing === undefined ? undefined : `its window \`${missing}\` is skipped`;
}

function invariantsAfter(step: PlanStep, state: CompileState): readonly Operation[] {
  return planChecks(state, state.plan.invariants, `${step.id}/invariant`, ['invariants'], step.id);
}

/** Checks of the plan as a whole; those of `begin` are barriers: nothing changes before they hold. */
function planChecks(
  state: CompileState,
  checks: readonly CheckDeclaration[],
  prefix: string,
  path: Path,
  step = '',
): readonly Operation[] {
  const planned = compileChecks(checks, state.surroundings(), path);
  return checkOperations(planned, { step, prefix, effect: 'fail', barrier: step === '' });
}

/** A step that is for other targets has no operations: needing it is met. */
function withNeeds(operations: readonly Operation[], plan: Plan): readonly Operation[] {
  const idsOf = (step: string): readonly string[] =>
    operations.filter((operation) => operation.step === step).map(({ id }) => id);
  const needs = new Map(plan.steps.map((step) => [step.id, step.needs.flatMap(idsOf)]));
  return operations.map((operation) => {
    const needed = needs.get(operation.step) ?? [];
    return needed.length === 0 ? operation : { ...operation, after: [...operation.after, ...needed] };
  });
}

function limitsOf(plan: Plan, operations: readonly Operation[], catalog: CatalogSnapshot): OperationGraph['limits'] {
  const { lockTimeoutMs, statementTimeoutMs, workers } = plan.defaults;
  const ofBatches = operations.map((operation) => (operation.kind === 'batch' ? operation.pace.workers : 1));
  const most = Math.max(workers, ...ofBatches);
  return { lockTimeoutMs, statementTimeoutMs, workers: most, searchPath: searchPathOf(plan.defaults, catalog) };
}

/** What the plan touches of what is there before it. */
function touchedBefore(operations: readonly Operation[], catalog: CatalogSnapshot): readonly string[] {
  const touched = new Set(operations.flatMap((operation) => [...operation.reads, ...operation.writes]));
  return [...touched].filter((key) => catalog.relations[key] !== undefined).sort();
}
