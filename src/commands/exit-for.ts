/** The exit code that problems of a plan come to. Apart from the commands, so that what needs no database loads no driver. */
import { hasErrors, type Diagnostic } from '../kernel/diagnostic.js';
import { EXIT, type ExitCode } from './command-result.js';

/** A plan whose only fault is a missing consent is not wrong, it is not approved; one that only this server refuses may run elsewhere. */
export function exitFor(diagnostics: readonly Diagnostic[]): ExitCode {
  const errors = diagnostics.filter((diagnostic) => diagnostic.severity === 'error');
  if (!hasErrors(diagnostics)) return EXIT.done;
  if (errors.every((error) => error.code === 'LS9022')) return EXIT.usage;
  if (errors.every((error) => CONSENT_CODES.has(error.code))) return EXIT.notApproved;
  if (errors.every((error) => ENVIRONMENT_CODES.has(error.code))) return EXIT.failed;
  return EXIT.planInvalid;
}

/** Hazards without consent; a saved plan that is not the one that was approved, or is for another target. */
const CONSENT_CODES: ReadonlySet<string> = new Set(['LS6201', 'LS6202', 'LS6301', 'LS6515', 'LS9020', 'LS9023']);
/** Refused by the server that was named, not by the plan. */
const ENVIRONMENT_CODES: ReadonlySet<string> = new Set([
  'LS1501',
  'LS6105',
  'LS6503',
  'LS6515',
  'LS6106',
  'LS8002',
  'LS8003',
  'LS8004',
  'LS9001',
  'LS9066',
  'LS9017',
  'LS9080',
  'LS9081',
  'LS9082',
]);
