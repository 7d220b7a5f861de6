/**
 * The servers of a test run, found once for all files, and its folder. Owns the order of the search: the server that
 * LOCKSTEP_TEST_DATABASE_URL names, Docker, the binaries that npm ships. Databases belong to `database.ts`.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

import { PgDatabase } from '../../src/postgres/pg-database.js';
import { startThrowawayServer } from '../../src/postgres/server/throwaway-server.js';
import { MAJORS } from './majors.js';
import { tellProcessorSeconds } from './server-seconds.js';

/** What the test files get; URLs of a role that may create databases. */
export interface TestServers {
  /** For a file that names no version. */
  readonly defaultMajor: number;
  readonly urls: Readonly<Record<number, string>>;
  /** Why a version is missing. */
  readonly missing: Readonly<Record<number, string>>;
}

declare module 'vitest' {
  export interface ProvidedContext {
    readonly servers: TestServers;
    /** A folder for what outlives a test file; removed after the last one. */
    readonly scratch: string;
  }
}

interface FoundServer {
  readonly url: string;
  readonly from: string;
  readonly stop: () => Promise<unknown>;
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const scratch = await mkdtemp(join(tmpdir(), 'lockstep-tests-'));
  const named = await namedServer();
  const defaultMajor = named?.major ?? MAJORS[0]!;
  const engine = await dockerEngine();
  const found = new Map<number, FoundServer>();
  const missing: Record<number, string> = {};
  if (named !== undefined) found.set(named.major, named);
  await Promise.all(
    MAJORS.filter((major) => !found.has(major)).map(async (major) => {
      try {
        found.set(major, (engine ? await containerServer(major) : undefined) ?? (await npmServer(major)));
      } catch (error) {
        missing[major] = error instanceof Error ? error.message : String(error);
      }
    }),
  );
  const stop = async (): Promise<void> => {
    await Promise.all([...found.values()].map((server) => server.stop()));
    await rm(scratch, { recursive: true, force: true });
  };
  const lines = [...found].sort(([a], [b]) => b - a).map(([major, { from }]) => `${major} ${from}`);
  process.stderr.write(`PostgreSQL for these tests: ${lines.join(', ') || 'none'}\n`);
  if (!found.has(defaultMajor)) {
    await stop();
    throw new Error(`no PostgreSQL ${defaultMajor} for these tests: ${missing[defaultMajor]}`);
  }
  const urls = Object.fromEntries([...found].map(([major, { url }]) => [major, url]));
  project.provide('scratch', scratch);
  project.provide('servers', { defaultMajor, urls, missing });
  return stop;
}

async function namedServer(): Promise<(FoundServer & { readonly major: number }) | undefined> {
  const url = process.env['LOCKSTEP_TEST_DATABASE_URL'];
  if (url === undefined || url === '') return undefined;
  const database = new PgDatabase({ url });
  try {
    const { rows } = await database.withSession((session) =>
      session.query<{ version: number }>(`SELECT current_setting('server_version_num')::int / 10000 AS version`),
    );
    return {
      url,
      from: 'named by LOCKSTEP_TEST_DATABASE_URL',
      major: rows[0]!.version,
      stop: () => Promise.resolve(),
    };
  } finally {
    await database.close();
  }
}

/**
 * True where testcontainers finds an engine. Loading it costs more than a second, so it is not even asked where none of
 * the places that it looks at exists; a docker client without an engine is common.
 */
async function dockerEngine(): Promise<boolean> {
  const { env } = process;
  const places = [
    '/var/run/docker.sock',
    join(env['XDG_RUNTIME_DIR'] ?? '/run', 'docker.sock'),
    join(homedir(), '.docker/run/docker.sock'),
    join(homedir(), '.docker/desktop/docker.sock'),
    join(homedir(), '.testcontainers.properties'),
  ];
  const worthAsking = env['DOCKER_HOST'] !== undefined || process.platform === 'win32' || places.some(existsSync);
  if (!worthAsking) return false;
  const { getContainerRuntimeClient } = await import('testcontainers');
  const answer = getContainerRuntimeClient().then(
    () => true,
    () => false,
  );
  const silence = new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 2_000).unref());
  return Promise.race([answer, silence]);
}

/** Undefined where the image cannot be had, as on a machine without a registry. */
async function containerServer(major: number): Promise<FoundServer | undefined> {
  const { PostgreSqlContainer } = await import('@testcontainers/postgresql');
  try {
    const container = await new PostgreSqlContainer(`postgres:${major}-alpine`)
      .withEnvironment({ POSTGRES_INITDB_ARGS: '--locale=C --encoding=UTF8' })
      .withCommand(['postgres', '-c', 'fsync=off', '-c', 'timezone=UTC', '-c', 'max_connections=200'])
      .start();
    return { url: container.getConnectionUri(), from: 'in Docker', stop: () => container.stop() };
  } catch (error) {
    process.stderr.write(`Docker runs, but postgres:${major}-alpine does not start: ${String(error)}\n`);
    return undefined;
  }
}

async function npmServer(major: number): Promise<FoundServer> {
  const server = await startThrowawayServer({ major, settings: { max_connections: '200' } });
  const stop = (): Promise<void> => {
    tellProcessorSeconds(server.dataDirectory);
    return server.remove();
  };
  return { url: server.url, from: 'shipped by npm', stop };
}
