/** An application that writes as fast as it is answered; what it writes is the caller's. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

export interface Write {
  /** With one parameter: the number of a row. */
  readonly sql: string;
  /** A row that is there, or one that is not. */
  readonly key: 'there' | 'new';
}

export interface Workload {
  readonly url: string;
  /** How many are there. */
  readonly rows: number;
  /** What each client sends, in turns. */
  readonly clients: readonly (readonly Write[])[];
}

export interface Transaction {
  /** When it was sent: milliseconds since 1970. */
  readonly atMs: number;
  readonly tookMs: number;
}

export interface Written {
  readonly transactions: readonly Transaction[];
  readonly deadlocks: number;
  /** From when all were connected. */
  readonly ms: number;
}

export type Message = 'connected' | Written;

/** What they have written, from when all were connected until `work` has ended. Rejects where one of them could not go on. */
export async function writtenDuring(workload: Workload, work: () => Promise<void>): Promise<Written> {
  const worker = new Worker(new URL('./writer-thread.js', import.meta.url), { workerData: workload });
  const failed = once(worker, 'error').then(([error]: unknown[]) => Promise.reject(error as Error));
  try {
    await Promise.race([once(worker, 'message'), failed]);
    await Promise.race([work(), failed]);
    const written = once(worker, 'message') as Promise<[Written]>;
    worker.postMessage('stop');
    return (await Promise.race([written, failed]))[0];
  } finally {
    failed.catch(() => undefined);
    await worker.terminate();
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
