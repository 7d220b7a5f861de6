/** `lockstep explain CODE`. */
import { didYouMean } from '../kernel/did-you-mean.js';
import { renderExplanation } from '../render/render-explanation.js';
import { allCodes } from './all-codes.js';
import type { Answer } from './invocation.js';
import { usageProblem } from './usage-problem.js';

export function explain(given: string): Answer {
  const codes = allCodes();
  const code = given.toUpperCase();
  const entry = codes.get(code);
  if (entry === undefined) {
    const meant = didYouMean(code, codes.keys());
    const help = meant === undefined ? 'codes are LS and four digits: LS1103' : `did you mean ${meant}?`;
    const next = meant === undefined ? ['lockstep explain --help'] : [`lockstep explain ${meant}`];
    return usageProblem(`\`${given}\` is not the code of a diagnostic.`, { code: 'LS9102', help, next });
  }
  const report = { code, summary: entry.summary, explanation: entry.explanation };
  return {
    exit: 0,
    result: { report, diagnostics: [], next: [] },
    shown: (view) => renderExplanation(report, view),
  };
}
