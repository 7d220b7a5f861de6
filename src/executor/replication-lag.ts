/**
 * How far standbys are behind, by our own account. What the server says of replay lag is the last answer of a standby:
 * where the connection hangs, or nothing is sent that could be answered, it keeps saying what was true once. So we remember
 * how much had been written at which moment, and see how far each standby has come. By the clock of the server.
 */
import { readingOf, reasonToHold, showSignal, type SignalReading, type ThrottleSignal } from '../operation/throttle.js';

/** As `REPLICATION_LAG` returns it; bigint and numeric are text. */
export interface StandbyRow {
  readonly at_ms: string;
  readonly written: string;
  /** Standbys may share a name. */
  readonly standby: string;
  readonly connected: boolean;
  /** The role of the run may not see it. */
  readonly hidden: boolean;
  /** Null: it replays nothing, as a program that only receives the log. */
  readonly replayed: string | null;
  readonly told_ms: string | null;
}

export type LagAnswer = SignalReading | { readonly unreadable: string };

export interface ReplicationLag {
  judge(signal: ThrottleSignal, rows: readonly StandbyRow[]): LagAnswer;
}

/** A receiver that lost its connection comes back after `wal_retrieve_retry_interval`, five seconds unless set. */
const AWAY_MS = 15_000;

interface Sample {
  readonly atMs: number;
  readonly written: bigint;
}

export function replicationLag(): ReplicationLag {
  /** Ascending in both; one for each amount. */
  let samples: Sample[] = [];
  /** How many standbys of a name were there at most, and since when some are missing. */
  const known = new Map<string, { count: number; missingSinceMs: number | null }>();

  /** The most recent first: it is what a standby is held against. */
  const remember = (rows: readonly StandbyRow[]): Sample => {
    const now = { atMs: Number(rows[0]!.at_ms), written: BigInt(rows[0]!.written) };
    if (samples.at(-1)?.written !== now.written) samples.push(now);
    return now;
  };

  const missing = (there: readonly StandbyRow[], nowMs: number): readonly { name: string; forMs: number }[] => {
    for (const name of new Set(there.map(({ standby }) => standby)))
      if (!known.has(name)) known.set(name, { count: 0, missingSinceMs: null });
    return [...known].flatMap(([name, entry]) => {
      const count = there.filter(({ standby }) => standby === name).length;
      entry.count = Math.max(entry.count, count);
      entry.missingSinceMs = count === entry.count ? null : (entry.missingSinceMs ?? nowMs);
      return entry.missingSinceMs === null ? [] : [{ name, forMs: nowMs - entry.missingSinceMs }];
    });
  };

  /** Milliseconds; and whether it has replayed anything that was written since we look. */
  const lagOf = (
    { replayed, told_ms }: StandbyRow,
    now: Sample,
  ): { readonly ms: number; readonly isKnown: boolean } => {
    const position = BigInt(replayed!);
    // Everything is replayed: what it said of its lag last is over.
    if (position >= now.written) return { ms: 0, isKnown: true };
    const behind = samples.find(({ written }) => written > position)!;
    const ms = Math.max(now.atMs - behind.atMs, Number(told_ms ?? 0));
    return { ms, isKnown: position >= samples[0]!.written };
  };

  return {
    judge(signal, rows) {
      if (rows.some(({ hidden }) => hidden)) return { unreadable: 'the role of the run may not see the standbys' };
      const there = rows.filter(({ connected, replayed }) => connected && replayed !== null);
      const now = remember(rows);
      const away = missing(there, now.atMs);
      const gone = away.find(({ forMs }) => forMs >= AWAY_MS);
      if (gone !== undefined) return { unreadable: `standby ${gone.name} was there and is not connected any more` };
      if (there.length === 0 && away.length === 0) return { unreadable: 'no standby is connected' };
      const readings = [
        ...away.map(({ name, forMs }) =>
          unknown(signal, `standby ${name} is not connected, for ${showSignal(forMs, 'ms')}`),
        ),
        ...there.map((row) => {
          const { ms, isKnown } = lagOf(row, now);
          const reading = readingOf(signal, `lag of standby ${row.standby}`, ms);
          // Where it stood still before we came, its lag may be anything: it is known once it has come to where we began.
          return isKnown || reading.over ? reading : unknown(signal, notKnown(row.standby, ms, signal));
        }),
      ];
      forget(there);
      const over = readings.filter((reading) => reading.over);
      const worst = [...readings].sort((a, b) => (b.value ?? Infinity) - (a.value ?? Infinity))[0]!;
      return over.length === 0 ? worst : { ...over[0]!, value: worst.value, reason: reasonToHold(over) };
    },
  };

  /** What every standby has replayed but the latest of it, which says since when they have. */
  function forget(there: readonly StandbyRow[]): void {
    const least = there
      .map(({ replayed }) => BigInt(replayed!))
      .reduce((a, b) => (a < b ? a : b), samples.at(-1)!.written);
    const first = samples.findLastIndex(({ written }) => written <= least);
    if (first > 0) samples = samples.slice(first);
  }
}

function notKnown(standby: string, ms: number, { atMost }: ThrottleSignal): string {
  return `standby ${standby} has not come yet to where this run began: behind by at least ${showSignal(ms, 'ms')} of ${showSignal(atMost, 'ms')}`;
}

function unknown({ name, atMost, unit }: ThrottleSignal, reason: string): SignalReading {
  return { name, value: null, limit: atMost, unit, over: true, reason };
}
