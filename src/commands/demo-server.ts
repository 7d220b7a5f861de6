/**
 * The demo's server and its database. Owns the folder, which outlives a killed lockstep so that the next `demo` finds it;
 * that one process at a time works on it; and that the server stops when the last one lets go. What is run on it belongs to
 * `demo.ts`.
 */
import { lstat, rm } from 'node:fs/promises';
import { join } from 'node:path';

import type { Database, Session } from '../executor/session.js';
import { systemClock } from '../kernel/clock.js';
import { urlOfDatabase } from '../postgres/connection.js';
import { PgDatabase } from '../postgres/pg-database.js';
import { reachableTemporaryFolder, serverAccount } from '../postgres/server/server-account.js';
import { ServerUnavailableError } from '../postgres/server/server-unavailable-error.js';
import { startKeptServer } from '../postgres/server/throwaway-server.js';
import { EXIT, refusal, type CommandResult } from './command-result.js';

export interface DemoServer {
  /** The server's major version: 18. */
  readonly major: number;
  /** The demo's own database; undefined where there is none. */
  database(): Promise<Database | undefined>;
  /** An empty one in its place. */
  newDatabase(): Promise<Database>;
}

const DATABASE = 'demo';

/** One folder per account: two people on one machine have two demos. */
export async function demoFolder(): Promise<string> {
  return join(await reachableTemporaryFolder(), `lockstep-demo-${process.getuid?.() ?? 0}`);
}

/** Rejects with a ServerUnavailableError where somebody else made that folder: we would run what it holds. */
export async function demoExists(folder: string): Promise<boolean> {
  const found = await lstat(folder).catch(() => undefined);
  if (found === undefined) return false;
  const owners = [process.getuid?.(), serverAccount()?.uid];
  if (!found.isDirectory() || (process.getuid !== undefined && !owners.includes(found.uid))) {
    throw new ServerUnavailableError(
      `${folder} is not a folder of this account`,
      'Remove it, or set TMPDIR to another folder for temporary files.',
    );
  }
  return true;
}

/**
 * Calls `work` with the running server, and stops it afterwards; its data stays. Another demo at work is refused, and its
 * server left alone; with `beside` it is only looked at.
 */
export async function withDemoServer<Report>(
  folder: string,
  { beside }: { readonly beside: boolean },
  work: (server: DemoServer) => Promise<CommandResult<Report>>,
): Promise<CommandResult<Report>> {
  await demoExists(folder);
  const server = await startKeptServer(folder, { settings: SETTINGS });
  const maintenance = new PgDatabase({ url: server.url, maxSessions: 2 });
  const opened: PgDatabase[] = [];
  const open = (): PgDatabase => {
    const database = new PgDatabase({ url: urlOfDatabase(server.url, DATABASE) });
    opened.push(database);
    return database;
  };
  try {
    return await maintenance.withSession(async (session) => {
      const ours = await takesLock(session);
      if (!ours && !beside) {
        return refusal(EXIT.heldByAnother, 'LS9006', {
          detail: 'Another `lockstep demo` is at work.',
          help: 'wait for it, or look at it with `lockstep demo status`',
        });
      }
      try {
        return await work({
          major: server.major,
          database: async () => ((await hasDatabase(session)) ? open() : undefined),
          newDatabase: async () => {
            await session.query(`DROP DATABASE IF EXISTS ${DATABASE} WITH (FORCE)`);
            await session.query(`CREATE DATABASE ${DATABASE} TEMPLATE template0`);
            return open();
          },
        });
      } finally {
        await Promise.all(opened.map((database) => database.close()));
        // While the lock is held: nobody else can be at work on a server that is about to stop.
        if (ours) await server.stop('fast');
      }
    });
  } finally {
    await maintenance.close();
  }
}

/** Stops the server and removes its folder. Data that no server can open any more is removed all the same. */
export async function removeDemo(folder: string): Promise<CommandResult<never>> {
  const removed: CommandResult<never> = { exit: EXIT.done, report: null, diagnostics: [], next: [] };
  if (!(await demoExists(folder))) return removed;
  try {
    const stopped = await withDemoServer(folder, { beside: false }, () => Promise.resolve(removed));
    if (stopped.exit !== EXIT.done) return stopped;
  } catch (error) {
    if (!(error instanceof ServerUnavailableError)) throw error;
  }
  await rm(folder, { recursive: true, force: true });
  return removed;
}

/** Big loads without a checkpoint in the middle. */
const SETTINGS = { max_wal_size: '4GB', shared_buffers: '256MB' } as const;

/** Any number that nobody else uses in a server of our own. */
const LOCK = 7_301_992;
const LOCK_TRIES = 10;
const LOCK_PAUSE_MS = 200;

/** The server needs a moment to notice that the one before was killed. */
async function takesLock(session: Session): Promise<boolean> {
  for (let tries = 1; ; tries++) {
    const { rows } = await session.query<{ taken: boolean }>(`SELECT pg_try_advisory_lock(${LOCK}) AS taken`);
    if (rows[0]!.taken || tries === LOCK_TRIES) return rows[0]!.taken;
    await systemClock.sleep(LOCK_PAUSE_MS);
  }
}

async function hasDatabase(session: Session): Promise<boolean> {
  const { rows } = await session.query('SELECT FROM pg_database WHERE datname = $1', [DATABASE]);
  return rows.length > 0;
}
