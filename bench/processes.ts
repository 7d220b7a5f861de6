/** `lockstep` as the program that people start: how long it takes, and how much memory. */
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('../../bin/lockstep.js', import.meta.url));

export interface Ended {
  readonly exit: number | null;
  readonly ms: number;
  /** Null where the system does not say. */
  readonly peakMegabytes: number | null;
}

/** Rejects where it cannot be started. Its output is thrown away, unless it fails. */
export async function runProgram(args: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const began = performance.now();
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    env: { ...process.env, NO_COLOR: '1', ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => (complaint = (complaint + chunk.toString()).slice(-2_000)));
  let peak: number | null = null;
  const watch = setInterval(() => {
    // The kernel's own record of the most that was ever resident; it is gone when the process is.
    void readFile(`/proc/${child.pid ?? 0}/status`, 'utf8').then(
      (text) => (peak = Math.max(peak ?? 0, Number(/VmHWM:\s+(\d+)/.exec(text)?.[1] ?? 0) / 1024) || peak),
      () => undefined,
    );
  }, 50);
  try {
    const exit = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    if (exit !== 0) throw new Error(`lockstep ${args.join(' ')} ended with ${exit ?? 'a signal'}: ${complaint}`);
    return { exit, ms: performance.now() - began, peakMegabytes: peak };
  } finally {
    clearInterval(watch);
  }
}
