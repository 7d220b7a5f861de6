/**
 * YAML text to a Plan: read, params put in, shape, names, SQL and references checked. All problems of the file at once,
 * as far as a later check can make sense of what an earlier one let through.
 */
import type { CheckDeclaration } from '../checks/compile-checks.js';
import { byPosition, hasErrors, type Diagnostic, type Outcome } from '../kernel/diagnostic.js';
import { digestOf } from '../kernel/digest.js';
import { parseDuration } from '../kernel/duration.js';
import type { MappingDeclaration } from '../mapping/resolve-mapping.js';
import { loadGrammar, type Grammar } from '../sql/grammar.js';
import type { BatchFields } from '../steps/batch-fields.js';
import { STEP_KINDS } from '../steps/registry.js';
import type { Allowed, PlanDefaults, RollbackChoice } from '../steps/step-definition.js';
import { checkReferences } from './check-references.js';
import { checkWindowOrder } from './check-window-order.js';
import { checkTargets, NO_TARGETS, saysOnly, type TargetChoice } from './check-targets.js';
import { includeFiles, type ReadInclude } from './include-files.js';
import { collectSlots } from './collect-slots.js';
import { checkNameSlots } from './name-slots.js';
import type { ParamInputs, ParamValue } from './params.js';
import { planSchema } from './plan-schema.js';
import type { Plan, PlanStep } from './plan.js';
import { readYaml } from './read-yaml.js';
import { validateSchema } from './schema-validation.js';
import type { SourceDocument } from './source-document.js';
import { checkSqlSlots } from './sql-slots.js';
import { substituteParams } from './substitute-params.js';
import { checkThrottle, toThrottle, type RawThrottle } from './throttle.js';

export interface PlanInputs extends ParamInputs {
  /** Absent: no file can be read. */
  readonly readInclude?: ReadInclude;
  /** Absent: none are configured. */
  readonly targets?: TargetChoice;
}

export async function readPlan(file: string, text: string, inputs: PlanInputs): Promise<Outcome<Plan>> {
  const read = readYaml(file, text);
  if (!read.ok) return read;
  const { targets = NO_TARGETS } = inputs;
  const grammar = await loadGrammar();
  const schema = planSchema();
  const { document, values, diagnostics: aboutParams } = substituteParams(read.value, schema, inputs, grammar);
  const slots = collectSlots(schema, document.value);
  const aboutShape = validateSchema(document, schema);
  const included = includeFiles(document, slots, inputs.readInclude ?? (() => undefined), grammar);
  const diagnostics: Diagnostic[] = [
    ...aboutParams,
    ...aboutShape,
    ...checkSqlSlots(document, slots, grammar).filter((about) => !aboutShape.some((empty) => isSaidBy(empty, about))),
    ...checkNameSlots(document, slots),
    ...checkReferences(document, slots),
    ...included.diagnostics,
    ...checkTargets(document, slots, targets.known),
  ];
  if (hasErrors(diagnostics)) return { ok: false, diagnostics: diagnostics.sort(byPosition) };
  const plan = toPlan(document, values, included.files, saysOnly(slots) ? { target: targets.chosen } : undefined);
  diagnostics.push(...checkSteps(plan, grammar), ...checkWindowOrder(plan));
  if (plan.throttle !== null) diagnostics.push(...checkThrottle(plan.throttle, plan.source));
  diagnostics.sort(byPosition);
  return hasErrors(diagnostics) ? { ok: false, diagnostics } : { ok: true, value: plan, diagnostics };
}

/** A text that must not be empty is no SQL either: once is enough. */
function isSaidBy(aboutShape: Diagnostic, { span }: Diagnostic): boolean {
  const outer = aboutShape.span;
  if (aboutShape.code !== 'LS1106' || outer === undefined || span === undefined) return false;
  return outer.start.offset <= span.start.offset && span.start.offset <= outer.end.offset;
}

/** The document as the schema has proved it to be. */
interface RawPlan {
  readonly name: string;
  readonly description?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly defaults?: RawDefaults;
  readonly throttle?: RawThrottle;
  readonly mappings?: Readonly<Record<string, MappingDeclaration>>;
  readonly require?: readonly CheckDeclaration[];
  readonly invariants?: readonly CheckDeclaration[];
  readonly steps: readonly RawStep[];
}

interface RawDefaults {
  readonly schema?: string;
  readonly search_path?: readonly string[];
  readonly lock_timeout?: string;
  readonly statement_timeout?: string;
  readonly batch?: BatchFields;
  readonly workers?: number;
  readonly user_triggers?: 'fire' | 'suppress';
}

type RawStep = Readonly<Record<string, unknown>> & {
  readonly only?: readonly string[];
  readonly id: string;
  readonly description?: string;
  readonly needs?: readonly string[];
  readonly when?: readonly CheckDeclaration[];
  readonly require?: readonly CheckDeclaration[];
  readonly allow?: Allowed;
  readonly rollback?:
    'auto' | { readonly none: string } | { readonly sql: string; readonly verify?: readonly CheckDeclaration[] };
};

/** `only`: absent where the plan says nothing about targets; then it is the same plan for all of them. */
function toPlan(
  source: SourceDocument,
  params: Readonly<Record<string, ParamValue>>,
  files: Plan['files'],
  only: { readonly target: string | null } | undefined,
): Plan {
  const raw = source.value as RawPlan;
  return {
    name: raw.name,
    description: raw.description ?? null,
    labels: raw.labels ?? {},
    params,
    defaults: toDefaults(raw.defaults ?? {}),
    throttle: raw.throttle === undefined ? null : toThrottle(raw.throttle),
    mappings: raw.mappings ?? {},
    require: raw.require ?? [],
    invariants: raw.invariants ?? [],
    steps: raw.steps.map(toStep),
    saysOnly: only !== undefined,
    target: only?.target ?? null,
    sourceDigest: digestOf({ ...raw, params, ...textsOf(files), ...only }),
    files,
    source,
  };
}

/** Nothing where there are none: a plan without files has the digest of its own text. */
function textsOf(files: Plan['files']): { readonly files?: Readonly<Record<string, string>> } {
  const texts = Object.entries(files).map(([name, { text }]) => [name, text] as const);
  return texts.length === 0 ? {} : { files: Object.fromEntries(texts) };
}

function toDefaults(raw: RawDefaults): PlanDefaults {
  const { rows = 5000, target = '250ms', max_rows: maxRows = Math.max(50_000, rows) } = raw.batch ?? {};
  return {
    schema: raw.schema ?? 'public',
    ...(raw.search_path !== undefined && { searchPath: raw.search_path }),
    lockTimeoutMs: parseDuration(raw.lock_timeout ?? '500ms')!,
    statementTimeoutMs: parseDuration(raw.statement_timeout ?? '60s')!,
    batch: { rows, maxRows, targetMs: target === 'off' ? null : parseDuration(target)! },
    workers: raw.workers ?? 2,
    ...(raw.user_triggers !== undefined && { userTriggers: raw.user_triggers }),
  };
}

function toStep(raw: RawStep): PlanStep {
  const kind = STEP_KINDS.find((definition) => definition.kind in raw)!.kind;
  return {
    id: raw.id,
    description: raw.description ?? null,
    kind,
    fields: raw[kind],
    only: raw.only,
    needs: raw.needs ?? [],
    when: raw.when ?? [],
    require: raw.require ?? [],
    rollback: toRollback(raw.rollback),
    allow: raw.allow ?? {},
  };
}

function toRollback(raw: RawStep['rollback']): RollbackChoice {
  if (raw === undefined || raw === 'auto') return { kind: 'auto' };
  if ('none' in raw) return { kind: 'none', reason: raw.none };
  return { kind: 'sql', sql: raw.sql, verify: raw.verify ?? [] };
}

/** What each kind can refuse without a database. */
function checkSteps(plan: Plan, grammar: Grammar): readonly Diagnostic[] {
  const { steps, source } = plan;
  const diagnostics: Diagnostic[] = [];
  for (const [index, step] of steps.entries()) {
    const kind = STEP_KINDS.find((definition) => definition.kind === step.kind)!;
    kind.check?.(step.fields as never, {
      plan: plan.name,
      step: step.id,
      path: ['steps', index, step.kind],
      rollback: step.rollback,
      allow: step.allow,
      file: (name) => plan.files[name]!,
      grammar,
      locate: (path, part) => source.spanOf(path, part),
      locateWithin: (path, start, end) => source.spanWithin(path, start, end),
      report: (diagnostic) => void diagnostics.push(diagnostic),
    });
  }
  return diagnostics;
}
