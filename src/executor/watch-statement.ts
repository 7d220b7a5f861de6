/** What is told of a statement without timeouts while it runs: how far it is, and for whom it waits. */
import { askBlockers } from './ask-blockers.js';
import { askBuild } from './ask-build.js';
import type { Execution } from './execution.js';
import type { Session } from './session.js';
import { whileWatched } from './while-watched.js';

const FIRST_MS = 300;
const EVERY_MS = 2_000;

/** `pid`: the server process that runs it. */
export function watchStatement<T>(
  execution: Execution,
  operation: { readonly id: string; readonly step: string },
  pid: number,
  work: () => Promise<T>,
): Promise<T> {
  const ask = tellerOf(execution, operation);
  return whileWatched(execution, work, {
    firstMs: FIRST_MS,
    everyMs: EVERY_MS,
    ask: (session) => ask(session, pid),
  });
}

/** Asks, and returns how to tell it. A wait that is over is told once; nothing to tell is not told. */
export function tellerOf(
  { observe }: Pick<Execution, 'observe'>,
  { id, step }: { readonly id: string; readonly step: string },
): (session: Session, pid: number) => Promise<() => void> {
  let waited = false;
  return async (session, pid) => {
    const blockers = await askBlockers(session, pid);
    const build = (await askBuild(session, pid)) ?? null;
    return () => {
      if (build !== null || blockers.length > 0 || waited) {
        observe({ type: 'watch', operation: id, step, build, blockers });
      }
      waited = blockers.length > 0;
    };
  };
}

export async function backendPid(session: Session): Promise<number> {
  const { rows } = await session.query<{ pid: number }>('SELECT pg_catalog.pg_backend_pid() AS pid');
  return rows[0]!.pid;
}
