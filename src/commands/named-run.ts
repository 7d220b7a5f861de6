/** The run that a command was given by name, or why there is none that it may touch. */
import type { Database } from '../executor/session.js';
import type { StoredRun } from '../postgres/journal/runs.js';
import { EXIT, refusal, type CommandResult } from './command-result.js';
import { knownRun } from './known-run.js';
import { refuseOtherTarget } from './other-target.js';

export interface RunName {
  readonly database: Database;
  /** A plan's or a run's name: `split-auth-schema`, `split-auth-schema@2`. */
  readonly run: string;
  /** `--target`; the run must be one for it, where its plan says `only`. */
  readonly target?: string | null;
}

export type NamedRun =
  { readonly ok: true; readonly run: StoredRun } | { readonly ok: false; readonly refused: CommandResult<never> };

export async function namedRun({ database, run: name, target = null }: RunName): Promise<NamedRun> {
  const run = await knownRun(database, name);
  if (run === undefined) {
    const detail = `The journal has no run of \`${name}\`.`;
    return { ok: false, refused: refusal(EXIT.failed, 'LS9008', { detail, help: 'lockstep status' }) };
  }
  const refused = refuseOtherTarget(run, target);
  return refused === undefined ? { ok: true, run } : { ok: false, refused };
}
