/**
 * What the executor counts on in a `Database` and its sessions, whoever implements them, as far as no SQL needs to be
 * understood: transactions, row locks, what a lost connection means, and that the server's signals lead to the right retry.
 * Long, because it is one contract, read beside the port.
 */
import { expect, it } from 'vitest';

import { remedyFor } from '../../src/executor/retry-policy.js';
import { DatabaseError, type Database, type Session } from '../../src/executor/session.js';

export interface SessionWorld {
  readonly database: Database;
  /** Another process on the same server. */
  open(): Database;
  /** On the way to a server that is not there. */
  unreachable(): Database;
  /** A process that loses its connection at a statement, before the server has it or when it has done it. */
  losing(statement: 'COMMIT' | 'put', at: 'request' | 'answer'): Promise<Database>;
  /** Row `n`, from 1 to 100, is there and is put; waits for whoever puts it too. */
  put(n: number): string;
  isPut(n: number): Promise<boolean>;
  /** The server refuses it with 23514. */
  readonly refused: string;
  readonly nothing: string;
  /** Does not end. */
  readonly stuck: string;
  stuckOnes(): Promise<number>;
  pidOf(session: Session): Promise<number>;
  /** As an administrator. */
  terminate(pid: number): Promise<void>;
  waiting(): Promise<number>;
  pause(): Promise<void>;
}

export function sessionContract(world: SessionWorld): void {
  const { database } = world;
  const put = (n: number): string => world.put(n);
  const isPut = (n: number): Promise<boolean> => world.isPut(n);
  const until = async (isTrue: () => Promise<boolean>): Promise<void> => {
    for (let looks = 0; looks < 500; looks++) {
      if (await isTrue()) return;
      await world.pause();
    }
    throw new Error(`never: ${isTrue.toString()}`);
  };
  const isStuck = () => until(async () => (await world.stuckOnes()) === 1);
  /** Rows are put once in a test file. */
  let rows = 0;
  const next = (): number => ++rows;

  it('runs statements of one session in the order given, also unawaited', async () => {
    const results = await database.withSession((session) =>
      Promise.allSettled([world.nothing, world.refused, world.nothing].map((sql) => session.query(sql))),
    );
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('commits what the work did, and rolls back where it rejects', async () => {
    const [kept, gone] = [next(), next()];
    await database.transaction((session) => session.query(put(kept)));
    const defect = new Error('mine');
    const work = database.transaction(async (session) => {
      await session.query(put(gone));
      throw defect;
    });
    await expect(work).rejects.toBe(defect);
    expect([await isPut(kept), await isPut(gone)]).toEqual([true, false]);
  });

  it('shows a transaction its own writes to nobody else before COMMIT', async () => {
    const row = next();
    await database.transaction(async (session) => {
      await session.query(put(row));
      expect(await isPut(row)).toBe(false);
    });
    expect(await isPut(row)).toBe(true);
  });

  it('does not report a commit that the server turned into a rollback', async () => {
    const row = next();
    const swallowed = database.transaction(async (session) => {
      await session.query(put(row));
      await session.query(world.refused).catch(() => undefined);
    });
    expect((await failure(swallowed)).facts).toEqual({ kind: 'statement', sqlstate: '25P02' });
    const byHand = database.withSession(async (session) => {
      await session.query('BEGIN');
      await session.query(world.refused).catch(() => undefined);
      await session.query('COMMIT');
    });
    expect((await failure(byHand)).facts).toEqual({ kind: 'statement', sqlstate: '25P02' });
    expect(await isPut(row)).toBe(false);
  });

  it('refuses what comes behind a failed statement, up to ROLLBACK or a savepoint before it', async () => {
    const [before, behind] = [next(), next()];
    await database.withSession(async (session) => {
      await session.query('BEGIN');
      await session.query(put(before));
      await session.query('SAVEPOINT here');
      await session.query(put(behind));
      expect((await failure(session.query(world.refused))).facts).toMatchObject({
        ...{ kind: 'statement', sqlstate: '23514' },
      });
      expect((await failure(session.query(world.nothing))).facts).toEqual({ kind: 'statement', sqlstate: '25P02' });
      await session.query('ROLLBACK TO SAVEPOINT here');
      await session.query(world.nothing);
      await session.query('COMMIT');
    });
    expect([await isPut(before), await isPut(behind)]).toEqual([true, false]);
  });

  it('gives no holder the open transaction of the one before, nor its row locks', async () => {
    const row = next();
    await database.withSession(async (session) => {
      await session.query('BEGIN');
      await session.query(put(row));
    });
    await until(async () => !(await isPut(row)));
    await database.transaction((session) => session.query(put(row)));
    expect(await isPut(row)).toBe(true);
  });

  it('waits for a row that another transaction holds, and goes on when that has ended', async () => {
    const row = next();
    await database.withSession((one) =>
      database.withSession(async (two) => {
        await one.query('BEGIN');
        await one.query(put(row));
        const second = two.query(put(row));
        await until(async () => (await world.waiting()) === 1);
        await one.query('ROLLBACK');
        await second;
      }),
    );
    expect(await isPut(row)).toBe(true);
  });

  it('ends such a wait at `lock_timeout`, which is worth another try', async () => {
    const row = next();
    await database.withSession((one) =>
      database.withSession(async (two) => {
        await one.query('BEGIN');
        await one.query(put(row));
        await two.query('BEGIN; SET LOCAL lock_timeout = 20');
        const error = await failure(two.query(put(row)));
        expect(error.facts).toMatchObject({ kind: 'statement', sqlstate: '55P03' });
        expect(remedyFor(error)).toBe('again');
        await two.query('ROLLBACK');
        await one.query('COMMIT');
      }),
    );
  });

  it('ends one of two that wait for each other, and lets the other go on', async () => {
    const [a, b] = [next(), next()];
    await database.withSession((one) =>
      database.withSession(async (two) => {
        for (const session of [one, two]) await session.query('BEGIN');
        await one.query(put(a));
        await two.query(put(b));
        const work = async (session: Session, row: number): Promise<string> => {
          const error = await session.query(put(row)).then(
            () => undefined,
            (thrown: unknown) => thrown as DatabaseError,
          );
          await session.query(error === undefined ? 'COMMIT' : 'ROLLBACK');
          return error === undefined ? 'done' : `${error.facts.sqlstate ?? ''} ${remedyFor(error)}`;
        };
        expect((await Promise.all([work(one, b), work(two, a)])).toSorted()).toEqual(['40P01 again', 'done']);
      }),
    );
    expect([await isPut(a), await isPut(b)]).toEqual([true, true]);
  });

  it('says `connection` when the server ends the session during a statement, and goes on with a new one', async () => {
    const row = next();
    await database.withSession(async (session) => {
      const pid = await world.pidOf(session);
      await session.query('BEGIN');
      await session.query(put(row));
      const stuck = failure(session.query(world.stuck));
      await isStuck();
      await world.terminate(pid);
      const errors = [await stuck, await failure(session.query(world.nothing))];
      for (const error of errors) {
        expect(error.facts).toEqual({ kind: 'connection', sqlstate: '57P01' });
        expect(remedyFor(error)).toBe('reconnect');
      }
    });
    expect(await isPut(row)).toBe(false);
    await database.withSession((session) => session.query(world.nothing));
  });

  it('keeps apart a server that was never reached', async () => {
    const error = await failure(world.unreachable().withSession((session) => session.query(world.nothing)));
    expect(error.facts).toEqual({ kind: 'unreachable' });
    expect(remedyFor(error)).toBe('reconnect');
  });

  it.each([
    ['COMMIT', 'answer', 'in-doubt', true],
    ['COMMIT', 'request', 'in-doubt', false],
    ['put', 'answer', 'connection', false],
    ['put', 'request', 'connection', false],
  ] as const)('a connection lost at %s, its %s: `%s`', async (statement, at, kind, isKept) => {
    const row = next();
    const other = await world.losing(statement, at);
    const error = await failure(other.transaction((session) => session.query(put(row))));
    expect(error.facts.kind).toBe(kind);
    expect(remedyFor(error)).toBe('reconnect');
    // Whoever takes the row next has waited for what became of it.
    await until(async () => (await isPut(row)) === isKept);
    await other.close();
  });

  it('cancels what runs, and no session is lost by it', async () => {
    const other = world.open();
    await other.withSession(async (session) => {
      const stuck = failure(session.query(world.stuck));
      await isStuck();
      await other.cancelRunning();
      const error = await stuck;
      expect(error.facts).toEqual({ kind: 'statement', sqlstate: '57014' });
      expect(remedyFor(error)).toBe('give-up');
      await session.query(world.nothing);
    });
    await other.close();
  });

  it('close cancels what runs, ends every session and leaves nothing behind', async () => {
    const row = next();
    const other = world.open();
    const running = failure(
      other.transaction(async (session) => {
        await session.query(put(row));
        await session.query(world.stuck);
      }),
    );
    let wake = (): void => undefined;
    const held = failure(
      other.withSession(async (session) => {
        await session.query(world.nothing);
        await new Promise<void>((resolve) => (wake = resolve));
        await session.query(world.nothing);
      }),
    );
    await isStuck();
    await other.close();
    expect((await running).facts).toEqual({ kind: 'statement', sqlstate: '57014' });
    wake();
    expect((await held).facts.kind).toBe('connection');
    expect((await failure(other.withSession((session) => session.query(world.nothing)))).facts.kind).toBe('connection');
    expect(await isPut(row)).toBe(false);
  });
}

/** The DatabaseError that it rejects with. */
async function failure(work: Promise<unknown>): Promise<DatabaseError> {
  const outcome: unknown = await work.then(
    () => new Error('it did not fail'),
    (error: unknown) => error,
  );
  if (outcome instanceof DatabaseError) return outcome;
  throw outcome;
}
