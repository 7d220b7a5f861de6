/**
 * PgBouncer in transaction mode before a server, as many deployments have it: a session is only one for the time of a
 * transaction. On loopback, under the account of the test servers, in a folder of its own that goes with it.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { delimiter, join } from 'node:path';

import { systemClock } from '../../../src/kernel/clock.js';
import { PgDatabase } from '../../../src/postgres/pg-database.js';
import { reachableTemporaryFolder, serverAccount } from '../../../src/postgres/server/server-account.js';

export interface Pooler {
  readonly url: string;
  close(): Promise<void>;
}

/** Undefined where it is not installed. */
export function pgbouncer(): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  return folders.map((folder) => join(folder, 'pgbouncer')).find((file) => existsSync(file));
}

/** `url` names the database behind it. Four connections to the server for however many clients. */
export async function startTransactionPooler(
  program: string,
  url: string,
  mode: 'transaction' | 'session' = 'transaction',
): Promise<Pooler> {
  const target = new URL(url);
  const folder = await mkdtemp(join(await reachableTemporaryFolder(), 'lockstep-pooler-'));
  const port = await freePort();
  const [user, password] = [target.username, decodeURIComponent(target.password)];
  await writeFile(join(folder, 'users'), `"${user}" "${password}"\n`, { mode: 0o600 });
  await writeFile(
    join(folder, 'pgbouncer.ini'),
    `[databases]
* = host=${target.hostname} port=${target.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${join(folder, 'users')}
pool_mode = ${mode}
default_pool_size = 4
max_client_conn = 200
ignore_startup_parameters = extra_float_digits
logfile = ${join(folder, 'log')}
`,
    { mode: 0o600 },
  );
  const account = serverAccount();
  if (account !== undefined)
    for (const path of [folder, join(folder, 'users'), join(folder, 'pgbouncer.ini')])
      await chown(path, account.uid, account.gid);
  const child = spawn(program, ['-q', join(folder, 'pgbouncer.ini')], {
    stdio: 'ignore',
    ...(account !== undefined && { uid: account.uid, gid: account.gid }),
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const pooled = new URL(url);
  pooled.hostname = '127.0.0.1';
  pooled.port = String(port);
  await answers(pooled.href);
  return {
    url: pooled.href,
    async close() {
      child.kill('SIGKILL');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function answers(url: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    const database = new PgDatabase({ url, maxSessions: 1 });
    try {
      await database.withSession((session) => session.query('SELECT 1'));
      return;
    } catch (error) {
      if (tries === 50) throw error;
      await systemClock.sleep(100);
    } finally {
      await database.close();
    }
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}
