/** What the end of a run's turn means to whoever called: exit code, diagnostics, and the commands that come next. */
import type { RecordedError } from '../executor/journal.js';
import type { WalkEnd } from '../executor/run-graph.js';
import type { Diagnostic } from '../kernel/diagnostic.js';
import type { OperationGraph } from '../operation/operation-graph.js';
import { WINDOW_CODES } from '../steps/window-codes.js';
import { commandDiagnostic, EXIT, type ExitCode } from './command-result.js';
import { throttleDiagnostic } from './throttle-diagnostic.js';

/** Why it has stopped, where that was asked for. */
export function whyOf(end: WalkEnd): string | null {
  return end.state === 'stopped' ? (end.throttle?.reason ?? end.why) : null;
}

export interface EndOfTurn {
  readonly exit: ExitCode;
  readonly diagnostics: readonly Diagnostic[];
  readonly next: readonly string[];
}

/** `goOn` and `back` are the commands that the user would type; `back` is empty where there is no way back. */
export function endOfTurn(
  end: WalkEnd,
  graph: OperationGraph,
  commands: { readonly goOn: string; readonly back: readonly string[]; readonly file: string },
): EndOfTurn {
  switch (end.state) {
    case 'done':
      return { exit: EXIT.done, diagnostics: [], next: [] };
    case 'stopped':
      return {
        exit: EXIT.stopped,
        diagnostics: end.throttle === undefined ? [] : [throttleDiagnostic(end.throttle)],
        next: [commands.goOn],
      };
    case 'fenced':
      return {
        exit: EXIT.heldByAnother,
        diagnostics: [commandDiagnostic('LS9015', { detail: 'The journal carries a newer epoch.' })],
        next: [`lockstep status ${graph.plan}`],
      };
    case 'blocked':
      return {
        exit: EXIT.stopped,
        diagnostics: end.blocked.map(({ operation, reason }) =>
          commandDiagnostic('LS9027', {
            detail: `\`${operation}\`: ${reason}.`,
            help: 'let those sessions end their transactions, or end them with pg_terminate_backend(pid); then go on',
          }),
        ),
        next: [commands.goOn],
      };
    case 'waiting': {
      const approvals = end.gates.flatMap(({ operation, missing }) => {
        const gate = graph.operations.find((candidate) => candidate.id === operation);
        return gate !== undefined && missing.includes('approval')
          ? [`lockstep approve ${commands.file} --gate ${gate.step}`]
          : [];
      });
      return { exit: EXIT.stopped, diagnostics: [], next: [...approvals, commands.goOn] };
    }
    case 'failed': {
      const diagnostics = end.failures.map(({ operation, error }) => failureDiagnostic(operation, error));
      const onlyChecks = end.failures.every(({ error }) => error.code === 'check_failed');
      const back = graph.direction === 'apply' ? commands.back : [];
      return { exit: onlyChecks ? EXIT.checkFailed : EXIT.failed, diagnostics, next: [commands.goOn, ...back] };
    }
  }
}

const CODES = {
  check_failed: 'LS9003',
  rows_folded: 'LS9004',
  in_doubt: 'LS9012',
  unobserved: 'LS9028',
  row_failed: 'LS9030',
} as const;

export function failureDiagnostic(operation: string, error: RecordedError): Diagnostic {
  if (error.code === 'parent_not_converted') return unconverted(operation, error);
  if (error.code === 'keys_collide') return collide(operation, error);
  const code = error.code in CODES ? CODES[error.code as keyof typeof CODES] : 'LS9002';
  const rows = (error.rows ?? []).slice(0, 10).map((row) => `  ${JSON.stringify(row)}`);
  const state = error.sqlstate === undefined ? '' : ` (SQLSTATE ${error.sqlstate})`;
  const detail = [
    `\`${operation}\`: ${error.message}${state}.`,
    ...(error.detail === undefined ? [] : [error.detail]),
    ...rows,
  ].join('\n');
  return commandDiagnostic(code, { detail, help: HELP[code] });
}

function unconverted(operation: string, { message, rows = [] }: RecordedError): Diagnostic {
  const { summary } = WINDOW_CODES.LS6610;
  const shown = rows.map(({ column, parent, row }) => `  ${JSON.stringify({ column, parent, row })}`);
  const repairs = [...new Set(rows.map(({ repair }) => `\`${String(repair)}\``))];
  const help = `give it one, and go on: ${repairs.join(', ')}`;
  return {
    code: 'LS6610',
    severity: 'error',
    summary,
    detail: [`\`${operation}\`: ${message}.`, ...shown].join('\n'),
    help,
  };
}

function collide(operation: string, { message, rows = [] }: RecordedError): Diagnostic {
  const { summary } = WINDOW_CODES.LS6612;
  const detail = [`\`${operation}\`: ${message}.`, ...rows.map((row) => `  ${JSON.stringify(row)}`)].join('\n');
  const help = 'repair the old keys and go on, or take the run back; `value: random` makes another key by itself';
  return { code: 'LS6612', severity: 'error', summary, detail, help };
}

const HELP: Readonly<Record<(typeof CODES)[keyof typeof CODES] | 'LS9002', string>> = {
  LS9002: 'nothing of the failed transaction stays; repair the cause and go on, or take the run back',
  LS9003: 'repair the rows and go on, or take the run back',
  LS9004: 'choose another `key` or narrow `where`, or repair the rows and go on',
  LS9012: 'look whether it has run, then say so with --resolve',
  LS9028: 'go on once the server can be reached: the catalog is asked before anything is sent again',
  LS9030: 'repair the row, or what refuses it, and go on; rows that stand aside are written by `lockstep replay`',
};
