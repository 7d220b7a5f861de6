/**
 * `.env` of the working directory. Owns reading it; nothing of it becomes a variable of this process. Somebody else may have
 * written it (the owner of a runner's folder, a pull request), so it is asked only for what it is for, connections and declared
 * params, and only where the environment itself says nothing.
 */
import { existsSync, realpathSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { MOST_BYTES, readRegular, reasonOf } from '../commands/named-file.js';

export interface EnvironmentFile {
  readonly values: Readonly<Record<string, string>>;
  /** Why it cannot be read, though it is there; then it says nothing. */
  readonly problem?: string;
}

export function readEnvironmentFile(file: string): EnvironmentFile {
  if (!existsSync(file)) return { values: {} };
  try {
    const read = readRegular(realpathSync(file), MOST_BYTES);
    if (read.problem !== undefined) return { values: {}, problem: read.problem };
    return { values: parseEnv(read.text) as Readonly<Record<string, string>> };
  } catch (error) {
    return { values: {}, problem: reasonOf(error) };
  }
}
