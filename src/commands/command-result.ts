/** What every command returns: an exit code, a report, problems as values, and the exact commands that come next. */
import type { Diagnostic, DiagnosticCode } from '../kernel/diagnostic.js';
import type { Span } from '../kernel/span.js';
import { COMMAND_CODES } from './codes.js';

/** Documented in docs/exit-codes.md and tested one by one. */
export const EXIT = {
  done: 0,
  failed: 1,
  changesPending: 2,
  planInvalid: 3,
  checkFailed: 4,
  notApproved: 5,
  stopped: 6,
  heldByAnother: 7,
  usage: 64,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export interface CommandResult<Report> {
  readonly exit: ExitCode;
  /** Null where it did not get that far. */
  readonly report: Report | null;
  readonly diagnostics: readonly Diagnostic[];
  /** Commands to type next, without the connection: `lockstep apply plans/a.yaml`. */
  readonly next: readonly string[];
}

export function refusal(
  exit: ExitCode,
  code: keyof typeof COMMAND_CODES,
  told: { detail: string; help?: string; span?: Span | undefined },
): CommandResult<never> {
  return { exit, report: null, diagnostics: [commandDiagnostic(code, told)], next: [] };
}

export function commandDiagnostic(
  code: keyof typeof COMMAND_CODES,
  { detail, help, span }: { detail: string; help?: string; span?: Span | undefined },
): Diagnostic {
  return {
    code: code satisfies DiagnosticCode,
    severity: 'error',
    summary: COMMAND_CODES[code].summary,
    detail,
    ...(help !== undefined && { help }),
    ...(span !== undefined && { span }),
  };
}
