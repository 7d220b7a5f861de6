/** Turns what the way to the database throws into a result that a person can act on. Anything else is a defect of ours. */
import { DatabaseError } from '../executor/session.js';
import { redactPasswords } from '../postgres/connection.js';
import { JournalRefusal } from '../postgres/journal/journal-refusal.js';
import { ServerUnavailableError } from '../postgres/server/server-unavailable-error.js';
import { EXIT, refusal, type CommandResult } from './command-result.js';

export async function guarded<Report>(work: () => Promise<CommandResult<Report>>): Promise<CommandResult<Report>> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof JournalRefusal) {
      const held = error.reason === 'held' || error.reason === 'live run';
      return refusal(held ? EXIT.heldByAnother : EXIT.failed, held ? 'LS9006' : 'LS9011', {
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

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
