/**
 * How long table locks were asked for and held, by the server's own log: of sessions that log how long each statement took
 * (`log_min_duration_statement = 0`). A line is written when its statement is done, with the time in milliseconds: so what
 * is said here is exact to one of them, and a little too long rather than too short, since COMMIT logs after it has let go.
 */
import type { LockMode } from '../src/sql/lock-mode.js';

/** Of one transaction that was committed. */
export interface HeldLock {
  readonly mode: LockMode;
  /** When the first attempt asked for it; milliseconds since 1970. */
  readonly askedAtMs: number;
  /** When the attempt that got it asked for it: from here on others queue behind it. */
  readonly queuedAtMs: number;
  readonly gotAtMs: number;
  readonly releasedAtMs: number;
  readonly attempts: number;
}

const STRONG = ['SHARE ROW EXCLUSIVE', 'EXCLUSIVE', 'ACCESS EXCLUSIVE'] as const;
const LINE = /^(\d+) (\d+\.\d+) LOG: +duration: ([\d.]+) ms +(?:statement|execute [^:]*): (.*)$/;
/** First comes the light lock, which keeps nobody out. */
const LIGHT = /^LOCK TABLE .* IN SHARE UPDATE EXCLUSIVE MODE$/;
const LOCK = new RegExp(`^LOCK TABLE .* IN (${STRONG.join('|')}) MODE$`);

export function heldLocks(log: string): readonly HeldLock[] {
  const held: HeldLock[] = [];
  let asked: { readonly atMs: number; readonly attempts: number } | undefined;
  const light = new Set<string>();
  const open = new Map<string, Pick<HeldLock, 'mode' | 'queuedAtMs' | 'gotAtMs'>>();
  for (const line of log.split('\n')) {
    const [, pid, seconds, took, sql] = LINE.exec(line) ?? [];
    if (pid === undefined || sql === undefined) continue;
    const atMs = Number(seconds) * 1000;
    const mode = LOCK.exec(sql)?.[1] as LockMode | undefined;
    if (LIGHT.test(sql)) {
      asked = { atMs: asked?.atMs ?? atMs, attempts: (asked?.attempts ?? 0) + 1 };
      light.add(pid);
    } else if (mode !== undefined) open.set(pid, { mode, queuedAtMs: atMs - Number(took), gotAtMs: atMs });
    else if (sql === 'ROLLBACK') {
      open.delete(pid);
      light.delete(pid);
    } else if (sql === 'COMMIT') {
      const lock = open.get(pid);
      open.delete(pid);
      // Where the light lock was all that was wanted, what comes next has not been asked for yet.
      if (light.delete(pid) && lock === undefined) asked = undefined;
      if (lock === undefined) continue;
      held.push({
        ...lock,
        askedAtMs: asked?.atMs ?? lock.queuedAtMs,
        attempts: asked?.attempts ?? 1,
        releasedAtMs: atMs,
      });
      asked = undefined;
    }
  }
  return held;
}
