/** A plan file to a plan: read, validated, with params put in. A saved plan is opened like the one it was saved from. */
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ReadInclude } from '../document/include-files.js';
import type { Plan } from '../document/plan.js';
import { readPlan } from '../document/read-plan.js';
import type { Diagnostic, Outcome } from '../kernel/diagnostic.js';
import { commandDiagnostic } from './command-result.js';
import { readSavedPlan, type SavedPlan } from './saved-plan.js';

export interface PlanInput {
  /** As the user named it: it is repeated in the commands that come next. */
  readonly file: string;
  /** `--set name=value`. */
  readonly set: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string | undefined>>;
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

export async function openPlanOrSaved({ file, set, env }: PlanInput): Promise<Outcome<OpenedPlan>> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'it cannot be opened';
    const detail = `\`${file}\` cannot be read (${reason}).`;
    return refused(
      commandDiagnostic('LS9017', { detail, help: 'name a plan file, for example plans/split-auth-schema.yaml' }),
    );
  }
  const saved = readSavedPlan(text);
  if (saved === 'broken') {
    const detail = `The digest in \`${file}\` is not that of the plan in it.`;
    return refused(commandDiagnostic('LS9020', { detail, help: 'save the plan again: lockstep plan PLAN --out FILE' }));
  }
  // The values were saved with the text: the environment of today has no say, another `--set` is another plan.
  const read =
    saved === undefined
      ? await readPlan(file, text, { set, env, readInclude: readBeside(file) })
      : await readPlan(saved.file, saved.text, {
          set: { ...saved.set, ...set },
          env: {},
          readInclude: (name) => saved.files?.[name],
        });
  return read.ok ? { ...read, value: { plan: read.value, saved: saved ?? null } } : read;
}

/** From the folder of the plan. */
function readBeside(plan: string): ReadInclude {
  return (path) => {
    const name = join(dirname(plan), path);
    try {
      return { name, text: readFileSync(name, 'utf8') };
    } catch {
      return undefined;
    }
  };
}

function refused(diagnostic: Diagnostic): Outcome<never> {
  return { ok: false, diagnostics: [diagnostic] };
}
