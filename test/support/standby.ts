/**
 * A streaming standby of a server of our own: a copy of its data directory that follows it. Owns the copy and its settings;
 * what is made of lag belongs to the tests.
 */
import { execFile } from 'node:child_process';
import { chown, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { nativeTree } from '../../src/postgres/server/native-tree.js';
import { reachableTemporaryFolder, serverAccount } from '../../src/postgres/server/server-account.js';
import {
  startKeptServer,
  startThrowawayServer,
  type ThrowawayServer,
} from '../../src/postgres/server/throwaway-server.js';
import { startWatchdog } from '../../src/postgres/server/watchdog.js';

/** Streams to standbys; autovacuum would write when nobody expects it. */
export function startPrimary(major: number, settings: Readonly<Record<string, string>> = {}): Promise<ThrowawayServer> {
  return startThrowawayServer({
    major,
    settings: { wal_level: 'logical', wal_keep_size: '256MB', autovacuum: 'off', ...settings },
  });
}

/** The primary is stopped while it is copied, and started again. `name` is what it is called in pg_stat_replication. */
export async function startStandby(primary: ThrowawayServer, name: string): Promise<ThrowawayServer> {
  const folder = await mkdtemp(join(await reachableTemporaryFolder(), 'lockstep-standby-'));
  const watchdog = startWatchdog(folder, (await nativeTree(primary.major)).program('pg_ctl'));
  await primary.stop('fast');
  await promisify(execFile)('cp', ['-a', dirname(primary.dataDirectory) + '/.', folder]);
  await primary.start();
  const signal = join(folder, 'data', 'standby.signal');
  await writeFile(signal, '');
  const account = serverAccount();
  if (account !== undefined) await chown(signal, account.uid, account.gid);
  const password = await readFile(join(folder, 'password'), 'utf8');
  const standby = await startKeptServer(folder, {
    major: primary.major,
    settings: {
      primary_conninfo: `host=127.0.0.1 port=${primary.port} user=postgres password=${password} application_name=${name}`,
    },
  });
  return {
    ...standby,
    async remove() {
      await standby.remove();
      watchdog.callOff();
    },
  };
}
