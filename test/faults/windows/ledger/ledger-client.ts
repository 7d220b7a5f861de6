/**
 * One client of the application: a connection of its own, one transaction after the other until it is told to stop. What the
 * server answers decides the fate of each write; a conflict is tried again, as an application has to.
 */
import { systemClock } from '../../../../src/kernel/clock.js';
import { DatabaseError, type Session } from '../../../../src/executor/session.js';
import { PgDatabase } from '../../../../src/postgres/pg-database.js';
import type { Random } from '../../support/random.js';
import type { LedgerLog } from './ledger-log.js';
import type { Key, LedgerSize } from './ledger-tables.js';
import { chooseWrite, discard, ofSort } from './ledger-writes.js';
import type { Side } from './side.js';

export interface ClientOptions {
  readonly name: string;
  readonly url: string;
  readonly isolation: 'read committed' | 'repeatable read' | 'serializable';
  readonly log: LedgerLog;
  readonly random: Random;
  readonly size: LedgerSize;
  /** Where the run is at work, if it is. */
  readonly near: () => Key | undefined;
  /** May change while it runs. */
  readonly side: () => Side;
  /** Between two transactions, at most; may change. */
  readonly thinksMs: () => number;
  readonly stop: AbortSignal;
}

/** Of the table's first branch, so that they are few. */
export const HOT = 100;
/** So that its sessions can be told from those of the run. */
export const CLIENT = 'ledger client';
const TRIES = 5;

export async function runClient(options: ClientOptions): Promise<void> {
  const { url, stop, log, name } = options;
  const database = new PgDatabase({ url, maxSessions: 1 });
  try {
    while (!stop.aborted) {
      await database
        .withSession(async (session) => {
          await session.query(`SET application_name = '${CLIENT}'`);
          while (!stop.aborted) {
            if ((await oneWrite(session, options)) === 'connection lost') return;
            const thinksMs = options.thinksMs();
            if (thinksMs > 0) await systemClock.sleep(options.random.below(thinksMs));
          }
        })
        .catch((error: unknown) => {
          if (!isLoss(error)) log.errors.push(`${name}: ${String(error)}`);
        });
      // A server that is just starting, or a proxy that has just cut us off.
      await systemClock.sleep(20);
    }
  } finally {
    await database.close();
  }
}

async function oneWrite(session: Session, options: ClientOptions): Promise<'go on' | 'connection lost'> {
  const { random, isolation, log, name, stop } = options;
  const { what, perform } = chooseWrite(random);
  for (let tries = 1; tries <= TRIES && !stop.aborted; tries++) {
    const side = options.side();
    const write = log.intend(`${name}, ${side.name} side`, what);
    let versions = 0;
    const version = (): string => String(write.id * 10 + versions++);
    const key = (sort: 'kept' | 'slot'): Key => chooseKey(sort, options);
    try {
      await session.query(`BEGIN ISOLATION LEVEL ${isolation}`);
      if (isolation !== 'read committed') {
        // From here on it does not see what the run commits.
        await session.query('SELECT FROM account LIMIT 1');
        if (random.next() < 0.5) await systemClock.sleep(random.below(options.thinksMs() > 0 ? 20 : 120));
      }
      const turn = { session, side, write, version, key, random };
      if (random.next() < 0.1) await discard(turn);
      if (await perform(turn)) {
        if (random.next() < 0.1) await systemClock.sleep(random.below(30));
        await side.enter(session, write.id, what);
        await session.query('COMMIT');
        write.fate = 'acknowledged';
      } else {
        await session.query('ROLLBACK');
        write.fate = 'failed';
      }
      return 'go on';
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error;
      const { kind, sqlstate = '', constraint } = error.facts;
      write.fate = kind === 'in-doubt' ? 'unknown' : 'failed';
      if (kind !== 'statement') return 'connection lost';
      await session.query('ROLLBACK').catch(() => undefined);
      if (sqlstate === '40001' || sqlstate === '40P01') {
        log.conflict(sqlstate);
        continue;
      }
      if (sqlstate === '23505' && (OWN_CONSTRAINTS.has(constraint ?? '') || log.mixed)) log.taken += 1;
      // An account that has a handle already can have no other one.
      else if (sqlstate === '23514' && side.name === 'new' && what === 'claim') log.refused += 1;
      else
        log.errors.push(
          `${name}, ${side.name} side, ${isolation}, ${what}: ${sqlstate} ${String(error)} ${error.facts.detail ?? ''}`,
        );
      return 'go on';
    }
  }
  return 'go on';
}

/** What two clients of the old side meet at. */
const OWN_CONSTRAINTS = new Set(['account_pkey', 'account_handle']);

function chooseKey(sort: 'kept' | 'slot', { random, size, log, near }: ClientOptions): Key {
  const key = ofSort(sort, anyKey(random, size, near));
  log.keys += 1;
  if (key.branch === 1 && key.id <= HOT) log.hot += 1;
  return key;
}

/** Hot ones, those that the run has just passed or comes to next, and any. */
function anyKey(random: Random, { branches, perBranch }: LedgerSize, near: ClientOptions['near']): Key {
  const choice = random.next();
  const at = choice < 0.9 ? near() : undefined;
  if (choice < 0.36 || (choice < 0.5 && at === undefined)) return { branch: 1, id: 1 + random.below(HOT) };
  if (at === undefined) return { branch: 1 + random.below(branches), id: 1 + random.below(perBranch - 1) };
  return { branch: at.branch, id: Math.min(perBranch - 1, Math.max(1, at.id - 250 + random.below(300))) };
}

function isLoss(error: unknown): boolean {
  return error instanceof DatabaseError && error.facts.kind !== 'statement';
}
