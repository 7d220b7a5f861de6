/** How the problems of a statement are told: where it stands, in the plan or in the file that the step names. */
import { report } from '../../catalog/scope.js';
import type { ParsedStatement } from '../../sql/grammar.js';
import type { StepContext } from '../step-definition.js';
import { DDL_CODES, type DdlCode } from './codes.js';

/** LS6205 is no error: there is nothing to do. */
export type Tell = (code: DdlCode, statement: ParsedStatement, detail: string, help?: string) => void;

export function tellAt(context: Pick<StepContext, 'locate' | 'locateWithin' | 'report' | 'path'>): Tell {
  return (code, statement, detail, help) => {
    const span = context.locateWithin(context.path, statement.start, statement.end);
    report(context, DDL_CODES, code, span, {
      detail,
      help: help ?? 'leave the statement out, or keep it for a database where it is still to be done',
      severity: code === 'LS6205' ? 'warning' : 'error',
    });
  };
}
