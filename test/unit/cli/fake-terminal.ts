/** A terminal that remembers what was written to it, answers questions, and can be sent signals. */
import type { StopSignal, Stream, Terminal } from '../../../src/cli/terminal.js';

export interface FakeTerminal extends Terminal {
  readonly written: { out: string; err: string };
  readonly questions: string[];
  readonly signal: (signal: StopSignal) => void;
  /** Whether somebody listens to signals. */
  readonly listens: () => boolean;
}

export interface FakeTerminalOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly envFile?: Readonly<Record<string, string>>;
  /** What the person types; absent: nobody is there. */
  readonly answer?: string;
  readonly errIsTty?: boolean;
}

export function fakeTerminal({
  env = {},
  envFile = {},
  answer,
  errIsTty = false,
}: FakeTerminalOptions = {}): FakeTerminal {
  const written = { out: '', err: '' };
  const questions: string[] = [];
  let listener: ((signal: StopSignal) => void) | undefined;
  const stream = (name: 'out' | 'err', isTty: boolean): Stream => ({
    write: (text) => void (written[name] += text),
    isTty,
    lost: () => undefined,
    size: () => ({ width: 100, height: 24 }),
  });
  return {
    env,
    envFile: { values: envFile },
    written,
    questions,
    out: stream('out', false),
    err: stream('err', errIsTty),
    canAsk: answer !== undefined,
    ask(question) {
      questions.push(question);
      return Promise.resolve(answer ?? '');
    },
    leave(exit) {
      throw new Error(`left with ${exit}`);
    },
    onSignal(wanted) {
      listener = wanted;
      return () => (listener = undefined);
    },
    signal: (signal) => listener?.(signal),
    listens: () => listener !== undefined,
  };
}
