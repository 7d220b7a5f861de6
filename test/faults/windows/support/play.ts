/**
 * Plays one scenario with many cases at once, each over tables of its own: brings the run to its stand, holds who is first,
 * lets the other come, looks how he fares, lets go, and judges each case by itself.
 */
import type { Database } from '../../../../src/executor/session.js';
import type { TestDatabase } from '../../../support/database.js';
import { begin, commitHeld, compared, refusedForOthers, settle, write, writeAlone, type Actor } from './actor.js';
import { holdPlace, holdRow, holdTable, type Holds } from './holds.js';
import { judge, type TargetIs } from './judge.js';
import { meet, meetRun, reaching } from './meet.js';
import type { RunOfCases } from './run-of-cases.js';
import type { Hold, Scenario, Stand, WriterHold } from './scenarios.js';
import type { Case } from './stage.js';
import { heldAt, heldAtRow, heldBefore, isHeld, lookUntil } from './watch.js';

export interface Played {
  readonly one: Case;
  /** Empty where all was as expected. */
  readonly wrong: readonly string[];
  /** Refused once where it need not have been, for other transactions; acknowledged when tried again. */
  readonly forOthers: boolean;
}

export interface Stage {
  readonly database: Database;
  readonly query: TestDatabase['query'];
  readonly run: RunOfCases;
}

/** `cases`: those to which the scenario applies; the run is over all tables of the database. */
export async function play(scenario: Scenario, cases: readonly Case[], stage: Stage): Promise<readonly Played[]> {
  const { run } = stage;
  const actors = await begin(scenario.name, cases, stage.database);
  try {
    if (scenario.snapshotAt !== undefined) await run.goTo(scenario.from);
    if (scenario.held === 'nowhere') await Promise.all(actors.map((actor) => writeAlone(actor)));
    else if (typeof scenario.held !== 'string') await holdBoth(scenario, scenario.held, actors, stage);
    else if (scenario.first === 'run') await holdRun(scenario, scenario.held, actors, stage);
    else await holdWriters(scenario, scenario.held, actors, stage);
    for (const actor of actors) await settle(actor, stage.database);
  } finally {
    await Promise.all(actors.map(({ writer }) => writer.leave()));
  }
  await end(scenario, actors, stage);
  return actors.map((actor) => ({ one: actor.one, wrong: compared(actor), forOthers: refusedForOthers(actor) }));
}

/** The run is held; the writers come. */
async function holdRun(scenario: Scenario, at: Hold, actors: Actor[], stage: Stage): Promise<void> {
  const holds = await holdTheRun(scenario, at, actors, stage);
  const running = reaching(stage.run.goTo(scenario.to!));
  await reached(actors, () => heldOfRun(scenario, at, stage, actors));
  const writes = actors.map((actor) => write(actor));
  await meet(actors, stage, ({ writer }, waits) => {
    if (writer.ended() !== undefined) return Promise.resolve('goes on');
    return Promise.resolve(waits.some(({ pid }) => pid === writer.pid) ? 'waits' : undefined);
  });
  await holds.letGo();
  await Promise.all([...writes, running.end]);
}

/** The writers are held; the run comes. */
async function holdWriters(scenario: Scenario, at: Hold, actors: Actor[], stage: Stage): Promise<void> {
  const { holds, writes } = await sendTo(at as WriterHold, actors, stage);
  const running = reaching(stage.run.goTo(scenario.to!));
  await meetRun(scenario, actors, stage, running);
  await holds?.letGo();
  await Promise.all([...writes, ...actors.map((actor) => commitHeld(at, actor))]);
  await running.end;
}

/** The batch is held with its snapshot, the writers behind it; the batch goes on first. */
async function holdBoth(
  scenario: Scenario,
  [ofRun, ofWriter]: readonly [Hold, WriterHold],
  actors: Actor[],
  stage: Stage,
): Promise<void> {
  const first = await holdTheRun(scenario, ofRun, actors, stage);
  const running = reaching(stage.run.goTo(scenario.to!));
  await reached(actors, () => heldOfRun(scenario, ofRun, stage, actors));
  const { holds, writes } = await sendTo(ofWriter, actors, stage);
  await first.letGo();
  await meetRun(scenario, actors, stage, running);
  await holds?.letGo();
  await Promise.all([...writes, ...actors.map((actor) => commitHeld(ofWriter, actor))]);
  await running.end;
}

/** Before its commit the run writes down what it did: that table of the journal is held. */
function tableBefore({ to }: Scenario): string {
  if (to === 'filled' || to === 'taken away') return 'lockstep.batch';
  return to === 'joined' || to === 'watched' ? 'lockstep.definitions' : 'lockstep."window"';
}

function holdTheRun(scenario: Scenario, at: Hold, actors: Actor[], { database }: Stage): Promise<Holds> {
  if (at === 'before its commit') return holdTable(database, tableBefore(scenario));
  const cases = actors.map(({ one }) => one);
  return at === 'a row before' ? holdRow(database, cases) : holdPlace(database, at, cases);
}

async function heldOfRun(
  scenario: Scenario,
  at: Hold,
  stage: Stage,
  actors: readonly Actor[],
): Promise<ReadonlySet<number>> {
  if (at === 'a row before') return heldAtRow(stage);
  if (at !== 'before its commit') return heldAt(stage, at);
  const table = tableBefore(scenario);
  // One table after the other, or no table any more: the run is held once, for all cases.
  const once = scenario.to === 'watched' || scenario.to === 'gone';
  if (!once) return heldBefore(stage, table);
  const ns = actors.map(({ one }) => one.n);
  return (await isHeld(stage, table)) ? new Set(ns) : new Set();
}

/** Those of whom it is not seen that somebody is held count as failed. */
async function reached(actors: Actor[], held: () => Promise<ReadonlySet<number>>): Promise<void> {
  let missing: readonly Actor[] = actors;
  await lookUntil(async () => {
    const numbers = await held();
    missing = actors.filter(({ one, writer }) => !numbers.has(one.n) && writer.ended() === undefined);
    return missing.length === 0;
  });
  for (const actor of missing) actor.wrong.push('the pause was not reached');
}

async function sendTo(
  at: WriterHold,
  actors: Actor[],
  { database, query }: Stage,
): Promise<{ readonly holds: Holds | undefined; readonly writes: readonly Promise<void>[] }> {
  if (at === 'before its commit') {
    await Promise.all(actors.map(({ one, writer }) => writer.run(one.write.sql(one.n))));
    for (const actor of actors) {
      const failed = actor.writer.ended() !== 'ok';
      if (failed) Object.assign(actor, { meeting: 'at once', end: actor.writer.ended() });
    }
    return { holds: undefined, writes: [] };
  }
  const holds = await holdPlace(
    database,
    at,
    actors.map(({ one }) => one),
  );
  const writes = actors.map((actor) => write(actor));
  await reached(actors, () => heldAt({ query }, at));
  for (const actor of actors) if (actor.writer.ended() !== undefined) actor.meeting = 'at once';
  return { holds, writes };
}

/** What both sides hold, by hand; then the product's own comparison on the way to the end, and what is there at the end. */
async function end(scenario: Scenario, actors: readonly Actor[], stage: Stage): Promise<void> {
  const { from, to, first, state } = scenario;
  const look = async (when: string, target: (actor: Actor) => TargetIs): Promise<void> => {
    const wrong = await judge(
      stage,
      actors.map((actor) => ({ ...actor, target: target(actor) })),
    );
    for (const actor of actors) {
      const found = wrong.get(actor.one.n);
      if (found !== undefined) actor.wrong.push(`${when}: ${found}`);
    }
  };
  const goTo = async (stand: Stand): Promise<void> => {
    const failed = await stage.run.goTo(stand).then(() => undefined, String);
    if (failed !== undefined) for (const actor of actors) actor.wrong.push(failed);
  };
  const closed = to === 'closed' || from === 'closed';
  const back = state === 'leaving' || state === 'gone';
  if (!closed && !back) {
    if (UNPROVED.has(to ?? from)) await goTo('proved');
    await look('proved', () => 'as the source says');
  }
  if (scenario.end === 'close') {
    if (!closed) await goTo('closed');
    const after = (actor: Actor): boolean => from === 'closed' || (to === 'closed' && (first === 'run' || actor.late));
    await look('closed', (actor) => {
      if (!after(actor)) return 'as the source says';
      return actor.one.write.side === 'old' ? 'as filled' : 'alone';
    });
    return;
  }
  if (from !== 'gone' && to !== 'gone') await goTo('gone');
  await look('taken back', () => 'as before');
}

/** From there the run compares both sides before it does anything else. */
const UNPROVED: ReadonlySet<Stand> = new Set(['open', 'filled', 'joined']);
