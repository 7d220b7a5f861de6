/** Turns what the way to the database throws into a result that a person can act on. Anything else is a defect of ours. */
import { DatabaseError } from '../executor/session.js';
import { redactPasswords } from '../postgres/connection.js';
import { JournalRefusal, type JournalRefusalReason } from '../postgres/journal/journal-refusal.js';
import { ServerUnavailableError } from '../postgres/server/server-unavailable-error.js';
import { EXIT, refusal, type CommandResult, type ExitCode } from './command-result.js';

export async function guarded<Report>(work: () => Promise<CommandResult<Report>>): Promise<CommandResult<Report>> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof JournalRefusal) {
      const [exit, code] = REFUSALS[error.reason];
      return refusal(exit, code, {
        detail: sentence(error.message),
        help: error.remedy,
      });
    }
    if (error instanceof ServerUnavailableError)
      return refusal(EXIT.failed, 'LS9001', { detail: sentence(error.message), help: error.remedy });
    if (!(error instanceof DatabaseError)) throw error;
    const { kind, hint, detail, sqlstate } = error.facts;
    const said = [redactPasswords(error.message), detail, sqlstate === undefined ? undefined : `SQLSTATE ${sqlstate}`];
    const told = {
      detail: said
        .filter((part) => part !== undefined)
        .map(sentence)
        .join(' '),
      ...(hint !== undefined && { help: hint }),
    };
    return kind === 'statement' ? refusal(EXIT.failed, 'LS9002', told) : refusal(EXIT.failed, 'LS9001', told);
  }
}

const REFUSALS: Readonly<Record<JournalRefusalReason, readonly [ExitCode, Parameters<typeof refusal>[1]]>> = {
  held: [EXIT.heldByAnother, 'LS9006'],
  'live run': [EXIT.heldByAnother, 'LS9006'],
  changed: [EXIT.notApproved, 'LS9060'],
  'not ours': [EXIT.failed, 'LS9061'],
  'newer journal': [EXIT.failed, 'LS9011'],
  incomplete: [EXIT.failed, 'LS9011'],
  'not permitted': [EXIT.failed, 'LS9011'],
  'read only': [EXIT.failed, 'LS9011'],
};

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
