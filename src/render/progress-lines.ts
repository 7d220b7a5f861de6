/**
 * Progress where nothing can be redrawn (a log, CI): a line per change of state, and now and then one that says how far the
 * batches are. One `key=value` per fact, so that a log can be searched. When a line is due belongs to the caller.
 */
import { describeBlocker } from '../executor/blocker.js';
import type { RunEvent } from '../executor/run-event.js';
import { NO_COUNTS } from '../executor/run-types.js';
import { describeAnswer } from '../operation/check-query.js';
import { reasonToHold } from '../operation/throttle.js';
import type { OperationProgress, RunProgress } from '../report/run-progress.js';
import { rateOf, shareDone, timeLeftMs } from '../report/run-progress.js';
import { printable } from './display-width.js';
import { showClock, showShare, showTime } from './show-amount.js';

/** One line without a line feed; null for an event that changes no state. */
export function stateLine(event: RunEvent, progress: RunProgress, atMs: number): string | null {
  if (event.type === 'progress' || event.type === 'watch' || event.type === 'throttle') return null;
  const operation = progress.operations.find(({ id }) => id === event.operation);
  const parts = [
    showClock(atMs),
    `step=${word(event.step === '' ? 'conditions' : event.step)}`,
    `operation=${word(event.operation)}`,
  ];
  if (event.type === 'retry') {
    parts.push('state=retrying', `try=${event.tries}`, `pause=${event.pauseMs}ms`, `reason=${quoted(event.reason)}`);
    return parts.join(' ');
  }
  if (event.type === 'set aside') {
    const [key, standing] = [event.key.join(', '), `${event.standing}/${event.quarantine}`];
    parts.push('state=row-set-aside', `key=${word(key)}`, `standing=${standing}`, `reason=${quoted(event.reason)}`);
    return parts.join(' ');
  }
  parts.push(`state=${word(event.to.replaceAll(' ', '-'))}`);
  const { outcome } = event;
  const { counts, answer, error, reason, until = [] } = outcome ?? {};
  if (counts !== undefined)
    parts.push(`rows=${counts.read}`, `written=${counts.changed}`, `skipped=${counts.skipped}`, `kept=${counts.kept}`);
  if (counts !== undefined && counts.quarantined > 0) parts.push(`set-aside=${counts.quarantined}`);
  if (answer !== undefined) parts.push(`violations=${answer.violations}`);
  for (const { name, answer: said } of until) parts.push(`check=${quoted(`${name}: ${describeAnswer(said)}`)}`);
  if (operation?.startedAtMs !== null && operation !== undefined && event.to !== 'running')
    parts.push(`time=${showTime(atMs - operation.startedAtMs).replaceAll(' ', '')}`);
  if (reason !== undefined) parts.push(`reason=${quoted(reason)}`);
  if (error !== undefined) parts.push(`error=${quoted(error.message)}`);
  return parts.join(' ');
}

/** How far a build is, and for whom a statement waits. */
export function watchLine(event: Extract<RunEvent, { type: 'watch' }>, atMs: number): string {
  const { build, blockers } = event;
  const parts = [showClock(atMs), `step=${word(event.step)}`, `operation=${word(event.operation)}`];
  parts.push(`state=${blockers.length > 0 ? 'waiting-for-others' : build === null ? 'running' : 'building'}`);
  if (build !== null)
    parts.push(`phase=${quoted(build.phase)}`, ...(build.share === null ? [] : [showShare(build.share)]));
  if (blockers.length > 0) parts.push(`reason=${quoted(blockers.map(describeBlocker).join('; '))}`);
  return parts.join(' ');
}

/** One line for all batch operations under way; null where there are none. */
export function progressLine(progress: RunProgress, atMs: number): string | null {
  const running = progress.operations.filter(({ kind, state }) => kind === 'batch' && state === 'running');
  if (running.length === 0) return null;
  const steps = [...new Set(running.map(({ step }) => step))].join(',');
  const parts = [showClock(atMs), `step=${word(steps)}`, 'state=running'];
  const share = shareOfAll(running);
  if (share !== null) parts.push(showShare(share));
  parts.push(`rows=${running.reduce((sum, { counts }) => sum + (counts?.read ?? 0), 0)}`);
  const rates = running.flatMap((operation) => rateOf(operation, atMs) ?? []);
  if (rates.length > 0) parts.push(`rate=${Math.round(rates.reduce((sum, rate) => sum + rate, 0))}/s`);
  const left = running.map((operation) => timeLeftMs(operation, atMs, progress.throttle));
  if (left.every((each) => each !== null)) parts.push(`eta=${showTime(Math.max(...left)).replaceAll(' ', '')}`);
  if (running.length > 1) parts.push(`operations=${running.length}`);
  return parts.join(' ');
}

/** That work is held back and why, or that it goes on; with signals over their limits it is the stop that ends a hold; null before signals were read. */
export function throttleLine({ operations, throttle }: RunProgress, atMs: number): string | null {
  if (throttle === null) return null;
  const { signals, heldSinceMs } = throttle;
  const running = operations.filter(({ state }) => state === 'running');
  const steps = [...new Set(running.map(({ step }) => step))].join(',');
  const parts = [showClock(atMs), ...(steps === '' ? [] : [`step=${word(steps)}`])];
  const over = reasonToHold(signals);
  parts.push(`state=${heldSinceMs !== null ? 'throttled' : over === '' ? 'running' : 'stopping'}`);
  const reason = over === '' ? signals.map((signal) => signal.reason).join('; ') : over;
  parts.push(`reason=${quoted(reason)}`);
  const batches = running.filter(({ kind }) => kind === 'batch');
  const share = batches.length === 0 ? null : shareOfAll(batches);
  return [...parts, ...(share === null ? [] : [showShare(share)])].join(' ');
}

/** Null where one of them has no estimate. */
function shareOfAll(running: readonly OperationProgress[]): number | null {
  const estimates = running.map(({ estimate }) => estimate);
  if (!estimates.every((estimate) => estimate !== null)) return null;
  const [estimate, read] = [sum(estimates), sum(running.map(({ counts }) => counts?.read ?? 0))];
  return shareDone({ counts: { ...NO_COUNTS, read }, estimate });
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

function word(text: string): string {
  return /^[\w./@,-]+$/.test(text) ? text : quoted(text);
}

function quoted(text: string): string {
  return JSON.stringify(printable(text.replaceAll(/\s+/g, ' ')));
}
