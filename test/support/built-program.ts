/**
 * The program as people run it: `bin/lockstep.js` in a process of its own. Owns that what is built is what is in src, and
 * that a test ends what it started.
 */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

export interface Ended {
  readonly exit: number | null;
  readonly out: string;
  readonly err: string;
}

export interface Started {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<Ended>;
  /** Resolves when stderr or stdout has said it; rejects where the process ends before. */
  readonly says: (text: string | RegExp) => Promise<void>;
}

export interface ProgramOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** Runs it to its end. Without the variables that name a database, and without a terminal. */
export async function lockstep(args: readonly string[], options: ProgramOptions = {}): Promise<Ended> {
  return (await startLockstep(args, options)).ended;
}

export async function startLockstep(args: readonly string[], options: ProgramOptions = {}): Promise<Started> {
  await built();
  const child = spawn(process.execPath, [join(ROOT, 'bin/lockstep.js'), ...args], {
    cwd: options.cwd ?? ROOT,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...options.env },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  child.stdin.end();
  const said = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.err += text));
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exit) => resolve({ exit, ...said }));
  });
  const says = (text: string | RegExp): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const all = said.out + said.err;
        if (typeof text === 'string' ? all.includes(text) : text.test(all)) resolve();
      };
      child.stdout.on('data', look);
      child.stderr.on('data', look);
      child.on('close', () => reject(new Error(`it never said ${String(text)}: ${said.out}${said.err}`)));
      look();
    });
  return { child, ended, says };
}

const ROOT = process.cwd();
let building: Promise<void> | undefined;

/** Builds beside what is there, and puts it in its place when it is whole; one process at a time. */
export function built(): Promise<void> {
  return (building ??= (async () => {
    const lock = join(ROOT, 'node_modules', '.lockstep-build');
    for (;;) {
      if (!isOld()) return;
      if (takes(lock)) break;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    try {
      if (isOld()) await build();
    } finally {
      rmdirSync(lock);
    }
  })());
}

function takes(lock: string): boolean {
  try {
    mkdirSync(lock);
    return true;
  } catch {
    // Left behind by a process that was killed while it compiled.
    const sinceMs = existsSync(lock) ? Date.now() - statSync(lock).mtimeMs : 0;
    if (sinceMs > 300_000) rmdirSync(lock);
    return false;
  }
}

function isOld(): boolean {
  const main = join(ROOT, 'dist/cli/main.js');
  return !existsSync(main) || newest(join(ROOT, 'dist')) < newest(join(ROOT, 'src'));
}

function newest(folder: string): number {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return Math.max(
    ...entries.filter((entry) => entry.isFile()).map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs),
  );
}

function build(): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(ROOT, 'scripts/build.js')], { cwd: ROOT });
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    child.on('error', reject);
    child.on('close', (exit) => (exit === 0 ? resolve() : reject(new Error(`src cannot be built:\n${said}`))));
  });
}
