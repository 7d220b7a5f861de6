/** A plan file to a plan: read, validated, with params put in. */
import { readFile } from 'node:fs/promises';
import type { Plan } from '../document/plan.js';
import { readPlan } from '../document/read-plan.js';
import type { Outcome } from '../kernel/diagnostic.js';
import { commandDiagnostic } from './command-result.js';

export interface PlanInput {
  /** As the user named it: it is repeated in the commands that come next. */
  readonly file: string;
  /** `--set name=value`. */
  readonly set: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export async function openPlan({ file, set, env }: PlanInput): Promise<Outcome<Plan>> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'it cannot be opened';
    const detail = `\`${file}\` cannot be read (${reason}).`;
    return {
      ok: false,
      diagnostics: [
        commandDiagnostic('LS9017', { detail, help: 'name a plan file, for example plans/split-auth-schema.yaml' }),
      ],
    };
  }
  return readPlan(file, text, { set, env });
}
