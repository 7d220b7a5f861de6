/** What a plan says about targets: each name behind `only` is one of the configuration. */
import type { Diagnostic } from '../kernel/diagnostic.js';
import { didYouMean } from '../kernel/did-you-mean.js';
import type { Slot } from './collect-slots.js';
import { PLAN_CODES } from './plan-codes.js';
import type { SourceDocument } from './source-document.js';

export interface TargetChoice {
  /** Targets of the configuration; null: the plan was saved, and held against them then. */
  readonly known: readonly string[] | null;
  /** `--target`; null where none was given. */
  readonly chosen: string | null;
}

export const NO_TARGETS: TargetChoice = { known: [], chosen: null };

export function saysOnly(slots: readonly Slot[]): boolean {
  return slots.some(isTarget);
}

export function checkTargets(
  document: SourceDocument,
  slots: readonly Slot[],
  known: TargetChoice['known'],
): readonly Diagnostic[] {
  if (known === null) return [];
  const named = slots.filter(isTarget).filter(({ path }) => !document.isUnsettled(path));
  return named.flatMap(({ path, value }): readonly Diagnostic[] => {
    if (known.includes(value)) return [];
    const span = document.spanOf(path);
    if (known.length === 0) return [{ ...problem('LS1405', NOT_CONFIGURED, CONFIGURE), span }];
    const meant = didYouMean(value, known);
    const help = meant === undefined ? `there are: ${known.join(', ')}` : `did you mean \`${meant}\`?`;
    return [{ ...problem('LS1404', `There is no target \`${value}\` in the configuration.`, help), span }];
  });
}

const NOT_CONFIGURED = 'Nothing says which targets there are, so this could be misspelt and nobody would notice.';
const CONFIGURE = 'name them under `targets` in lockstep.config.yaml';

function isTarget(slot: Slot): boolean {
  return slot.kind === 'ref' && slot.slot === 'target';
}

function problem(code: keyof typeof PLAN_CODES, detail: string, help: string): Diagnostic {
  return { code, severity: 'error', summary: PLAN_CODES[code].summary, detail, help };
}
