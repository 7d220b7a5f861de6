/** Which mappings a step of a plan keeps in step, where it opens a window. */
import { STEP_KINDS } from '../steps/registry.js';
import type { PlanStep } from './plan.js';

export function windowOver(step: PlanStep | undefined): readonly string[] | undefined {
  if (step === undefined) return undefined;
  return STEP_KINDS.find(({ kind }) => kind === step.kind)?.windowOver?.(step.fields as never);
}
