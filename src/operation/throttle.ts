/**
 * What holds a run back: signals of the server, each with the most that is allowed, and the hours in which work is allowed.
 * Frozen data, part of the graph's limits: shown, digested and approved with it. Owns the shapes and how a reading is put
 * into words; reading belongs to the executor, the SQL to `sql`.
 */
import { formatByteSize } from '../kernel/byte-size.js';
import type { DailyWindow } from '../kernel/daily-window.js';
import { formatDuration } from '../kernel/duration.js';

export const SIGNAL_NAMES = [
  'replication_lag',
  'slot_lag',
  'lock_waiters',
  'wal_archive_queue',
  'active_sessions',
  'dead_tuples',
  'query',
] as const;

export type SignalName = (typeof SIGNAL_NAMES)[number];

export const QUIET_HOURS = 'quiet_hours';

export interface ThrottleLimits {
  readonly signals: readonly ThrottleSignal[];
  /** When work is allowed; null: always. */
  readonly quietHours: DailyWindow | null;
}

export interface ThrottleSignal {
  readonly name: SignalName;
  /**
   * One statement. `value`: it returns one row, `value` (a number; NULL: it cannot be read) and `what` (whose value that
   * is; for NULL, why). `lag`: a row for each standby, for which the executor remembers what was written when.
   */
  readonly reads: 'value' | 'lag';
  readonly sql: string;
  readonly atMost: number;
  readonly unit: SignalUnit;
}

/** `count`: of sessions, files, rows. `number`: whatever a query of the plan returns. */
export type SignalUnit = 'ms' | 'bytes' | 'count' | 'number';

export interface SignalReading {
  readonly name: SignalName;
  /** Null: not known at this moment, which holds the run back too. */
  readonly value: number | null;
  readonly limit: number;
  readonly unit: SignalUnit;
  readonly over: boolean;
  /** `lag of standby r1 6.3 s > 5 s`, `lag of standby r1 1.2 s of 5 s` */
  readonly reason: string;
}

export function readingOf({ name, atMost, unit }: ThrottleSignal, what: string, value: number): SignalReading {
  const over = value > atMost;
  const reason = `${what} ${showSignal(value, unit)} ${over ? '>' : 'of'} ${showSignal(atMost, unit)}`;
  return { name, value, limit: atMost, unit, over, reason };
}

/** Why the run is held back, in one line. */
export function reasonToHold(signals: readonly SignalReading[]): string {
  return signals
    .filter(({ over }) => over)
    .map(({ reason }) => reason)
    .join('; ');
}

/** `6.3 s`, `1.2 GB`, `41` */
export function showSignal(value: number, unit: SignalUnit): string {
  switch (unit) {
    case 'ms':
      if (value < 1_000) return `${Math.max(0, Math.round(value))} ms`;
      return value < 60_000
        ? `${String(Math.round(value / 100) / 10)} s`
        : formatDuration(Math.round(value / 1000) * 1000);
    case 'bytes':
      return formatByteSize(Math.max(0, value));
    case 'count':
      return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',');
    case 'number':
      return String(value);
  }
}
