/** A session that others wait for, and how it is named to a person. Asking the server who it is belongs to `ask-server`. */
import { formatDuration } from '../kernel/duration.js';
import type { LockMode } from '../sql/lock-mode.js';

export interface Blocker {
  /** 0: a prepared transaction, which has no process. */
  readonly pid: number;
  /** Null: the role of the run may not see it. The same holds for what follows. */
  readonly role: string | null;
  /** Its `application_name`; empty where it gave none. */
  readonly application: string | null;
  /** `idle in transaction`, `active`; for a server process its kind: `autovacuum worker`. */
  readonly state: string | null;
  /** How long its transaction is open. */
  readonly openMs: number | null;
  /** Null: it waits ahead of us itself, or it is no lock on a relation that is waited for. */
  readonly holds: LockMode | null;
  readonly relation: string | null;
  /** The beginning of its last statement, without literals. */
  readonly query: string | null;
}

/** `pid 4711 (billing as app, idle in transaction since 3m12s) holds ACCESS SHARE on public.users: SELECT n FROM users` */
export function describeBlocker(blocker: Blocker): string {
  const { holds, relation, query } = blocker;
  const what = holds === null ? '' : ` holds ${holds}${relation === null ? '' : ` on ${relation}`}`;
  return `${nameBlocker(blocker)}${what}${query === null || query === '' ? '' : `: ${query}`}`;
}

/** `pid 4711 (billing as app, idle in transaction since 3m12s)` */
export function nameBlocker({ pid, role, application, state, openMs }: Blocker): string {
  const who = [application, role].filter((part) => part !== null && part !== '').join(' as ');
  const since = openMs === null ? '' : ` since ${formatDuration(coarse(openMs))}`;
  const does = state === null ? (since === '' ? '' : `open${since}`) : `${state}${since}`;
  const facts = [who, does].filter((part) => part !== '').join(', ');
  const name = pid === 0 ? 'a prepared transaction' : `pid ${pid}`;
  return facts === '' ? name : `${name} (${facts})`;
}

/** Whole seconds, and whole minutes from an hour on: two units say enough. */
function coarse(durationMs: number): number {
  const unit = durationMs >= 86_400_000 ? 3_600_000 : durationMs >= 3_600_000 ? 60_000 : 1_000;
  return Math.floor(durationMs / unit) * unit;
}
