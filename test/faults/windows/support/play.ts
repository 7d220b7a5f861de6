/**
 * Plays one scenario with many cases at once, each over tables of its own: brings the run to its stand, holds who is first,
 * lets the other come, looks how he fares, lets go, and judges each case by itself.
 */
import type { Database } from '../../../../src/executor/session.js';
import type { TestDatabase } from '../../../support/database.js';
import { expectedOf } from './expected-outcomes.js';
import { holdPlace, holdRow, holdTable, type Holds } from './holds.js';
import { judge, type TargetIs } from './judge.js';
import type { RunOfCases } from './run-of-cases.js';
import type { Hold, Scenario, WriterHold } from './scenarios.js';
import type { Case, Isolation } from './stage.js';
import { heldAt, heldAtRow, heldBefore, lookUntil, waiting, type Waiting } from './watch.js';
import { startWriter, type Writer } from './writer.js';

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

interface Actor {
  readonly one: Case;
  readonly writer: Writer;
  readonly wanted: { readonly meeting: string; readonly end: string };
  meeting: string;
  end: string;
  acknowledged: boolean;
  /** Tried again after what the run did. */
  late: boolean;
  readonly wrong: string[];
}

/** `cases`: those to which the scenario applies; the run is over all tables of the database. */
export async function play(scenario: Scenario, cases: readonly Case[], stage: Stage): Promise<readonly Played[]> {
  const { run } = stage;
  const actors = await begin(scenario, cases, stage);
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

async function begin(scenario: Scenario, cases: readonly Case[], { database }: Stage): Promise<Actor[]> {
  return Promise.all(
    cases.map(async (one): Promise<Actor> => {
      const expected = expectedOf(scenario.name, one.write.name, one.isolation);
      if ('notApplicable' in expected) throw new Error(`not applicable: ${expected.notApplicable}`);
      // Its snapshot, without a lock on any table.
      const writer = await startWriter(database, `app ${one.n}`, one.isolation, 'SELECT pg_current_snapshot()');
      return { one, writer, wanted: expected, meeting: '', end: '', acknowledged: false, late: false, wrong: [] };
    }),
  );
}

/** The run is held; the writers come. */
async function holdRun(scenario: Scenario, at: Hold, actors: Actor[], stage: Stage): Promise<void> {
  const holds = await holdTheRun(scenario, at, actors, stage);
  const running = reaching(stage.run.goTo(scenario.to!));
  await reached(actors, () => heldOfRun(scenario, at, stage));
  const writes = actors.map((actor) => write(actor));
  await meet(actors, stage, async ({ writer }, waits) => {
    if (writer.ended() !== undefined) return 'goes on';
    return waits.some(({ pid }) => pid === writer.pid) ? 'waits' : undefined;
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
  await reached(actors, () => heldOfRun(scenario, ofRun, stage));
  const { holds, writes } = await sendTo(ofWriter, actors, stage);
  await first.letGo();
  await meetRun(scenario, actors, stage, running);
  await holds?.letGo();
  await Promise.all([...writes, ...actors.map((actor) => commitHeld(ofWriter, actor))]);
  await running.end;
}

/** Before its commit the run writes down what it did: that table of the journal is held. */
function tableBefore({ to }: Scenario): string {
  return to === 'filled' || to === 'taken away' ? 'lockstep.batch' : 'lockstep."window"';
}

function holdTheRun(scenario: Scenario, at: Hold, actors: Actor[], { database }: Stage): Promise<Holds> {
  if (at === 'before its commit') return holdTable(database, tableBefore(scenario));
  const cases = actors.map(({ one }) => one);
  return at === 'a row before' ? holdRow(database, cases) : holdPlace(database, at, cases);
}

function heldOfRun(scenario: Scenario, at: Hold, stage: Stage): Promise<ReadonlySet<number>> {
  if (at === 'a row before') return heldAtRow(stage);
  return at === 'before its commit' ? heldBefore(stage, tableBefore(scenario)) : heldAt(stage, at);
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

/** How the run fares with each writer: it waits for him, or gets over him. */
function meetRun(
  scenario: Scenario,
  actors: Actor[],
  stage: Stage,
  running: { readonly over: () => boolean },
): Promise<void> {
  // One statement asks for all tables: it waits for all writers when it waits for one.
  const together =
    scenario.to === 'open' || scenario.to === 'leaving' || scenario.to === 'gone' || scenario.to === 'closed';
  return meet(actors, stage, async ({ one, writer }, waits) => {
    const ofRun = waits.filter(({ name }) => name.startsWith('lockstep'));
    const others = together ? actors.map((actor) => actor.writer.pid) : [writer.pid];
    if (ofRun.some(({ blockers }) => blockers.some((pid) => others.includes(pid)))) return 'waits';
    return running.over() || (await stage.run.hasDone(scenario.to!, one)) ? 'goes on' : undefined;
  });
}

async function meet(
  actors: Actor[],
  stage: Stage,
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

/** The statement, and COMMIT where it went well. */
async function write({ one, writer }: Actor): Promise<void> {
  await writer.run(one.write.sql(one.n));
  if (writer.ended() === 'ok') await writer.run('COMMIT');
}

async function commitHeld(at: Hold, { writer }: Actor): Promise<void> {
  if (at === 'before its commit' && writer.ended() === 'ok') await writer.run('COMMIT');
}

async function writeAlone(actor: Actor): Promise<void> {
  actor.meeting = 'alone';
  await write(actor);
}

/** What was refused for its snapshot is tried again, as applications do. */
async function settle(actor: Actor, database: Database): Promise<void> {
  const { one, writer } = actor;
  actor.end = writer.ended() ?? 'nobody knows';
  actor.acknowledged = actor.end === 'ok';
  if (actor.end !== '40001') return;
  actor.late = true;
  await writer.leave();
  const again = await startWriter(database, `app ${one.n}`, one.isolation, 'SELECT 1');
  await write({ ...actor, writer: again });
  actor.acknowledged = again.ended() === 'ok';
  if (!actor.acknowledged) actor.wrong.push(`tried again it ends with ${again.ended()}`);
  await again.leave();
}

/** The server may refuse a SERIALIZABLE write for others that it has nothing to do with, at its COMMIT or before. */
function refusedForOthers({ one, wanted, end: ended }: Actor): boolean {
  return one.isolation === 'SERIALIZABLE' && wanted.end === 'ok' && ended === '40001';
}

function compared(actor: Actor): readonly string[] {
  const { wanted, meeting, end: ended, wrong } = actor;
  const forOthers = refusedForOthers(actor);
  const differences = [
    ...(meeting === wanted.meeting || (forOthers && meeting === 'at once')
      ? []
      : [`${meeting} instead of ${wanted.meeting}`]),
    ...(ended === wanted.end || forOthers ? [] : [`ends with ${ended} instead of ${wanted.end}`]),
  ];
  return [...differences, ...wrong];
}

async function end(
  { from, to, first, end: how, state }: Scenario,
  actors: readonly Actor[],
  stage: Stage,
): Promise<void> {
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
  const goTo = async (stand: Parameters<RunOfCases['goTo']>[0]): Promise<void> => {
    const failed = await stage.run.goTo(stand).then(() => undefined, String);
    if (failed !== undefined) for (const actor of actors) actor.wrong.push(failed);
  };
  const closed = to === 'closed' || from === 'closed';
  const back = state === 'leaving' || state === 'gone';
  if (!closed && !back) {
    // The product's own comparison is on the way there.
    if (to !== 'proved') await goTo('proved');
    await look('proved', () => 'as the source says');
  }
  if (how === 'close') {
    if (!closed) await goTo('closed');
    const after = (actor: Actor): boolean => from === 'closed' || (to === 'closed' && (first === 'run' || actor.late));
    await look('closed', (actor) => (after(actor) ? 'as filled' : 'as the source says'));
    return;
  }
  if (from !== 'gone' && to !== 'gone') await goTo('gone');
  await look('taken back', () => 'as before');
}

function reaching(end: Promise<void>): { readonly end: Promise<void>; readonly over: () => boolean } {
  let over = false;
  void end.catch(() => undefined).finally(() => (over = true));
  return { end, over: () => over };
}
