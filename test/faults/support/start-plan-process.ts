/**
 * Starts `plan-process` and lets a test wait for its batches, stop it, kill it, and see how it ended. A process may be
 * started before it is known what it shall run: most of what it costs is its start.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import type { WrongJournal } from '../seeds/wrong-journals.js';

export interface PlanProcess {
  /** Resolves when that many batches were told of, or when the process has ended. */
  batches(count: number): Promise<void>;
  /** Resolves when the order with that index has come to its end, or when the process has ended. */
  finished(order: number): Promise<void>;
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
  /** Params of the plan. */
  readonly set?: Readonly<Record<string, string>>;
  readonly wrong?: WrongJournal;
}

/** `apply and approve`: where a gate waits for an approval, it is given, and `apply` goes on. `work`: joins the run. */
export type PlanAction = 'apply' | 'apply and approve' | 'rollback' | 'work';

export interface PlanOrder extends PlanToRun {
  readonly action: PlanAction;
}

/** A process that has loaded everything and waits. */
export interface WaitingProcess {
  /** Side by side. */
  run(orders: readonly PlanOrder[]): PlanProcess;
  /** For one that is not needed any more. */
  end(): void;
}

/** `folder` as `compileForProcesses` returned it. */
export function startPlanProcess(folder: string, action: PlanAction, plan: PlanToRun): PlanProcess {
  return startWaitingProcess(folder).run([{ ...plan, action }]);
}

export function startWaitingProcess(folder: string): WaitingProcess {
  const child = spawn(process.execPath, [join(folder, 'test/faults/support/plan-process.js')], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  // A process that is killed closes the pipe while we hold its other end.
  child.stdin.on('error', () => undefined);
  const output: string[] = [];
  const waiting: { readonly count: number; readonly resolve: () => void }[] = [];
  const finished = new Set<number>();
  const finishing: { readonly order: number; readonly resolve: () => void }[] = [];
  let batches = 0;
  let batchMs = 0;
  child.stderr.setEncoding('utf8').on('data', (text: string) => output.push(text));
  createInterface({ input: child.stdout }).on('line', (line) => {
    output.push(`${line}\n`);
    const end = /^{"event":"end","order":(\d+)/.exec(line)?.[1];
    if (end !== undefined) finished.add(Number(end));
    for (const { order, resolve } of finishing) if (finished.has(order)) resolve();
    if (!line.includes('"progress"')) return;
    batches += 1;
    batchMs = (JSON.parse(line) as { durationMs: number }).durationMs;
    for (const { count, resolve } of waiting) if (count <= batches) resolve();
  });
  const ended = new Promise<ProcessEnd>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode, signal) => {
      for (const { resolve: release } of [...waiting, ...finishing]) release();
      resolve({ exitCode, signal, output: output.join('') });
    });
  });
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const running: PlanProcess = {
    batches: (count) =>
      new Promise((resolve) => {
        if (batches >= count || hasEnded()) resolve();
        else waiting.push({ count, resolve });
      }),
    finished: (order) =>
      new Promise((resolve) => {
        if (finished.has(order) || hasEnded()) resolve();
        else finishing.push({ order, resolve });
      }),
    get batchMs() {
      return batchMs;
    },
    signal: (name) => child.kill(name),
    ended,
  };
  return {
    run(orders) {
      child.stdin.write(`${JSON.stringify(orders)}\n`);
      return running;
    },
    end: () => child.stdin.end(),
  };
}

/** Always has some processes waiting, so that a test that kills them does not wait for their start. */
export function waitingProcesses(folder: string, count: number): { take(): WaitingProcess; end(): void } {
  const ready = Array.from({ length: count }, () => startWaitingProcess(folder));
  return {
    take() {
      ready.push(startWaitingProcess(folder));
      return ready.shift()!;
    },
    end: () => ready.forEach((process) => process.end()),
  };
}
