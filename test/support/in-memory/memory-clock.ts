/**
 * A clock that stands still while anything is at work, and jumps to the next alarm when all that is left is waiting. Nothing
 * in memory waits for input or output: once the microtasks have run out, whoever has not gone on waits for this clock.
 */
import type { Clock } from '../../../src/kernel/clock.js';

interface Sleeper {
  readonly atMs: number;
  readonly wake: () => void;
}

const NOON = Date.UTC(2026, 2, 1, 12);
/** Longer than any pause of a run; whoever is not done by then goes round in circles. */
const LONGEST_MS = 20 * 60_000;

export class MemoryClock implements Clock {
  /** Resolves when so much time has passed that the test has gone astray; the clock then stands still for good. */
  readonly overdue: Promise<void>;
  readonly #sleepers = new Set<Sleeper>();
  #nowMs = NOON;
  #overdueAtMs = NOON + LONGEST_MS;
  #isTurning = false;
  #tellOverdue: () => void = () => undefined;

  constructor() {
    this.overdue = new Promise((resolve) => (this.#tellOverdue = resolve));
  }

  now(): number {
    return this.#nowMs;
  }

  /** As if nothing had happened meanwhile: what was to ring in this time rings late. */
  pass(delayMs: number): void {
    this.#nowMs += delayMs;
    this.#overdueAtMs += delayMs;
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#sleepers.delete(sleeper);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      const sleeper: Sleeper = { atMs: this.#nowMs + delayMs, wake };
      this.#sleepers.add(sleeper);
      signal?.addEventListener('abort', wake);
      this.#turn();
    });
  }

  #turn(): void {
    if (this.#isTurning) return;
    this.#isTurning = true;
    setImmediate(() => {
      this.#isTurning = false;
      const [next] = [...this.#sleepers].sort((a, b) => a.atMs - b.atMs);
      if (next === undefined) return;
      if (next.atMs > this.#overdueAtMs) {
        this.#tellOverdue();
        return;
      }
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.wake();
      this.#turn();
    });
  }
}
