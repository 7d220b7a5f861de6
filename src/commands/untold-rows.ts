/** Rows that a way back has kept because whose they are cannot be told any more; the check that counts them is `provenance`. */
import type { Diagnostic } from '../kernel/diagnostic.js';
import type { OperationGraph } from '../operation/operation-graph.js';
import type { CheckOperation, OperationId } from '../operation/operation.js';
import type { RunReport } from '../postgres/journal/run-report.js';
import { commandDiagnostic } from './command-result.js';

const PROVENANCE = /\/\d+-provenance$/;

/** What the way back of a run has counted; undefined: everything could be told. */
export function untoldRows({ operations }: RunReport): Diagnostic | undefined {
  return untoldDiagnostic(
    operations.flatMap(({ id, direction, outcome }) => {
      const rows = outcome?.answer?.violations ?? 0;
      return direction === 'rollback' && PROVENANCE.test(id) ? [{ what: id.replace(PROVENANCE, ''), rows }] : [];
    }),
    'kept',
  );
}

export interface Untold {
  readonly what: string;
  readonly rows: number;
}

/** `kept`: by the way back; `there`: it would keep them. */
export function untoldDiagnostic(found: readonly Untold[], state: 'kept' | 'there'): Diagnostic | undefined {
  const lines = found
    .filter(({ rows }) => rows > 0)
    .map(({ what, rows }) => {
      const all = `${rows.toLocaleString('en')} ${rows === 1 ? 'row' : 'rows'}`;
      return `\`${what}\`: ${all} can no longer be told from those of others${state === 'kept' ? ', and were kept' : ''}.`;
    });
  if (lines.length === 0) return undefined;
  return commandDiagnostic('LS9069', {
    detail: lines.join('\n'),
    help:
      state === 'kept'
        ? 'compare them with the source, and delete by hand what has to go'
        : 'a way back would keep them: decide before whether the run stays',
  });
}

/** The checks that the way back of what was done would begin with. */
export function provenanceChecks(
  { operations }: OperationGraph,
  done: ReadonlySet<OperationId>,
): readonly (CheckOperation & { readonly copy: OperationId })[] {
  return operations.flatMap(({ id, reversal }) =>
    done.has(id) && reversal.kind === 'operations'
      ? reversal.operations.flatMap((back) =>
          back.kind === 'check' && back.check.check === 'provenance' ? [{ ...back, copy: id }] : [],
        )
      : [],
  );
}
