/** A thrown thing as the journal and a person get to see it. A defect of ours keeps its message, never its stack. */
import type { RecordedError } from './journal.js';
import { DatabaseError } from './session.js';

export function recordedError(error: unknown): RecordedError {
  if (!(error instanceof DatabaseError)) {
    return { code: 'defect', message: error instanceof Error ? error.message : String(error) };
  }
  const { kind, sqlstate, detail, hint, constraint, context } = error.facts;
  const named = constraint === undefined ? undefined : `constraint ${constraint}`;
  const parts = [detail, hint, named, context].filter((part) => part !== undefined && part !== '');
  return {
    code: kind === 'statement' ? 'statement_failed' : kind === 'unreachable' ? 'server_unreachable' : 'connection_lost',
    message: error.message,
    ...(parts.length > 0 && { detail: parts.join('; ') }),
    ...(sqlstate !== undefined && { sqlstate }),
  };
}
