/**
 * `throttle` of a plan: what it may say, what it means in numbers, and what about it can be refused without a database. The
 * SQL of its signals belongs to the planner.
 */
import { BYTE_SIZE_PATTERN, parseByteSize } from '../kernel/byte-size.js';
import type { DailyWindow } from '../kernel/daily-window.js';
import type { Diagnostic } from '../kernel/diagnostic.js';
import { DURATION_PATTERN, parseDuration } from '../kernel/duration.js';
import { integer, object, sql, text, type JsonSchema } from '../kernel/json-schema.js';
import type { SignalName } from '../operation/throttle.js';
import { quietHoursProblems, quietHoursSchema, toWindow, type QuietHoursFields } from '../steps/quiet-hours.js';
import type { SourceDocument } from './source-document.js';

/** Durations in milliseconds, sizes in bytes. Only what is given. */
export interface PlanThrottle {
  readonly limits: Readonly<Partial<Record<Exclude<SignalName, 'query'>, number>>>;
  readonly query: { readonly sql: string; readonly at_most: number } | null;
  readonly quietHours: DailyWindow | null;
}

export interface RawThrottle {
  readonly replication_lag?: string;
  readonly slot_lag?: string;
  readonly lock_waiters?: number;
  readonly wal_archive_queue?: number;
  readonly active_sessions?: number;
  readonly dead_tuples?: number;
  readonly query?: { readonly sql: string; readonly at_most: number };
  readonly quiet_hours?: QuietHoursFields;
}

export function throttleSchema(): JsonSchema {
  return {
    ...object(
      'What holds the run back: no batch and no statement begins while one of these is above its limit. One that cannot be read stops the run.',
      {
        replication_lag: {
          ...text('how far the slowest streaming standby may be behind'),
          pattern: DURATION_PATTERN,
          'x-lockstep-pattern-hint': 'a number and a unit, largest first: `500ms`, `5s`, `1m30s`',
        },
        slot_lag: {
          ...text('how much write-ahead log a replication slot may hold back'),
          pattern: BYTE_SIZE_PATTERN,
          'x-lockstep-pattern-hint': 'a whole number and a unit: `512kB`, `64MB`, `1GB`',
        },
        lock_waiters: integer('how many sessions may wait for locks of this run', 0),
        wal_archive_queue: integer('how many files of write-ahead log may wait to be archived', 0),
        active_sessions: integer('how many sessions of others may be active on the server', 0),
        dead_tuples: integer('how many dead rows any table that the run writes may have', 0),
        query: object(
          'A number of your own.',
          {
            sql: sql('query', 'a SELECT that returns one number'),
            at_most: { type: 'number', description: 'the greatest that is allowed' },
          },
          ['sql', 'at_most'],
        ),
        quiet_hours: quietHoursSchema({
          description: 'When work is allowed; outside of these hours the run stops, and goes on by the next `apply`.',
          from: 'the time at which work may begin',
          to: 'the time from which nothing more begins',
        }),
      },
    ),
    minProperties: 1,
  };
}

export function toThrottle(raw: RawThrottle): PlanThrottle {
  const { replication_lag, slot_lag, query = null, quiet_hours, ...counts } = raw;
  return {
    limits: {
      ...(replication_lag !== undefined && { replication_lag: parseDuration(replication_lag)! }),
      ...(slot_lag !== undefined && { slot_lag: parseByteSize(slot_lag)! }),
      ...counts,
    },
    query,
    quietHours: quiet_hours === undefined ? null : toWindow(quiet_hours),
  };
}

export function checkThrottle({ quietHours }: PlanThrottle, source: SourceDocument): readonly Diagnostic[] {
  if (quietHours === null) return [];
  return quietHoursProblems(quietHours, (field) => source.spanOf(['throttle', 'quiet_hours', field]));
}
