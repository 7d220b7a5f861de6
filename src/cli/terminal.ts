/**
 * The world outside as a command sees it: two streams, a person who may answer, signals. Owns the process; everything else
 * in this folder works on this interface, so that a test can stand in for a terminal.
 */
import { createInterface } from 'node:readline/promises';
import type { EnvironmentFile } from './environment-file.js';

export type StopSignal = 'SIGINT' | 'SIGTERM';

export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Of connections and declared params only, and below `env`. */
  readonly envFile: EnvironmentFile;
  /** The result goes here, and nothing else. */
  readonly out: Stream;
  /** Progress, notes, problems. */
  readonly err: Stream;
  /** Whether somebody can be asked. */
  readonly canAsk: boolean;
  /** The answer in lower case without spaces around it; empty where the question was called off. */
  ask(question: string, calledOff: AbortSignal): Promise<string>;
  /** Ends the process here and now; for what cannot be waited for. */
  leave(exit: number): never;
  /** Until the returned function is called, signals do not end the process but call `listener`. */
  onSignal(listener: (signal: StopSignal) => void): () => void;
}

export interface Stream {
  readonly write: (text: string) => void;
  readonly isTty: boolean;
  /** Why something that was written is lost, as soon as it is known: the disk behind a file is full. Not that a reader has gone. */
  readonly lost: () => string | undefined;
  /** Columns and rows now: a person may change them. */
  readonly size: () => { readonly width: number; readonly height: number };
}

/** Without a terminal lines are cut for a page that is this wide. */
const DEFAULT_SIZE = { width: 100, height: 24 };

export function processTerminal(envFile: EnvironmentFile): Terminal {
  const { stdin, stdout, stderr } = process;
  return {
    env: process.env,
    envFile,
    out: toStream(stdout),
    err: toStream(stderr),
    canAsk: stdin.isTTY && stderr.isTTY,
    async ask(question, calledOff) {
      const asking = createInterface({ input: stdin, output: stderr });
      // In a question the terminal hands over Ctrl-C as a key, not as a signal.
      asking.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
      try {
        return (await asking.question(question, { signal: calledOff })).trim().toLowerCase();
      } catch {
        return '';
      } finally {
        asking.close();
      }
    },
    leave: (exit) => process.exit(exit),
    onSignal(listener) {
      process.on('SIGINT', listener).on('SIGTERM', listener);
      return () => void process.off('SIGINT', listener).off('SIGTERM', listener);
    },
  };
}

function toStream(stream: NodeJS.WriteStream): Stream {
  let lost: string | undefined;
  // Whoever read us has gone (`lockstep plan | head`), or the disk is full: the work goes on. A run is told by its journal.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') lost ??= error.code ?? error.message;
  });
  return {
    write: (text) => void stream.write(text),
    isTty: stream.isTTY,
    lost: () => lost,
    size: () =>
      stream.isTTY ? { width: Math.max(40, stream.columns), height: Math.max(6, stream.rows) } : DEFAULT_SIZE,
  };
}
