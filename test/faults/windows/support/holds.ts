/** What keeps others at a place until the test lets them go: advisory locks, and locks on tables that they must write. */
import type { Database } from '../../../../src/executor/session.js';
import { startWriter, type Writer } from './writer.js';
import { PLACES, type Case, type Place } from './stage.js';

export interface Holds {
  readonly pid: number;
  readonly letGo: () => Promise<void>;
}

export function holdPlace(database: Database, place: Place, cases: readonly Case[]): Promise<Holds> {
  const keys = cases.map(({ n }) => `pg_advisory_xact_lock(${n}, ${PLACES[place]})`);
  return hold(database, `SELECT ${keys.join(', ')}`);
}

/** Target row 1, by which a way back comes before it comes to row 50. */
export function holdRow(database: Database, cases: readonly Case[]): Promise<Holds> {
  return hold(database, cases.map(({ n }) => `SELECT FROM t${n} WHERE id = 1 FOR UPDATE`).join('; '));
}

/** Who writes a row there waits: a batch for its record (`lockstep.batch`), a window for its state (`lockstep."window"`). */
export function holdTable(database: Database, table: string): Promise<Holds> {
  return hold(database, `LOCK TABLE ${table} IN SHARE MODE`);
}

async function hold(database: Database, sql: string): Promise<Holds> {
  const holder: Writer = await startWriter(database, 'holder', 'READ COMMITTED', 'SELECT 1');
  await holder.run(sql);
  if (holder.ended() !== 'ok') throw new Error(`not held: ${holder.ended()}`);
  return { pid: holder.pid, letGo: () => holder.leave() };
}
