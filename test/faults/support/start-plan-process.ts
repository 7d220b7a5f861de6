/** Starts `plan-process` and lets a test wait for its batches, stop it, kill it, and see how it ended. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import type { WrongJournal } from '../seeds/wrong-journals.js';

export interface PlanProcess {
  /** Resolves when that many batches were told of, or when the process has ended. */
  batches(count: number): Promise<void>;
  /** How long the latest batch took, its commit included. */
  readonly batchMs: number;
  signal(name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void;
  readonly ended: Promise<ProcessEnd>;
}

export interface ProcessEnd {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** What it printed, its errors included. */
  readonly output: string;
}

export interface PlanToRun {
  readonly url: string;
  readonly file: string;
  readonly name: string;
  readonly wrong?: WrongJournal;
}

/** `folder` as `compileForProcesses` returned it. */
export function startPlanProcess(folder: string, action: 'apply' | 'rollback' | 'work', plan: PlanToRun): PlanProcess {
  const program = join(folder, 'test/faults/support/plan-process.js');
  const child = spawn(process.execPath, [program, action, plan.url, plan.file, plan.name, plan.wrong ?? ''], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  // A process that is killed closes the pipe while we hold its other end.
  child.stdin.on('error', () => undefined);
  const output: string[] = [];
  const waiting: { readonly count: number; readonly resolve: () => void }[] = [];
  let batches = 0;
  let batchMs = 0;
  child.stderr.setEncoding('utf8').on('data', (text: string) => output.push(text));
  createInterface({ input: child.stdout }).on('line', (line) => {
    output.push(`${line}\n`);
    if (!line.includes('"progress"')) return;
    batches += 1;
    batchMs = (JSON.parse(line) as { durationMs: number }).durationMs;
    for (const { count, resolve } of waiting) if (count <= batches) resolve();
  });
  const ended = new Promise<ProcessEnd>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode, signal) => {
      for (const { resolve: release } of waiting) release();
      resolve({ exitCode, signal, output: output.join('') });
    });
  });
  return {
    batches: (count) =>
      new Promise((resolve) => {
        if (batches >= count || child.exitCode !== null || child.signalCode !== null) resolve();
        else waiting.push({ count, resolve });
      }),
    get batchMs() {
      return batchMs;
    },
    signal: (name) => child.kill(name),
    ended,
  };
}
