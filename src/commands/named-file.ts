/**
 * Files that are read because somebody named them. What a plan names was written by whoever wrote the plan, perhaps in a pull
 * request: its text may come from the plan's own repository only, whatever links lead elsewhere, and reading it neither hangs nor
 * fills the memory. What stands on the command line was typed by the user; but a link that the repository holds was not.
 */
import { closeSync, constants, existsSync, fstatSync, openSync, readSync, realpathSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, sep } from 'node:path';
import type { ReadInclude } from '../document/include-files.js';

export type TextRead = { readonly text: string; readonly problem?: undefined } | { readonly problem: string };

/** Of a plan, a configuration or a file of definitions, as the user named it. `problem` completes "… cannot be read (…)". */
export async function readNamedFile(file: string): Promise<TextRead> {
  try {
    const top = repositoryOf(realpathSync(dirname(file)));
    // A pipe of the shell (`<(…)`) stands in no repository.
    if (top === undefined) return { text: await readFile(file, 'utf8') };
    const real = realpathSync(file);
    const problem = leavesRepository(real, top);
    return problem === undefined ? readRegular(real) : { problem };
  } catch (error) {
    return { problem: reasonOf(error) };
  }
}

/** Of the files that this plan names, from its folder. */
export function readBeside(plan: string): ReadInclude {
  return (path) => {
    const name = join(dirname(plan), path);
    try {
      const folder = realpathSync(dirname(plan));
      const real = realpathSync(join(folder, path));
      const problem = leavesRepository(real, repositoryOf(folder) ?? folder) ?? hiddenName(real);
      const read = problem === undefined ? readRegular(real, MOST_BYTES) : { problem };
      return read.problem === undefined ? { name, text: read.text } : { problem: read.problem };
    } catch (error) {
      return { problem: reasonOf(error) };
    }
  };
}

/** What a plan names is SQL that people review, and `.env` small. */
export const MOST_BYTES = 1_048_576;

/** `real` has no link in it any more, and none is followed that came in the meantime. A pipe does not hang. */
export function readRegular(real: string, mostBytes = Number.MAX_SAFE_INTEGER): TextRead {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants as Readonly<Record<string, number | undefined>>;
  const file = openSync(real, (O_RDONLY ?? 0) | (O_NOFOLLOW ?? 0) | (O_NONBLOCK ?? 0));
  try {
    const found = fstatSync(file);
    if (!found.isFile()) return { problem: 'it is no regular file' };
    if (found.size > mostBytes) return { problem: `it has more than ${mostBytes / 1_048_576} MiB` };
    const bytes = Buffer.alloc(found.size);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read)
      read = readSync(file, bytes, length, bytes.length - length, null);
    return { text: bytes.toString('utf8', 0, length) };
  } finally {
    closeSync(file);
  }
}

export function reasonOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'it cannot be opened';
}

/** The nearest folder above that git calls one: `.git` is a file in a worktree or a submodule. */
function repositoryOf(folder: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return at;
    if (dirname(at) === at) return undefined;
  }
}

function leavesRepository(real: string, top: string): string | undefined {
  const path = relative(top, real);
  const parts = path.split(sep);
  if (isAbsolute(path) || parts[0] === '..') return `it lies outside of ${top}`;
  // The credentials that a CI job fetched with stand there, in `config`.
  return parts.some((part) => part.toLowerCase() === '.git') ? 'it belongs to git' : undefined;
}

function hiddenName(real: string): string | undefined {
  return basename(real).startsWith('.')
    ? 'its name begins with a dot: such files hold settings and secrets'
    : undefined;
}
