/**
 * One SIGKILL at many boundaries: a process runs the plan in several databases at once, each is halted on the wire when it
 * has come to its boundary, and when all are, the process is killed. Starting a process costs more than a run.
 */
import { NAME, SET } from './reference-plan.js';
import type { PlanAction, WaitingProcess } from './start-plan-process.js';
import { startWireProxy, type Moment, type WireProxy } from './wire-proxy.js';

export interface Boundary {
  readonly statement: number;
  readonly moment: Moment;
}

export interface KillCase {
  readonly url: string;
  readonly boundary: Boundary;
}

export interface KilledTogether {
  /** For each case whether it was killed at its boundary: not where it had ended before, its workers meeting in another order. */
  readonly reached: readonly boolean[];
  /** How a run ended that was left alone and did not end well. */
  readonly untouched: readonly string[];
}

export async function killTogether(
  child: WaitingProcess,
  action: PlanAction,
  file: string,
  cases: readonly KillCase[],
): Promise<KilledTogether> {
  let kill: () => void = () => undefined;
  const killed = new Promise<void>((resolve) => (kill = resolve));
  const halted = await Promise.all(cases.map((one) => haltAt(one, killed)));
  const orders = halted.map(({ proxy }) => ({ action, url: proxy.url, file, name: NAME, set: SET }));
  const process = child.run(orders);
  await Promise.all(halted.map(({ reached }, index) => Promise.race([reached, process.finished(index)])));
  kill();
  // Behind the promises: what is sent at this moment is on its way before the process is gone.
  await new Promise((resolve) => setImmediate(resolve));
  process.signal('SIGKILL');
  const { output } = await process.ended;
  // What it had sent may still be at work on the server when the next command comes.
  setTimeout(() => halted.forEach(({ proxy }) => void proxy.close()), 2_000);
  const untouched = output.split('\n').filter((line) => /^{"event":"end".*"exit":[^0]/.test(line));
  return { reached: halted.map(({ isReached }) => isReached()), untouched };
}

interface Halted {
  readonly proxy: WireProxy;
  readonly reached: Promise<void>;
  readonly isReached: () => boolean;
}

async function haltAt({ url, boundary }: KillCase, killed: Promise<void>): Promise<Halted> {
  let halted = false;
  let tell: () => void = () => undefined;
  const reached = new Promise<void>((resolve) => (tell = resolve));
  const halts: Moment = boundary.moment === 'sent' ? 'before' : boundary.moment;
  const proxy = await startWireProxy(url, async (now, { number }) => {
    if (halted) {
      // Others of the same process had sent this already: their answers come, and nothing new goes out.
      if (now !== 'before') return true;
      await killed;
      return false;
    }
    if (number !== boundary.statement || now !== halts) return true;
    halted = true;
    tell();
    await killed;
    return boundary.moment !== 'before';
  });
  return { proxy, reached, isReached: () => halted };
}
