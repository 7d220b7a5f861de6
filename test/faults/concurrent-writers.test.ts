/**
 * Clients write to a table while it is filled in place, and while the fill is taken back. Each client logs what the server
 * confirmed; the table must be what the log and exactly one fill say together.
 */
import { expect, it, onTestFinished } from 'vitest';

import { DatabaseError, type Session } from '../../src/executor/session.js';
import type { RunEvent } from '../../src/executor/run-event.js';
import { PgDatabase } from '../../src/postgres/pg-database.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { printedRandom, randomFrom, ROUNDS, say, type Random } from './support/random.js';
import { apply, rollback, writePlan } from './support/run-plan.js';

const random = printedRandom('test/faults/concurrent-writers.test.ts');
const ROWS = 20_000;
const CLIENTS = 4;

/** What the clients did to one row, and were told that it was committed. */
interface Log {
  /** `n = n + 10`, this often. */
  readonly tens: number;
  /** `other = other + 1`. */
  readonly others: number;
}

class ClientLog {
  readonly rows = new Map<number, Log>();
  readonly inserted = new Set<number>();
  readonly deleted = new Set<number>();
  readonly errors: string[] = [];
  statements = 0;

  add(id: number, kind: keyof Log): void {
    const row = this.rows.get(id) ?? { tens: 0, others: 0 };
    this.rows.set(id, { ...row, [kind]: row[kind] + 1 });
  }
}

/** Every third key is free, for rows that the clients insert in the middle. */
const SET_UP = `CREATE TABLE item (id int PRIMARY KEY, n int NOT NULL DEFAULT 0, other int NOT NULL DEFAULT 0);
  INSERT INTO item (id) SELECT g + g / 2 FROM generate_series(1, ${ROWS}) AS g; ANALYZE item`;
const TOP = ROWS + ROWS / 2;

/**
 * Free keys, each given out once in a test: a key that is deleted and inserted again could not be told from a row that came
 * back by itself. (The log of a delete is written after its commit: that a key is not in it proves nothing.)
 */
class FreeKeys {
  private readonly given = new Set<number>();

  /** The first free key from `near` on; undefined where there is none. */
  take(near: number): number | undefined {
    let id = near + (2 - (near % 3));
    while (this.given.has(id)) id += 3;
    if (id > TOP) return undefined;
    this.given.add(id);
    return id;
  }
}

/** Writes until `stop`; where the fill is at work is where it writes most. */
async function client(
  database: PgDatabase,
  log: ClientLog,
  free: FreeKeys,
  random: Random,
  near: () => number,
  stop: AbortSignal,
) {
  const pick = (): number =>
    random.next() < 0.5 ? 1 + random.below(TOP) : Math.min(TOP, Math.max(1, near() - 100 + random.below(500)));
  const one = async (session: Session, sql: string, id: number): Promise<boolean> =>
    (await session.query(sql, [id])).count === 1;
  while (!stop.aborted) {
    const choice = random.next();
    const [first, second] = [pick(), pick()];
    try {
      await database.withSession(async (session) => {
        log.statements += 1;
        if (choice < 0.45) {
          if (await one(session, 'UPDATE item SET n = n + 10 WHERE id = $1', first)) log.add(first, 'tens');
        } else if (choice < 0.75) {
          if (await one(session, 'UPDATE item SET other = other + 1 WHERE id = $1', first)) log.add(first, 'others');
        } else if (choice < 0.85) {
          // Two rows against the order of the walk: one of the two must wait for the other, and it is not the client that
          // loses. Clients among themselves keep one order.
          const [high, low] = first > second ? [first, second] : [second, first];
          if (high === low) return;
          await session.query('BEGIN');
          const highHit = await one(session, 'UPDATE item SET n = n + 10 WHERE id = $1', high);
          const lowHit = await one(session, 'UPDATE item SET n = n + 10 WHERE id = $1', low);
          await session.query('COMMIT');
          if (highHit) log.add(high, 'tens');
          if (lowHit) log.add(low, 'tens');
        } else if (choice < 0.95) {
          const id = free.take(first);
          if (id === undefined) return;
          await session.query('INSERT INTO item (id) VALUES ($1)', [id]);
          log.inserted.add(id);
        } else if (await one(session, 'DELETE FROM item WHERE id = $1', first)) log.deleted.add(first);
      });
    } catch (error) {
      const state = error instanceof DatabaseError ? (error.facts.sqlstate ?? '') : '';
      log.errors.push(`${state} ${String(error)}`);
    }
  }
}

/** Runs `work` while the clients write; `near` in `work` moves their focus. */
async function amongClients<T>(
  url: string,
  log: ClientLog,
  free: FreeKeys,
  work: (observe: (event: RunEvent) => void) => Promise<T>,
) {
  const database = new PgDatabase({ url, maxSessions: CLIENTS });
  const stop = new AbortController();
  let at = 1;
  const observe = (event: RunEvent): void => {
    if (event.type === 'progress') at = Number(event.cursor[0]);
  };
  const seeds = Array.from({ length: CLIENTS }, () => random.below(2 ** 31));
  const clients = seeds.map((seed) => client(database, log, free, randomFrom(seed), () => at, stop.signal));
  try {
    return await work(observe);
  } finally {
    stop.abort();
    await Promise.all(clients);
    await database.close();
  }
}

interface Row {
  readonly id: number;
  readonly n: number;
  readonly other: number;
}

async function rowsOf({ query }: TestDatabase): Promise<readonly Row[]> {
  return query<Row>('SELECT id, n, other FROM item ORDER BY id');
}

/** `fills`: how often a row may have been filled. */
function violations(rows: readonly Row[], log: ClientLog, fills: (row: Row) => readonly number[]): readonly string[] {
  const wrong = rows.flatMap((row) => {
    const { tens, others } = log.rows.get(row.id) ?? { tens: 0, others: 0 };
    const right = fills(row).includes(row.n - 10 * tens) && row.other === others;
    return right ? [] : [`row ${row.id}: n ${row.n}, other ${row.other}; the clients' log says ${tens} and ${others}`];
  });
  const there = new Set(rows.map(({ id }) => id));
  const lost = [...log.inserted].filter((id) => !there.has(id) && !log.deleted.has(id));
  const back = [...log.deleted].filter((id) => there.has(id));
  return [
    ...wrong,
    ...lost.map((id) => `row ${id} was inserted and is gone`),
    ...back.map((id) => `row ${id} is back`),
  ];
}

for (let round = 1; round <= ROUNDS; round++) {
  it(`nothing that clients write is lost, and every row is filled and restored once (round ${round})`, async () => {
    const test = await testDatabase({ after: onTestFinished });
    await test.query(SET_UP);
    const plan = await writePlan(
      'among',
      `steps:
  - id: fill
    backfill: { table: item, set: { n: n + 1 }, batch: { rows: 250, target: "off" } }
`,
    );
    const free = new FreeKeys();
    const there = new ClientLog();
    const applied = await amongClients(test.url, there, free, (observe) => apply(plan, test.database, { observe }));
    expect(applied.exit, JSON.stringify(applied.diagnostics)).toBe(0);
    expect(there.errors).toEqual([]);
    expect(there.statements).toBeGreaterThan(100);
    const filled = await rowsOf(test);
    // A row that a client inserted may have come before the walk or after it.
    expect(violations(filled, there, ({ id }) => (there.inserted.has(id) ? [0, 1] : [1]))).toEqual([]);

    const before = new Map(filled.map((row) => [row.id, row.n]));
    const since = new ClientLog();
    const back = await amongClients(test.url, since, free, (observe) => rollback(plan, test.database, { observe }));
    expect(back.exit, JSON.stringify(back.diagnostics)).toBe(0);
    expect(since.errors).toEqual([]);
    const restored = await rowsOf(test);
    const all = new ClientLog();
    for (const log of [there, since]) {
      for (const [id, { tens, others }] of log.rows) {
        for (let times = 0; times < tens; times++) all.add(id, 'tens');
        for (let times = 0; times < others; times++) all.add(id, 'others');
      }
      log.inserted.forEach((id) => all.inserted.add(id));
      log.deleted.forEach((id) => all.deleted.add(id));
    }
    // A row may still hold the fill only where a client has written its n since, and then it is reported.
    const images = new Map(
      (
        await test.query<{ id: number; after: number }>(
          'SELECT key[1]::int AS id, after[1]::int AS after FROM lockstep.before_image',
        )
      ).map(({ id, after }) => [id, after]),
    );
    const touched = ({ id }: Row): boolean =>
      images.has(id) && (before.get(id) !== images.get(id) || (since.rows.get(id)?.tens ?? 0) > 0);
    expect(violations(restored, all, (row) => (touched(row) ? [0, 1] : [0]))).toEqual([]);

    const kept = restored.filter((row) => row.n % 10 === 1).length;
    const goneSince = [...images.keys()].filter((id) => all.deleted.has(id)).length;
    const undone = back.report?.run.operations.find(({ id }) => id === 'undo/fill/fill')?.walk?.counts;
    // A row that went after its batch had restored it is not among those that the run kept.
    expect(undone?.kept).toBeGreaterThanOrEqual(kept);
    expect(undone?.kept).toBeLessThanOrEqual(kept + goneSince);
    say(
      `${ROWS} rows, ${CLIENTS} clients: ${there.statements} statements while filling, ${since.statements} while restoring; ${there.inserted.size} inserted, ${all.deleted.size} deleted, ${kept} kept with a client's value; client errors 0, lost 0`,
    );
  });
}
