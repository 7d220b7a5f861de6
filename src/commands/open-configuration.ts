/** Finds the configuration file and reads it: the one that was named, else `lockstep.config.yaml` of the working directory. */
import { readFile } from 'node:fs/promises';
import { readConfiguration, type Configuration } from '../document/configuration.js';
import type { Outcome } from '../kernel/diagnostic.js';
import { commandDiagnostic } from './command-result.js';

export const CONFIGURATION_FILE = 'lockstep.config.yaml';

/** Null: there is none, and none was named. */
export async function openConfiguration(named?: string): Promise<Outcome<Configuration | null>> {
  const file = named ?? CONFIGURATION_FILE;
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'it cannot be opened';
    if (named === undefined && reason === 'ENOENT') return { ok: true, value: null, diagnostics: [] };
    const told = { detail: `\`${file}\` cannot be read (${reason}).`, help: 'name a configuration with --config FILE' };
    return { ok: false, diagnostics: [commandDiagnostic('LS9017', told)] };
  }
  return readConfiguration(file, text);
}
