/** A command line that is refused before anything is done. */
import { EXIT } from '../commands/command-result.js';
import type { DiagnosticCode } from '../kernel/diagnostic.js';
import { CLI_CODES } from './codes.js';
import type { Answer } from './invocation.js';

export function usageProblem(
  detail: string,
  { help, next = [], code = 'LS9101' }: { help?: string; next?: readonly string[]; code?: keyof typeof CLI_CODES } = {},
): Answer {
  const { summary } = CLI_CODES[code];
  const told = { detail, ...(help !== undefined && { help }) };
  const diagnostics = [{ code: code satisfies DiagnosticCode, severity: 'error' as const, summary, ...told }];
  return { exit: EXIT.usage, result: { report: null, diagnostics, next }, shown: () => '' };
}
