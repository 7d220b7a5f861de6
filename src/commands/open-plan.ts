/** A plan file to a plan: read, validated, with params put in. A saved plan is opened like the one it was saved from. */
import { NO_TARGETS, type TargetChoice } from '../document/check-targets.js';
import type { Plan } from '../document/plan.js';
import { readPlan } from '../document/read-plan.js';
import type { Diagnostic, Outcome } from '../kernel/diagnostic.js';
import { commandDiagnostic } from './command-result.js';
import { readBeside, readNamedFile } from './named-file.js';
import { readSavedPlan, type SavedPlan } from './saved-plan.js';

export interface PlanInput {
  /** As the user named it: it is repeated in the commands that come next. */
  readonly file: string;
  /** `--set name=value`. */
  readonly set: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absent: none are configured, and none was chosen. */
  readonly targets?: TargetChoice;
}

export interface OpenedPlan {
  readonly plan: Plan;
  /** Null where the file is a plan as people write it. */
  readonly saved: SavedPlan | null;
}

export async function openPlan(input: PlanInput): Promise<Outcome<Plan>> {
  const opened = await openPlanOrSaved(input);
  return opened.ok ? { ...opened, value: opened.value.plan } : opened;
}

/** Compiled for no target in particular: one that depends on the target is refused. */
export async function openPlanOrSaved(input: PlanInput): Promise<Outcome<OpenedPlan>> {
  const opened = await readPlanOrSaved(input);
  if (!opened.ok || !opened.value.plan.saysOnly) return opened;
  const { known, chosen } = input.targets ?? NO_TARGETS;
  const { target } = opened.value.plan;
  if (target === null) {
    const names = (known ?? []).join(', ');
    const detail = `\`${input.file}\` says \`only\`: what it does depends on the target.`;
    return refused(commandDiagnostic('LS9022', { detail, help: `say --target NAME; there are: ${names}` }));
  }
  if (opened.value.saved !== null && chosen !== null && chosen !== target) {
    const detail = `\`${input.file}\` was saved for \`${target}\`, and \`--target ${chosen}\` was given.`;
    return refused(commandDiagnostic('LS9023', { detail, help: `use it for ${target}, or save one for ${chosen}` }));
  }
  return opened;
}

/** Also one whose target is not known yet: for `validate`, and for whoever only wants its name. */
export async function readPlanOrSaved({
  file,
  set,
  env,
  targets = NO_TARGETS,
}: PlanInput): Promise<Outcome<OpenedPlan>> {
  const named = await readNamedFile(file);
  if (named.problem !== undefined) {
    const detail = `\`${file}\` cannot be read (${named.problem}).`;
    return refused(
      commandDiagnostic('LS9017', { detail, help: 'name a plan file, for example plans/split-auth-schema.yaml' }),
    );
  }
  const { text } = named;
  const saved = readSavedPlan(text);
  if (saved === 'broken') {
    const detail = `The digest in \`${file}\` is not that of the plan in it.`;
    return refused(commandDiagnostic('LS9020', { detail, help: 'save the plan again: lockstep plan PLAN --out FILE' }));
  }
  // The values were saved with the text: the environment of today has no say, another `--set` is another plan.
  const read =
    saved === undefined
      ? await readPlan(file, text, { set, env, targets, readInclude: readBeside(file) })
      : await readPlan(saved.file, saved.text, {
          set: { ...saved.set, ...set },
          env: {},
          targets: { known: null, chosen: saved.graph.target ?? null },
          readInclude: (name) => saved.files?.[name],
        });
  return read.ok ? { ...read, value: { plan: read.value, saved: saved ?? null } } : read;
}

function refused(diagnostic: Diagnostic): Outcome<never> {
  return { ok: false, diagnostics: [diagnostic] };
}
