/**
 * A span of every day on the clock of a time zone: `01:00` to `05:00` in Europe/Berlin. Owns whether a moment lies in it,
 * when it opens next, days with 23 and 25 hours included (the clock on the wall decides, not a number of hours), and how
 * both are told.
 */
export interface DailyWindow {
  /** `HH:MM`; itself inside. */
  readonly from: string;
  /** `HH:MM`; itself outside. Before `from`: the window goes over midnight. */
  readonly to: string;
  /** By its IANA name. */
  readonly timeZone: string;
}

export const TIME_OF_DAY_PATTERN = '^([01]\\d|2[0-3]):[0-5]\\d$';

export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    // Offsets are times without a zone: they know no summer.
    return !/^[+-]/.test(name);
  } catch {
    return false;
  }
}

export function isInWindow(window: DailyWindow, atMs: number): boolean {
  return isOpenAt(window, wallClock(window.timeZone)(atMs));
}

/** The next full minute, from the moment on, at which the window is open; milliseconds since the epoch. */
export function nextOpening(window: DailyWindow, fromMs: number): number {
  const clock = wallClock(window.timeZone);
  const first = Math.ceil(fromMs / MINUTE_MS) * MINUTE_MS;
  // Where a clock is set forward a short window may not exist on one day.
  for (let minute = 0; minute < 3 * 24 * 60; minute++) {
    const atMs = first + minute * MINUTE_MS;
    if (isOpenAt(window, clock(atMs))) return atMs;
  }
  throw new RangeError(`no moment of three days lies between ${window.from} and ${window.to} in ${window.timeZone}`);
}

/** `01:00–05:00 Europe/Berlin` */
export function showWindow({ from, to, timeZone }: DailyWindow): string {
  return `${from}–${to} ${timeZone}`;
}

/** When it is open next, from the moment on: `2026-01-11 00:00Z (2026-01-11 01:00 Europe/Berlin)`. */
export function showNextOpening(window: DailyWindow, fromMs: number): string {
  const atMs = nextOpening(window, fromMs);
  const inUtc = `${showMinute('UTC', atMs)}Z`;
  return window.timeZone === 'UTC' ? inUtc : `${inUtc} (${showMinute(window.timeZone, atMs)} ${window.timeZone})`;
}

const MINUTE_MS = 60_000;

/** Times of one form compare as text. */
function isOpenAt({ from, to }: DailyWindow, time: string): boolean {
  return from < to ? from <= time && time < to : time >= from || time < to;
}

/** `HH:MM` at a moment. */
function wallClock(timeZone: string): (atMs: number) => string {
  const format = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  return (atMs) => format.format(atMs);
}

/** `2026-01-11 01:00` on that clock. */
function showMinute(timeZone: string, atMs: number): string {
  const format = new Intl.DateTimeFormat('en', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' });
  const parts = new Map(format.formatToParts(atMs).map(({ type, value }) => [type, value]));
  return `${parts.get('year')}-${parts.get('month')}-${parts.get('day')} ${wallClock(timeZone)(atMs)}`;
}
