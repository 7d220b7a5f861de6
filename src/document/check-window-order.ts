/** A backfill before the window of its mapping opens would miss every write in between: no mirror is there yet. */
import { isFor } from '../checks/only-for.js';
import type { Diagnostic } from '../kernel/diagnostic.js';
import { STEP_KINDS } from '../steps/registry.js';
import { WINDOW_CODES } from '../steps/window-codes.js';
import type { Plan, PlanStep } from './plan.js';
import { windowOver } from './window-over.js';

export function checkWindowOrder({
  steps,
  source,
  target,
}: Pick<Plan, 'steps' | 'source' | 'target'>): readonly Diagnostic[] {
  const opened = new Set<string>();
  return steps.flatMap((step, index): readonly Diagnostic[] => {
    if (!isFor(target, step)) return [];
    for (const name of windowOver(step) ?? []) opened.add(name);
    return filledBy(step).flatMap((name, place): readonly Diagnostic[] => {
      const later = opened.has(name)
        ? undefined
        : steps.slice(index + 1).find((one) => isFor(target, one) && windowOver(one)?.includes(name));
      if (later === undefined) return [];
      return [
        {
          code: 'LS6504',
          severity: 'error',
          summary: WINDOW_CODES.LS6504.summary,
          detail: `\`${later.id}\`, which keeps \`${name}\` in step, comes behind this backfill of it.`,
          help: `put \`${step.id}\` behind \`${later.id}\``,
          span: source.spanOf(['steps', index, step.kind, 'mappings', place]),
        },
      ];
    });
  });
}

function filledBy(step: PlanStep): readonly string[] {
  return STEP_KINDS.find(({ kind }) => kind === step.kind)?.fills?.(step.fields as never) ?? [];
}
