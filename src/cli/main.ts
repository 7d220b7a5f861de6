/** The program: environment, terminal, exit code. */
import { existsSync, readFileSync } from 'node:fs';
import { processTerminal } from './terminal.js';
import { runCommandLine } from './run-command-line.js';

/** Sets the exit code and returns: the process ends when its streams have been written out. */
export async function main(argv: readonly string[]): Promise<void> {
  // The list of processes shows the words that we were started with, and a URL among them may hold a password.
  if (argv.some((word) => word.includes('://'))) process.title = 'lockstep';
  // A variable that is set already wins.
  if (existsSync('.env')) process.loadEnvFile('.env');
  process.exitCode = await runCommandLine(argv, versionHere(), processTerminal());
}

function versionHere(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return version;
}
