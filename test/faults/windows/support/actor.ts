/** A writer in a scenario: what it must come to, and what it came to. */
import type { Database } from '../../../../src/executor/session.js';
import { expectedOf } from './expected-outcomes.js';
import type { Hold } from './scenarios.js';
import type { Case } from './stage.js';
import { startWriter, type Writer } from './writer.js';

export interface Actor {
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

export async function begin(scenario: string, cases: readonly Case[], database: Database): Promise<Actor[]> {
  return Promise.all(
    cases.map(async (one): Promise<Actor> => {
      const expected = expectedOf(scenario, one.write, one.isolation);
      if ('notApplicable' in expected) throw new Error(`not applicable: ${expected.notApplicable}`);
      // Its snapshot, without a lock on any table.
      const writer = await startWriter(database, `app ${one.n}`, one.isolation, 'SELECT pg_current_snapshot()');
      return { one, writer, wanted: expected, meeting: '', end: '', acknowledged: false, late: false, wrong: [] };
    }),
  );
}

/** The statement, and COMMIT where it went well. */
export async function write({ one, writer }: Actor): Promise<void> {
  await writer.run(one.write.sql(one.n));
  if (writer.ended() === 'ok') await writer.run('COMMIT');
}

export async function commitHeld(at: Hold, { writer }: Actor): Promise<void> {
  if (at === 'before its commit' && writer.ended() === 'ok') await writer.run('COMMIT');
}

export async function writeAlone(actor: Actor): Promise<void> {
  actor.meeting = 'alone';
  await write(actor);
}

/** What was refused for its snapshot is tried again, as applications do. */
export async function settle(actor: Actor, database: Database): Promise<void> {
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
export function refusedForOthers({ one, wanted, end: ended }: Actor): boolean {
  return one.isolation === 'SERIALIZABLE' && wanted.end === 'ok' && ended === '40001';
}

export function compared(actor: Actor): readonly string[] {
  const { wanted, meeting, end: ended, wrong } = actor;
  const forOthers = refusedForOthers(actor);
  const differences = [
    ...(meeting === wanted.meeting ||
    (wanted.meeting === 'either' && (meeting === 'waits' || meeting === 'goes on')) ||
    (forOthers && meeting === 'at once')
      ? []
      : [`${meeting} instead of ${wanted.meeting}`]),
    ...(ended === wanted.end || forOthers ? [] : [`ends with ${ended} instead of ${wanted.end}`]),
  ];
  return [...differences, ...wrong];
}
