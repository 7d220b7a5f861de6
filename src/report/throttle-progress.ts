/** What the throttle of a run has done in this process: a fold over its events. */
import type { RunEvent } from '../executor/run-event.js';
import type { SignalReading } from '../operation/throttle.js';

export interface ThrottleProgress {
  /** As they were read last. */
  readonly signals: readonly SignalReading[];
  /** When the first was read. */
  readonly beganAtMs: number;
  /** Of holds that have ended. */
  readonly heldMs: number;
  /** Null: nothing is held back now. */
  readonly heldSinceMs: number | null;
}

export function foldThrottle(
  before: ThrottleProgress | null,
  { held, signals }: Extract<RunEvent, { readonly type: 'throttle' }>,
  atMs: number,
): ThrottleProgress {
  const { beganAtMs = atMs, heldMs = 0, heldSinceMs = null } = before ?? {};
  if (held) return { signals, beganAtMs, heldMs, heldSinceMs: heldSinceMs ?? atMs };
  const ended = heldSinceMs === null ? 0 : atMs - heldSinceMs;
  return { signals, beganAtMs, heldMs: heldMs + ended, heldSinceMs: null };
}

/** Of the time since signals are read; from 0 to 1. */
export function throttledShare({ beganAtMs, heldMs, heldSinceMs }: ThrottleProgress, nowMs: number): number {
  const held = heldMs + (heldSinceMs === null ? 0 : nowMs - heldSinceMs);
  return nowMs <= beganAtMs ? 0 : Math.min(1, held / (nowMs - beganAtMs));
}
