/** Finds the configuration file and reads it: the one that was named, else `lockstep.config.yaml` of the working directory. */
import { readConfiguration, type Configuration } from '../document/configuration.js';
import type { Outcome } from '../kernel/diagnostic.js';
import { commandDiagnostic } from './command-result.js';
import { readNamedFile } from './named-file.js';

export const CONFIGURATION_FILE = 'lockstep.config.yaml';

/** Null: there is none, and none was named. */
export async function openConfiguration(named?: string): Promise<Outcome<Configuration | null>> {
  const file = named ?? CONFIGURATION_FILE;
  const read = await readNamedFile(file);
  if (read.problem !== undefined) {
    if (named === undefined && read.problem === 'ENOENT') return { ok: true, value: null, diagnostics: [] };
    const detail = `\`${file}\` cannot be read (${read.problem}).`;
    return {
      ok: false,
      diagnostics: [commandDiagnostic('LS9017', { detail, help: 'name a configuration with --config FILE' })],
    };
  }
  return readConfiguration(file, read.text);
}
