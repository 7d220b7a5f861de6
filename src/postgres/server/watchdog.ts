/**
 * Ends a server whose starter is gone. Owns one sleeping shell per server: its stdin is a pipe that we alone hold, so
 * that it wakes when our process ends, however it ends. It looks the postmaster up by the data directory, because a
 * restart changes its process. On Windows there is none; there a killed process leaves its server running.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';

import { serverEnvironment } from './run-program.js';
import { serverAccount } from './server-account.js';

export interface Watchdog {
  /** The folder is no longer its business. */
  callOff(): void;
}

// `read` succeeds when we call it off, and fails at the end of the pipe. The trap: a terminal's Ctrl-C or a runner's
// kill of the process group must not end the one process that cleans up.
const SCRIPT = `trap '' INT TERM HUP
read -r word && exit 0
"$1" -D "$2/data" stop -m immediate -w -t 30
rm -rf "$2"`;

/** For a folder with the data directory `data`, which it stops by `pgCtl` and deletes. Does not keep us alive. */
export function startWatchdog(folder: string, pgCtl: string): Watchdog {
  if (process.platform === 'win32') return { callOff: () => undefined };
  const shell = spawn('/bin/sh', ['-c', SCRIPT, 'lockstep-watchdog', pgCtl, folder], {
    ...serverAccount(),
    cwd: join(folder, '..'),
    env: serverEnvironment(),
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  shell.on('error', () => undefined);
  shell.stdin.on('error', () => undefined);
  shell.unref();
  (shell.stdin as unknown as { unref?: () => void }).unref?.();
  return { callOff: () => void shell.stdin.end('off\n') };
}
