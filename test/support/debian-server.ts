/** A server of the packages of Debian, for extensions that npm does not ship. Owns its folder and its end. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { reachableTemporaryFolder, serverAccount } from '../../src/postgres/server/server-account.js';

const BIN = '/usr/lib/postgresql/15/bin';
const run = promisify(execFile);

/** Why there is none; undefined: there is. */
export const withoutRepack: string | undefined = existsSync(join(BIN, 'pg_repack'))
  ? undefined
  : `no ${join(BIN, 'pg_repack')}: install postgresql-15 and postgresql-15-repack`;

export interface DebianServer {
  readonly url: string;
  /** To its end; output is in what it throws. */
  readonly repack: (...options: readonly string[]) => Promise<unknown>;
  readonly remove: () => Promise<void>;
}

export async function startDebianServer(): Promise<DebianServer> {
  const folder = await mkdtemp(join(await reachableTemporaryFolder(), 'lockstep-debian-'));
  const account = serverAccount();
  if (account !== undefined) await chown(folder, account.uid, account.gid);
  const own = { ...account, cwd: folder };
  const data = join(folder, 'data');
  const port = await freePort();
  await run(join(BIN, 'initdb'), ['-D', data, '-U', 'postgres', '-A', 'trust', '-N', '--locale=C', '-E', 'UTF8'], own);
  const settings = `-p ${port} -k ${folder} -c listen_addresses=127.0.0.1 -c fsync=off`;
  await run(join(BIN, 'pg_ctl'), ['-D', data, '-w', '-l', join(folder, 'log'), '-o', settings, 'start'], own);
  return {
    url: `postgresql://postgres@127.0.0.1:${port}/postgres`,
    repack: (...options) =>
      run(join(BIN, 'pg_repack'), [
        '-h',
        '127.0.0.1',
        '-p',
        String(port),
        '-U',
        'postgres',
        '-d',
        'postgres',
        ...options,
      ]),
    remove: async () => {
      await run(join(BIN, 'pg_ctl'), ['-D', data, '-m', 'immediate', 'stop'], own);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
