/** How the problems of a statement are told: where it stands, in the plan or in the file that the step names. */
import { report } from '../../catalog/scope.js';
import type { ParsedStatement } from '../../sql/grammar.js';
import { lineIndex, type Span } from '../../kernel/span.js';
import type { IncludedFile, StepContext } from '../step-definition.js';
import { HAZARD_CODES } from '../hazard-codes.js';
import { DDL_CODES, type DdlCode } from './codes.js';

/** LS6205 is no error: there is nothing to do. */
export type Tell = (
  code: DdlCode | keyof typeof HAZARD_CODES,
  statement: ParsedStatement,
  detail: string,
  help?: string,
) => void;

export type SpanOf = (statement: ParsedStatement) => Span | undefined;

/** `file`: where the statements stand, if not in the plan itself. */
export function spanIn(context: Pick<StepContext, 'locateWithin' | 'path'>, file?: IncludedFile): SpanOf {
  if (file === undefined) return ({ start, end }) => context.locateWithin(context.path, start, end);
  const lines = lineIndex(file.name, file.text);
  return ({ start, end }) => lines.span(start, end);
}

export function tellAt(context: Pick<StepContext, 'report'>, spanOf: SpanOf): Tell {
  return (code, statement, detail, help) => {
    const span = spanOf(statement);
    report(context, { ...HAZARD_CODES, ...DDL_CODES }, code, span, {
      detail,
      help: help ?? 'leave the statement out, or keep it for a database where it is still to be done',
      severity: code === 'LS6205' ? 'warning' : 'error',
    });
  };
}
