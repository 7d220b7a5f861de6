/** How who comes second fares with who is held. */
import type { Actor } from './actor.js';
import type { RunOfCases } from './run-of-cases.js';
import type { Scenario, Stand } from './scenarios.js';
import { lookUntil, waiting, type Waiting } from './watch.js';

export interface Asked extends Pick<Parameters<typeof waiting>[0], 'query'> {
  readonly run: RunOfCases;
}

/** One statement over all tables leads there: it waits for all writers when it waits for one. */
const TOGETHER: ReadonlySet<Stand> = new Set([
  'open',
  'joined',
  'watched',
  'cut over',
  'cut back',
  'leaving',
  'gone',
  'closed',
]);

/** How the run fares with each writer: it waits for him, or gets over him. */
export function meetRun(
  scenario: Scenario,
  actors: Actor[],
  stage: Asked,
  running: { readonly over: () => boolean },
): Promise<void> {
  const together = TOGETHER.has(scenario.to!);
  return meet(actors, stage, async ({ one, writer }, waits) => {
    const ofRun = waits.filter(({ name }) => name.startsWith('lockstep'));
    const others = together ? actors.map((actor) => actor.writer.pid) : [writer.pid];
    if (ofRun.some(({ blockers }) => blockers.some((pid) => others.includes(pid)))) return 'waits';
    return running.over() || (await stage.run.hasDone(scenario.to!, one)) ? 'goes on' : undefined;
  });
}

export async function meet(
  actors: Actor[],
  stage: Asked,
  look: (actor: Actor, waits: readonly Waiting[]) => Promise<'waits' | 'goes on' | undefined>,
): Promise<void> {
  const open = (): Actor[] => actors.filter(({ meeting }) => meeting === '');
  await lookUntil(async () => {
    const waits = await waiting(stage);
    for (const actor of open()) actor.meeting = (await look(actor, waits)) ?? '';
    return open().length === 0;
  });
  for (const actor of open()) {
    actor.meeting = 'nobody knows';
    actor.wrong.push('neither waits nor goes on');
  }
}

export function reaching(end: Promise<void>): { readonly end: Promise<void>; readonly over: () => boolean } {
  let over = false;
  void end.catch(() => undefined).finally(() => (over = true));
  return { end, over: () => over };
}
