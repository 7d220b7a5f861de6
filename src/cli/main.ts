/** The program: environment, terminal, exit code. */
import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { readEnvironmentFile } from './environment-file.js';
import { processTerminal } from './terminal.js';
import { runCommandLine } from './run-command-line.js';

/** Sets the exit code and returns: the process ends when its streams have been written out. */
export async function main(argv: readonly string[]): Promise<void> {
  parseWithoutSecondCompiler();
  // The list of processes shows the words that we were started with, and a URL among them may hold a password.
  if (argv.some((word) => word.includes('://'))) process.title = 'lockstep';
  process.exitCode = await runCommandLine(argv, versionHere(), processTerminal(readEnvironmentFile('.env')));
}

/**
 * The grammar is WebAssembly, and V8 compiles its huge parser a second time after a few statements: 0.2 s of processor time, and
 * 40 MB with Node 20, 500 MB with Node 24, for what a command parses in milliseconds. Process-wide, so not for the library.
 */
function parseWithoutSecondCompiler(): void {
  setFlagsFromString('--no-wasm-tier-up');
  setFlagsFromString('--no-wasm-dynamic-tiering');
}

function versionHere(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return version;
}
