/** `lockstep validate`: everything about plans that needs no database. */
import type { Diagnostic } from '../kernel/diagnostic.js';
import type { CommandResult } from './command-result.js';
import { readPlanOrSaved, type PlanInput } from './open-plan.js';
import { exitFor } from './exit-for.js';

export interface ValidateReport {
  readonly plans: readonly {
    readonly file: string;
    readonly name: string | null;
    readonly steps: number;
    readonly valid: boolean;
  }[];
}

export interface ValidateOptions extends Omit<PlanInput, 'file'> {
  readonly files: readonly string[];
}

export async function validateCommand({ files, ...input }: ValidateOptions): Promise<CommandResult<ValidateReport>> {
  const plans: ValidateReport['plans'][number][] = [];
  const diagnostics: Diagnostic[] = [];
  for (const file of files) {
    const opened = await readPlanOrSaved({ file, ...input });
    diagnostics.push(...opened.diagnostics);
    plans.push(
      opened.ok
        ? { file, name: opened.value.plan.name, steps: opened.value.plan.steps.length, valid: true }
        : { file, name: null, steps: 0, valid: false },
    );
  }
  return { exit: exitFor(diagnostics), report: { plans }, diagnostics, next: [] };
}
