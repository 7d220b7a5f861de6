/** `lockstep schema`: the JSON schema of a plan, for editors. Alone on stdout, also with `--json`. */
import { planSchema } from '../document/plan-schema.js';
import type { Answer } from './invocation.js';

export function schema(): Answer {
  const report = planSchema();
  return {
    exit: 0,
    result: { report, diagnostics: [], next: [] },
    shown: () => `${JSON.stringify(report, null, 2)}\n`,
  };
}
