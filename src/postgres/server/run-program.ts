/** Runs one of PostgreSQL's own programs to its end, as the server account, away from our terminal and environment. */
import { spawn } from 'node:child_process';

import { serverAccount } from './server-account.js';
import { ServerUnavailableError } from './server-unavailable-error.js';

export interface ProgramResult {
  readonly exitCode: number;
  /** stdout and stderr as they came. */
  readonly output: string;
}

/** Rejects with a ServerUnavailableError where the program cannot be started at all. */
export async function runProgram(
  program: string,
  args: readonly string[],
  options: { readonly folder: string },
): Promise<ProgramResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...args], {
      ...serverAccount(),
      cwd: options.folder,
      env: serverEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
    });
    let output = '';
    const collect = (chunk: Buffer): void => void (output += chunk.toString('utf8'));
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.once('error', (error) => {
      const remedy =
        serverAccount() === undefined
          ? 'Reinstall the dependencies with `npm ci`.'
          : 'Run as an ordinary user: this system does not let root start programs as another account.';
      reject(new ServerUnavailableError(`${program} cannot be started: ${error.message}`, remedy, { cause: error }));
    });
    // Not 'close': a server that was started on the way may hold the pipes as long as it lives (Windows).
    child.once('exit', (exitCode) =>
      setImmediate(() => {
        child.stdout.destroy();
        child.stderr.destroy();
        resolve({ exitCode: exitCode ?? -1, output: output.trim() });
      }),
    );
  });
}

/** PGDATA, PGPORT, PGOPTIONS and the like speak to these programs too; a locale may be one that is not installed. */
export function serverEnvironment(): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(PG|LC_|LANG|NODE_|npm_)/i.test(name));
  return { ...Object.fromEntries(inherited), LC_ALL: 'C' };
}
