/**
 * A PostgreSQL server of our own: for tests, rehearsals and the demo. Owns its folder, its settings, its life and its
 * end. It listens on loopback only, asks for a random password, and ends with our process even when that is killed.
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chown, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join, resolve } from 'node:path';

import { nativeTree, type NativeTree } from './native-tree.js';
import { runProgram } from './run-program.js';
import { isOpenToOthers, reachableTemporaryFolder, serverAccount } from './server-account.js';
import { ServerUnavailableError } from './server-unavailable-error.js';
import { startWatchdog, type Watchdog } from './watchdog.js';

/** As pg_ctl knows them: `fast` rolls back what is open, `immediate` is a crash with recovery at the next start. */
export type StopMode = 'fast' | 'immediate';

export interface ThrowawayServer {
  /** For the superuser `postgres` and the database of that name, with the password; the same after a restart. */
  readonly url: string;
  readonly port: number;
  /** The major version: 18. */
  readonly major: number;
  /** PGDATA. Copying it, while the server is stopped, makes another server. */
  readonly dataDirectory: string;
  /** Keeps the data: `start` goes on where it stopped. Does nothing where it does not run. */
  stop(mode: StopMode): Promise<void>;
  start(): Promise<void>;
  restart(mode: StopMode): Promise<void>;
  /** Stops it and deletes its folder. */
  remove(): Promise<void>;
}

export interface ThrowawayServerOptions {
  /** Default: the version that lockstep ships with. */
  readonly major?: number;
  /** postgresql.conf; the values without quotes. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Rejects with a ServerUnavailableError. Call `remove` in the end; where nobody does, our exit stops and deletes it. */
export async function startThrowawayServer(options: ThrowawayServerOptions = {}): Promise<ThrowawayServer> {
  const tree = await nativeTree(options.major);
  const folder = await mkdtemp(join(await reachableTemporaryFolder(), 'lockstep-server-'));
  await giveToServer(folder);
  const watchdog = startWatchdog(folder, tree.program('pg_ctl'));
  try {
    return await startIn(folder, tree, options, watchdog);
  } catch (error) {
    watchdog.callOff();
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/**
 * A server in a folder of its own that outlives us, for the demo: the next command finds it by its folder. Creates it,
 * starts it where it is stopped (then the settings are taken, and its port may be another), and leaves it alone where it
 * already runs.
 * Rejects with a ServerUnavailableError.
 */
export async function startKeptServer(path: string, options: ThrowawayServerOptions = {}): Promise<ThrowawayServer> {
  const folder = resolve(path);
  const tree = await nativeTree(options.major);
  await mkdir(folder, { recursive: true, mode: 0o755 });
  if (serverAccount() !== undefined && !(await isOpenToOthers(dirname(folder)))) {
    throw new ServerUnavailableError(
      `${dirname(folder)} cannot be entered by other accounts, and PostgreSQL does not run as root`,
      'Choose a folder that every account can enter, or run as an ordinary user.',
    );
  }
  await giveToServer(folder);
  return startIn(folder, tree, options, undefined);
}

async function startIn(
  folder: string,
  tree: NativeTree,
  options: ThrowawayServerOptions,
  watchdog: Watchdog | undefined,
): Promise<ThrowawayServer> {
  const dataDirectory = join(folder, 'data');
  const passwordFile = join(folder, 'password');
  const control = (...args: readonly string[]): ReturnType<typeof runProgram> =>
    runProgram(tree.program('pg_ctl'), ['-D', dataDirectory, ...args], { folder });
  const isRunning = async (): Promise<boolean> =>
    existsSync(join(dataDirectory, 'postmaster.pid')) && (await control('status')).exitCode === 0;

  const known = await readFile(passwordFile, 'utf8').catch(() => undefined);
  const password = known ?? (await createCluster(folder, dataDirectory, passwordFile, tree));
  let port = (await isRunning()) ? await portOf(dataDirectory) : undefined;
  if (port === undefined) {
    // Between asking for a free port and listening on it somebody else may take it.
    for (let attempt = 1; port === undefined; attempt++) {
      const free = await freePort();
      await writeSettings(dataDirectory, free, options.settings ?? {});
      const failure = await start(control, folder);
      if (failure === undefined) port = free;
      else if (attempt === 3 || !failure.message.includes('could not bind')) throw failure;
    }
  }

  const stop = async (mode: StopMode): Promise<void> => {
    if (!(await isRunning())) return;
    const { exitCode, output } = await control('stop', '-m', mode, '-w', '-t', '60');
    if (exitCode !== 0)
      throw new ServerUnavailableError(`the server did not stop: ${output}`, 'Look at its server.log.');
  };
  const startAgain = async (): Promise<void> => {
    const failure = await start(control, folder);
    if (failure !== undefined) throw failure;
  };
  return {
    url: `postgresql://postgres:${password}@127.0.0.1:${port}/postgres`,
    port,
    major: tree.major,
    dataDirectory,
    stop,
    start: startAgain,
    restart: async (mode) => {
      await stop(mode);
      await startAgain();
    },
    remove: async () => {
      await stop('fast');
      watchdog?.callOff();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The password; its file is written last and says that the cluster is whole. */
async function createCluster(
  folder: string,
  dataDirectory: string,
  passwordFile: string,
  tree: NativeTree,
): Promise<string> {
  const password = randomBytes(18).toString('hex');
  const draft = `${passwordFile}.new`;
  await writeFile(draft, password, { mode: 0o600 });
  await giveToServer(draft);
  await rm(dataDirectory, { recursive: true, force: true });
  const { exitCode, output } = await runProgram(
    tree.program('initdb'),
    [
      ...['-D', dataDirectory, '-U', 'postgres', '--pwfile', draft, '-A', 'scram-sha-256'],
      // Text compares by code point everywhere, so that a test means the same on every machine; from 17 on `lower`
      // and `upper` know more than ASCII.
      ...['-E', 'UTF8', '--locale=C'],
      ...(tree.major >= 17 ? ['--locale-provider=builtin', '--builtin-locale=C.UTF-8'] : []),
      ...['--no-sync', '--no-instructions'],
    ],
    { folder },
  );
  if (exitCode !== 0) {
    const remedy = output.includes('could not look up effective user')
      ? 'Add an entry for this user id to /etc/passwd: initdb asks for the name of its account.'
      : 'See its message above.';
    throw new ServerUnavailableError(`initdb failed: ${output}`, remedy);
  }
  const include = `include_if_exists = 'lockstep.conf'\n`;
  await writeFile(join(dataDirectory, 'postgresql.conf'), include, { flag: 'a' });
  await rm(passwordFile, { force: true });
  await writeFile(passwordFile, password, { mode: 0o600 });
  await giveToServer(passwordFile);
  await rm(draft);
  return password;
}

async function writeSettings(
  dataDirectory: string,
  port: number,
  given: Readonly<Record<string, string>>,
): Promise<void> {
  const settings = {
    timezone: 'UTC',
    log_timezone: 'UTC',
    // Nobody needs this data after a power cut; a killed server loses nothing by these.
    fsync: 'off',
    full_page_writes: 'off',
    ...given,
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`);
  const file = join(dataDirectory, 'lockstep.conf');
  await writeFile(file, lines.join(''), { mode: 0o600 });
  await giveToServer(file);
}

async function start(
  control: (...args: readonly string[]) => ReturnType<typeof runProgram>,
  folder: string,
): Promise<ServerUnavailableError | undefined> {
  const log = join(folder, 'server.log');
  const { exitCode, output } = await control('start', '-w', '-t', '60', '-l', log);
  if (exitCode === 0) return undefined;
  const tail = (await readFile(log, 'utf8').catch(() => '')).trimEnd().split('\n').slice(-5).join('\n');
  return new ServerUnavailableError(`PostgreSQL did not start: ${output}\n${tail}`, 'See its message above.');
}

/** The fourth line of postmaster.pid. */
async function portOf(dataDirectory: string): Promise<number> {
  return Number((await readFile(join(dataDirectory, 'postmaster.pid'), 'utf8')).split('\n')[3]);
}

async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

async function giveToServer(path: string): Promise<void> {
  const account = serverAccount();
  if (account !== undefined) await chown(path, account.uid, account.gid);
}
