/** The throttle of a run as this turn heeds it: without the signals that the operator said to ignore, which the trail keeps. */
import type { RunHandle } from '../executor/journal.js';
import type { Database } from '../executor/session.js';
import { createThrottle, type RunThrottle } from '../executor/throttle.js';
import type { Limits } from '../operation/operation-graph.js';
import { QUIET_HOURS, type ThrottleLimits } from '../operation/throttle.js';
import { recordIgnored } from '../postgres/journal/holds.js';

/** Undefined: nothing holds the run back. */
export async function runThrottle(
  { throttle }: Limits,
  ignored: readonly string[],
  parts: Parameters<typeof createThrottle>[1] & { readonly database: Database; readonly run: RunHandle },
): Promise<RunThrottle | undefined> {
  if (throttle === undefined) return undefined;
  const { signals, quietHours } = throttle;
  const heeded: ThrottleLimits = {
    signals: signals.filter(({ name }) => !ignored.includes(name)),
    quietHours: ignored.includes(QUIET_HOURS) ? null : quietHours,
  };
  const left = [
    ...signals.flatMap(({ name }) => (ignored.includes(name) ? [name] : [])),
    ...(heeded.quietHours === quietHours ? [] : [QUIET_HOURS]),
  ];
  if (left.length > 0) await parts.database.withSession((session) => recordIgnored(session, parts.run, left));
  return heeded.signals.length === 0 && heeded.quietHours === null ? undefined : createThrottle(heeded, parts);
}
