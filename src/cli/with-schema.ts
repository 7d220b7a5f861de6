/** What a command does on a server of our own, which is made for it and gone after it: signals end it at once. */
import { stopOnSignals } from './stop-on-signals.js';
import type { Answer, Invocation } from './invocation.js';

/** `work` says what it is doing, on stderr. */
export async function withSchema(
  { options, terminal }: Invocation,
  work: (tell: (line: string) => void) => Promise<Answer>,
): Promise<Answer> {
  // The server ends with our process, whatever it was doing.
  const atOnce = (exit: number): Promise<void> => terminal.leave(exit);
  const tell = (line: string): void => {
    if (options.json !== true) terminal.err.write(`${line}\n`);
  };
  return stopOnSignals(terminal, { atOnce }, () => work(tell));
}
