/**
 * The account that server processes run as. Owns the one question "can that account get at this path"; which paths are
 * asked about belongs to the callers.
 */
import { readFileSync } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, resolve } from 'node:path';

import { ServerUnavailableError } from './server-unavailable-error.js';

export interface ServerAccount {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Undefined: run as whoever we are. Postgres refuses to run as root, because COPY … PROGRAM would be a root shell. As root
 * it is `nobody`, or else the first account that is not root: initdb insists on an entry in /etc/passwd.
 */
export function serverAccount(): ServerAccount | undefined {
  if (process.getuid?.() !== 0) return undefined;
  asRoot ??= unprivilegedAccount();
  return asRoot;
}

let asRoot: ServerAccount | undefined;

function unprivilegedAccount(): ServerAccount {
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .map(([name, , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }))
    // macOS numbers its `nobody` -2.
    .filter(({ uid, gid }) => uid > 0 && gid > 0);
  const chosen = accounts.find(({ name }) => name === 'nobody') ?? accounts[0];
  if (chosen === undefined) {
    throw new ServerUnavailableError(
      'PostgreSQL does not run as root, and /etc/passwd knows no other account',
      'Run as an ordinary user, or add an account for it.',
    );
  }
  return { uid: chosen.uid, gid: chosen.gid };
}

/** True where every folder from the root down to `path` lets others through: what an unprivileged account needs. */
export async function isOpenToOthers(path: string): Promise<boolean> {
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    const found = await stat(folder).catch(() => undefined);
    if (found !== undefined && found.isDirectory() && (found.mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

/**
 * A folder for temporary files that the server account reaches too. `TMPDIR` is often a private folder of root.
 * Throws a ServerUnavailableError where there is none.
 */
export async function reachableTemporaryFolder(): Promise<string> {
  if (serverAccount() === undefined) return tmpdir();
  for (const folder of [tmpdir(), '/tmp', '/var/tmp']) {
    const exists = await access(folder).then(
      () => true,
      () => false,
    );
    if (exists && (await isOpenToOthers(folder))) return folder;
  }
  throw new ServerUnavailableError(
    'every temporary folder is closed to other accounts, and PostgreSQL does not run as root',
    'Set TMPDIR to a folder that every account can enter, or run as an ordinary user.',
  );
}
