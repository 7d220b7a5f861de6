/**
 * Tells of a run while it runs: redrawn on a terminal, in lines elsewhere, as events for programs. Owns when something is
 * written and where the cursor stands; the text belongs to `render`.
 */
import type { RunEvent } from '../executor/run-event.js';
import type { Clock } from '../kernel/clock.js';
import type { OperationGraph } from '../operation/operation-graph.js';
import { jsonEvent } from '../render/json-document.js';
import { progressLine, stateLine, throttleLine, watchLine } from '../render/progress-lines.js';
import { renderScreen, settledLine } from '../render/progress-screen.js';
import type { Estimates } from '../report/plan-report.js';
import { beginProgress, foldEvent, withEstimates, type RunProgress } from '../report/run-progress.js';
import { viewOf } from './deliver.js';
import type { Terminal } from './terminal.js';

export interface ProgressWriter {
  readonly begin: (graph: OperationGraph, estimates: Estimates) => void;
  /** Estimates that came later. */
  readonly learn: (estimates: Estimates) => void;
  readonly observe: (event: RunEvent) => void;
  /** Takes what is redrawn off the screen, for a line of somebody else. */
  readonly pause: () => void;
  /** Leaves nothing on the screen that is redrawn. Nothing is written after it. */
  readonly end: () => void;
}

export function progressWriter(
  terminal: Terminal,
  clock: Clock,
  { asEvents }: { readonly asEvents: boolean },
): ProgressWriter {
  let progress: RunProgress = { operations: [], throttle: null };
  const sink = asEvents
    ? eventSink(terminal, clock)
    : canRedraw(terminal)
      ? screenSink(terminal, clock)
      : lineSink(terminal, clock);
  let ended = false;
  return {
    begin(graph, estimates) {
      progress = beginProgress(graph, estimates);
    },
    learn(estimates) {
      progress = withEstimates(progress, estimates);
    },
    observe(event) {
      if (ended) return;
      progress = foldEvent(progress, event, clock.now());
      sink.tell(event, progress);
    },
    pause: () => sink.pause(),
    end() {
      ended = true;
      sink.end();
    },
  };
}

interface Sink {
  readonly tell: (event: RunEvent, progress: RunProgress) => void;
  readonly pause: () => void;
  readonly end: () => void;
}

/** Logs keep every byte: there a screen that is redrawn is noise. */
function canRedraw({ err, env }: Terminal): boolean {
  const inCi = (env.CI ?? '') !== '' && env.CI !== 'false';
  return err.isTty && env.TERM !== 'dumb' && !inCi;
}

function eventSink({ out }: Terminal, clock: Clock): Sink {
  const throttled = throttledNowAndThen();
  return {
    tell(event) {
      const now = clock.now();
      if (event.type !== 'throttle' || throttled(event, now)) out.write(jsonEvent(event, now));
    },
    pause: () => undefined,
    end: () => undefined,
  };
}

const LINE_EVERY_MS = 10_000;

function lineSink({ err }: Terminal, clock: Clock): Sink {
  let lastAtMs = clock.now();
  const watched = watchedInLines();
  const throttled = throttledNowAndThen();
  let wasHeld = false;
  return {
    tell(event, progress) {
      const now = clock.now();
      if (event.type === 'watch') {
        if (watched(event, now)) err.write(`${watchLine(event, now)}\n`);
        return;
      }
      if (event.type === 'throttle') {
        // Signals that hold nothing back are worth no line, but that they have ceased to.
        const line = throttled(event, now) && (event.held || wasHeld) ? throttleLine(progress, now) : null;
        if (line !== null) err.write(`${line}\n`);
        wasHeld = event.held;
        return;
      }
      const line = stateLine(event, progress, now);
      if (line !== null) err.write(`${line}\n`);
      if (event.type !== 'progress' || now - lastAtMs < LINE_EVERY_MS) return;
      lastAtMs = now;
      const soFar = progressLine(progress, now);
      if (soFar !== null) err.write(`${soFar}\n`);
    },
    pause: () => undefined,
    end: () => undefined,
  };
}

/** Signals are read every second: told when they begin or cease to hold the run back, and else every ten. */
function throttledNowAndThen(): (event: Extract<RunEvent, { type: 'throttle' }>, nowMs: number) => boolean {
  let last: { readonly held: boolean; readonly atMs: number } | undefined;
  return ({ held }, nowMs) => {
    if (last?.held === held && nowMs - last.atMs < LINE_EVERY_MS) return false;
    last = { held, atMs: nowMs };
    return true;
  };
}

/** Whether it is worth a line: something else than before is waited for or done, or the last line is some time ago. */
function watchedInLines(): (event: Extract<RunEvent, { type: 'watch' }>, nowMs: number) => boolean {
  const told = new Map<string, { readonly what: string; readonly atMs: number }>();
  return ({ operation, build, blockers }, nowMs) => {
    const what = JSON.stringify([build?.phase, blockers.map(({ pid }) => pid)]);
    const last = told.get(operation);
    if (last?.what === what && nowMs - last.atMs < LINE_EVERY_MS) return false;
    told.set(operation, { what, atMs: nowMs });
    return true;
  };
}

const REDRAW_EVERY_MS = 125;

function screenSink(terminal: Terminal, clock: Clock): Sink {
  const { err } = terminal;
  let latest: RunProgress = { operations: [], throttle: null };
  let drawn = 0;
  const clear = (): string => (drawn === 0 ? '' : `\u001b[${drawn}A\u001b[0J`);
  const draw = (above: string): void => {
    const { width, height } = err.size();
    const view = { ...viewOf(err, terminal), width: width - 1, height: Math.max(2, height - 2) };
    const lines = renderScreen(latest, clock.now(), view);
    err.write(clear() + above + lines.map((line) => `${line}\n`).join(''));
    drawn = lines.length;
  };
  const pause = (): void => {
    err.write(clear());
    drawn = 0;
  };
  const timer = setInterval(() => draw(''), REDRAW_EVERY_MS);
  timer.unref();
  return {
    tell(event, progress) {
      latest = progress;
      const { width } = err.size();
      const line = settledLine(event, progress, clock.now(), { ...viewOf(err, terminal), width: width - 1 });
      if (line !== null) draw(`${line}\n`);
    },
    pause,
    end() {
      clearInterval(timer);
      pause();
    },
  };
}
