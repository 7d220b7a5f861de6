/**
 * What a signal does to a command: the first asks for a safe stop, the second ends it at once. A command with nothing to go
 * on with ends at the first.
 */
import { EXIT } from '../commands/command-result.js';
import type { Answer } from './invocation.js';
import type { StopSignal, Terminal } from './terminal.js';

export interface StopOptions {
  /** The command that goes on after a stop; absent: there is nothing to go on with. */
  readonly goOn?: string;
  /** Called before anything is said about a signal: whatever is redrawn ends here. */
  readonly quiet?: () => void;
}

export async function stopOnSignals(
  terminal: Terminal,
  { goOn, quiet, atOnce }: StopOptions & { readonly atOnce: (exit: number) => Promise<void> },
  work: (stop: AbortSignal) => Promise<Answer>,
): Promise<Answer> {
  const stop = new AbortController();
  let signalled: StopSignal | undefined;
  let ending: Promise<void> | undefined;
  const letGo = terminal.onSignal((signal) => {
    const first = signalled === undefined;
    signalled ??= signal;
    stop.abort();
    quiet?.();
    if (!first || goOn === undefined) ending ??= atOnce(STOPPED[signalled]);
    else terminal.err.write('Stopping after the batches at hand; what is done is kept. Once more: stop at once.\n');
  });
  try {
    const answer = await work(stop.signal);
    if (signalled === undefined) return answer;
    const exit = STOPPED[signalled];
    if (ending === undefined) return STOPS.has(answer.exit) ? { ...answer, exit } : answer;
    // What the command says now is only that its connections are gone.
    const next = goOn === undefined ? [] : [goOn];
    const note = 'Stopped at once. What was committed is kept; the server rolls back the rest.';
    return { exit, result: { report: null, diagnostics: [], next }, shown: () => '', note };
  } finally {
    letGo();
    await ending;
  }
}

const STOPPED: Readonly<Record<StopSignal, number>> = { SIGINT: 130, SIGTERM: 143 };

/** The ends that a signal can be the cause of: a run that stopped, and a question that was called off. */
const STOPS: ReadonlySet<number> = new Set([EXIT.stopped, EXIT.notApproved]);
