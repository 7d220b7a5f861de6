/** The throttle of a run in words: what holds it back, how near its signals are, what it has cost. */
import { showWindow } from '../kernel/daily-window.js';
import { formatDuration } from '../kernel/duration.js';
import { reasonToHold, showSignal, type ThrottleLimits } from '../operation/throttle.js';
import type { ThrottleReport } from '../postgres/journal/holds.js';
import { throttledShare, type ThrottleProgress } from '../report/throttle-progress.js';
import { printable } from './display-width.js';
import { showTime } from './show-amount.js';

/** `replication_lag ≤ 5 s`, `work is allowed 01:00–05:00 UTC` */
export function limitTexts({ signals, quietHours }: ThrottleLimits): readonly string[] {
  const each = signals.map(({ name, atMost, unit }) => {
    return `${name} ≤ ${unit === 'ms' ? formatDuration(atMost) : showSignal(atMost, unit)}`;
  });
  return [...each, ...(quietHours === null ? [] : [`work is allowed ${showWindow(quietHours)}`])];
}

/** `throttled 6 % · lag of standby r1 1.2 s of 5 s`; while it holds, only why. */
export function throttleText(throttle: ThrottleProgress, nowMs: number): string {
  const { signals, heldSinceMs } = throttle;
  const share = `${Math.round(throttledShare(throttle, nowMs) * 100)} %`;
  const facts =
    heldSinceMs === null
      ? [`throttled ${share}`, ...signals.map(({ reason }) => reason)]
      : [`held back for ${showTime(nowMs - heldSinceMs)}`, reasonToHold(signals), `throttled ${share}`];
  return printable(facts.join(' · '));
}

/** What the journal says of it, a line for each fact: `held back 3 times, 2m10s in all; last: lag of standby r1 6.3 s > 5 s`. */
export function heldTexts({ holds, heldMs, lastReason, stoppedBecause, heldSince }: ThrottleReport): readonly string[] {
  const times = `held back ${holds} ${holds === 1 ? 'time' : 'times'}, ${showTime(heldMs)} in all`;
  return [
    ...(stoppedBecause === null ? [] : [`stopped by the throttle: ${stoppedBecause}`]),
    ...(heldSince === null ? [] : [`throttled since ${heldSince.slice(11, 19)}Z: ${lastReason ?? ''}`]),
    ...(holds === 0 ? [] : [heldSince === null ? `${times}; last: ${lastReason ?? ''}` : `${times} before`]),
  ].map(printable);
}
