import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';

import { PgDatabase } from '../../../src/postgres/pg-database.js';
import { nativeTree } from '../../../src/postgres/server/native-tree.js';
import { reachableTemporaryFolder } from '../../../src/postgres/server/server-account.js';
import { ServerUnavailableError } from '../../../src/postgres/server/server-unavailable-error.js';
import { startKeptServer, startThrowawayServer } from '../../../src/postgres/server/throwaway-server.js';

describe('a throwaway server', () => {
  it.each([18, 15])('of major %i runs with the settings given, and remove leaves nothing', async (major) => {
    const server = await startThrowawayServer({ major, settings: { work_mem: '5MB', cluster_name: "it's" } });
    onTestFinished(() => server.remove());
    expect(server.major).toBe(major);
    const [facts] = await ask(
      server.url,
      `SELECT current_setting('server_version_num')::int / 10000 AS major, current_setting('work_mem') AS memory,
         current_setting('cluster_name') AS name, current_setting('data_directory') AS folder,
         current_setting('listen_addresses') AS addresses, current_setting('TimeZone') AS zone,
         upper('ß') || lower('Ä') AS cased, pg_encoding_to_char(encoding) AS encoding
       FROM pg_database WHERE datname = current_database()`,
    );
    expect(facts).toEqual({
      major,
      memory: '5MB',
      name: "it's",
      folder: server.dataDirectory,
      addresses: '127.0.0.1',
      zone: 'UTC',
      cased: major >= 17 ? 'ßä' : 'ßÄ',
      encoding: 'UTF8',
    });
    await server.remove();
    expect(existsSync(dirname(server.dataDirectory))).toBe(false);
    expect(await accepts('127.0.0.1', server.port)).toBe(false);
  });

  it('can be reached from this machine only, and its data by its account only', async () => {
    const server = await startThrowawayServer();
    onTestFinished(() => server.remove());
    expect(await accepts('127.0.0.1', server.port)).toBe(true);
    const outside = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
    for (const { address, internal } of outside) if (!internal) expect(await accepts(address, server.port)).toBe(false);
    const data = await stat(server.dataDirectory);
    expect(data.mode & 0o077).toBe(0);
    expect(data.uid).not.toBe(0);
    expect((await stat(join(dirname(server.dataDirectory), 'password'))).mode & 0o077).toBe(0);
  });

  it('comes back from a crash at the same address with everything that was committed', async () => {
    const server = await startThrowawayServer();
    onTestFinished(() => server.remove());
    await ask(server.url, 'CREATE TABLE item AS SELECT 1 AS id');
    await server.restart('immediate');
    expect(await ask(server.url, 'TABLE item')).toEqual([{ id: 1 }]);
    expect(await readFile(join(dirname(server.dataDirectory), 'server.log'), 'utf8')).toContain('was interrupted');
    await server.stop('fast');
    await server.stop('fast');
    expect(await accepts('127.0.0.1', server.port)).toBe(false);
    await server.start();
    expect(await ask(server.url, 'TABLE item')).toEqual([{ id: 1 }]);
  });

  it.skipIf(process.platform === 'win32')('ends with its starter, also after kill -9 and a restart', async () => {
    const starter = await startInProcess(
      `const server = await startThrowawayServer(); await server.restart('fast'); console.log(server.url, server.dataDirectory);`,
    );
    expect(await ask(starter.url, 'SELECT 1 AS n')).toEqual([{ n: 1 }]);
    await starter.kill();
    await until(() => Promise.resolve(!existsSync(dirname(starter.dataDirectory))));
    expect(await accepts('127.0.0.1', Number(new URL(starter.url).port))).toBe(false);
  });

  it('says what is missing and what to do, where a version is not installed', async () => {
    const error: unknown = await startThrowawayServer({ major: 9 }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ServerUnavailableError);
    expect((error as ServerUnavailableError).message).toContain('PostgreSQL 9');
    expect((error as ServerUnavailableError).remedy).toContain('npm install');
  });

  it('says why it did not start', async () => {
    const start = startThrowawayServer({ settings: { shared_buffers: 'many' } });
    await expect(start).rejects.toThrow(/invalid value for parameter "shared_buffers"/);
  });

  it('is the version that is installed', async () => {
    const tree = await nativeTree();
    expect(tree.version.startsWith(`${tree.major}.`)).toBe(true);
  });
});

describe('a kept server', () => {
  it('outlives its starter, holds none of its streams, and is found again by its folder', async () => {
    const folder = await mkdtemp(join(await reachableTemporaryFolder(), 'lockstep-kept-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const starter = await startInProcess(
      `const server = await startKeptServer(${JSON.stringify(folder)}); console.log(server.url, server.dataDirectory);`,
    );
    const startedAt = await ask(starter.url, 'SELECT pg_postmaster_start_time() AS at');
    // The streams close only when nobody holds them any more.
    await starter.kill();

    const found = await startKeptServer(folder);
    onTestFinished(() => found.remove());
    expect(found.url).toBe(starter.url);
    expect(await ask(found.url, 'SELECT pg_postmaster_start_time() AS at')).toEqual(startedAt);

    await ask(found.url, 'CREATE TABLE item AS SELECT 1 AS id');
    await found.stop('fast');
    const again = await startKeptServer(folder);
    expect(await ask(again.url, 'TABLE item')).toEqual([{ id: 1 }]);
    await again.remove();
    expect(existsSync(folder)).toBe(false);
  });

  it.skipIf(process.getuid?.() !== 0)('is refused in a folder that its account cannot enter', async () => {
    const closed = await mkdtemp(join(await reachableTemporaryFolder(), 'lockstep-closed-'));
    onTestFinished(() => rm(closed, { recursive: true, force: true }));
    await expect(startKeptServer(join(closed, 'server'))).rejects.toThrow(/cannot be entered by other accounts/);
  });
});

async function ask(url: string, sql: string): Promise<readonly unknown[]> {
  const database = new PgDatabase({ url });
  try {
    return (await database.withSession((session) => session.query(sql))).rows;
  } finally {
    await database.close();
  }
}

function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, host);
    socket.setTimeout(2_000, () => socket.destroy());
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false)).once('close', () => resolve(false));
  });
}

/** Another process that starts a server by our sources, says `url dataDirectory`, and then waits to be killed. */
async function startInProcess(
  script: string,
): Promise<{ readonly url: string; readonly dataDirectory: string; kill(): Promise<void> }> {
  const sources = fileURLToPath(new URL('../../../src/postgres/server/throwaway-server.ts', import.meta.url));
  const child = spawn(
    process.execPath,
    [
      ...['--input-type=module', '-e'],
      `import { runnerImport } from 'vite';
       const { startThrowawayServer, startKeptServer } = (await runnerImport(${JSON.stringify(sources)})).module;
       setInterval(() => {}, 1_000);
       ${script}`,
    ],
    { cwd: fileURLToPath(new URL('../../..', import.meta.url)), stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const lines = createInterface(child.stdout);
  const closed = once(child, 'close');
  const [line] = (await Promise.race([
    once(lines, 'line'),
    closed.then(() => Promise.reject(new Error('the starter ended early'))),
  ])) as [string];
  const [url, dataDirectory] = line.split(' ') as [string, string];
  return {
    url,
    dataDirectory,
    kill: async () => {
      child.kill('SIGKILL');
      await closed;
    },
  };
}

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    if (await isTrue()) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`never: ${isTrue.toString()}`);
}
