/**
 * `Database` and `Session` on a server in memory, as the executor's ports demand them: one database is one process, with
 * connections that can break. That they behave like those of PostgreSQL is the business of `test/contracts/sessions`.
 */
import {
  DatabaseError,
  type Database,
  type QueryResult,
  type Session,
  type TransactionOptions,
} from '../../../src/executor/session.js';
import { NOTHING, type Answered, type Backend, type Statement } from './backend.js';
import type { MemoryServer } from './memory-server.js';
import { ServerError } from './server-error.js';

export class MemoryDatabase implements Database {
  readonly #server: MemoryServer;
  readonly #leases = new Set<MemorySession>();
  #isClosed = false;

  constructor(server: MemoryServer) {
    this.#server = server;
  }

  async withSession<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const lease = this.#lend();
    try {
      return await work(lease);
    } finally {
      this.#takeBack(lease);
    }
  }

  async transaction<T>(work: (session: Session) => Promise<T>, options: TransactionOptions = {}): Promise<T> {
    return this.withSession(async (session) => {
      await session.query(options.readOnly === true ? 'BEGIN READ ONLY' : 'BEGIN');
      try {
        const result = await work(session);
        await session.query('COMMIT');
        return result;
      } catch (error) {
        await session.query('ROLLBACK').catch(() => undefined);
        throw error;
      }
    });
  }

  cancelRunning(): Promise<void> {
    for (const { backend } of this.#leases) backend.cancel();
    return Promise.resolve();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.cancelRunning();
    for (const lease of [...this.#leases]) await lease.settled();
    for (const lease of [...this.#leases]) this.#takeBack(lease);
  }

  /** As `kill -9`: nobody is asked any more, and the server notices. */
  die(): void {
    this.#isClosed = true;
    for (const lease of this.#leases) lease.lose('the process is gone');
  }

  #lend(): MemorySession {
    if (this.#isClosed) throw closedError();
    try {
      const lease = new MemorySession(this.#server, this.#server.connect(), () => this.#isClosed);
      this.#leases.add(lease);
      return lease;
    } catch (error) {
      if (!(error instanceof ServerError)) throw error;
      const { sqlstate, message } = error;
      throw new DatabaseError(message, { kind: 'unreachable', ...(sqlstate !== '' && { sqlstate }) });
    }
  }

  /** Nobody gets a connection that somebody else has had: there is nothing to be left over. */
  #takeBack(lease: MemorySession): void {
    this.#leases.delete(lease);
    // Of a connection that was cut the server learns in its own time.
    if (!lease.isLost) this.#server.disconnect(lease.backend);
  }
}

function closedError(): DatabaseError {
  return new DatabaseError('this side closed its connections to the database', { kind: 'connection' });
}

class MemorySession implements Session {
  #tail: Promise<unknown> = Promise.resolve();
  #lostBy: DatabaseError | undefined;

  constructor(
    readonly server: MemoryServer,
    readonly backend: Backend,
    readonly isClosed: () => boolean,
  ) {}

  get isLost(): boolean {
    return this.#lostBy !== undefined;
  }

  async query<Row>(sql: string, parameters: readonly unknown[] = []): Promise<QueryResult<Row>> {
    const sent = this.#tail.then(() => this.#send(sql, parameters));
    this.#tail = sent.catch(() => undefined);
    const { rows, count, command } = await sent;
    // An aborted transaction answers COMMIT with ROLLBACK, and no error.
    if (command === 'ROLLBACK' && sql === 'COMMIT')
      throw new DatabaseError('the transaction was rolled back', { kind: 'statement', sqlstate: '25P02' });
    return { rows: rows as readonly Row[], count };
  }

  async settled(): Promise<void> {
    await this.#tail;
  }

  lose(message: string): void {
    this.#lostBy ??= new DatabaseError(message, { kind: 'connection' });
    this.backend.end();
  }

  async #send(sql: string, parameters: readonly unknown[]): Promise<Answered> {
    if (this.isClosed()) throw closedError();
    if (this.#lostBy !== undefined) throw this.#lostBy;
    if (this.backend.over !== undefined) throw this.#lost(this.backend.over, 'connection');
    const statement = this.server.statement(sql, parameters, this.backend);
    const inDoubt = sql === 'COMMIT' ? 'in-doubt' : 'connection';
    try {
      return await this.#answered(statement);
    } catch (error) {
      if (!(error instanceof ServerError)) throw error;
      // Ended by others: what became of a COMMIT under way, its answer would have said.
      if (this.backend.endedBy(error)) throw this.#lost(error, inDoubt);
      if (error instanceof CutError) throw this.#lost(error, inDoubt);
      throw new DatabaseError(error.message, { kind: 'statement', sqlstate: error.sqlstate });
    }
  }

  async #answered(statement: Statement): Promise<Answered> {
    const { server, backend } = this;
    const answer = server.script.next(statement.place);
    switch (answer.kind) {
      case 'as usual':
        return server.run(statement, backend);
      case 'rows':
        return backend.run(statement, () => ({ rows: answer.rows, count: answer.rows.length }));
      case 'refused':
        return this.#instead(statement, () =>
          Promise.reject(new ServerError(answer.sqlstate, `refused with ${answer.sqlstate}`)),
        );
      case 'stuck':
        return this.#instead(statement, () => backend.wait(new Promise<never>(() => undefined)));
      case 'slow':
        await this.#instead(statement, () => backend.wait(server.clock.sleep(answer.ms)));
        return server.run(statement, backend);
      case 'ended':
        backend.end();
        throw backend.over!;
      case 'lost':
        if (answer.at === 'answer') await server.run(statement, backend);
        void server.clock.sleep(answer.noticedMs).then(() => backend.end());
        if (answer.noticedMs === 0) backend.end();
        throw new CutError();
      case 'late':
        void this.#instead(statement, () => server.clock.sleep(answer.afterMs))
          .then(() => server.run(statement, backend))
          .catch(() => undefined)
          .finally(() => backend.end());
        throw new CutError();
      case 'meanwhile':
        await answer.what();
        return server.run(statement, backend);
    }
  }

  /** Also of a word that the process itself understands: what happens to it fails the transaction, too. */
  #instead(statement: Statement, work: () => Promise<void>): Promise<Answered> {
    return this.backend.run({ ...statement, sql: '' }, async () => {
      await work();
      return NOTHING;
    });
  }

  #lost({ message, sqlstate }: ServerError, kind: 'connection' | 'in-doubt'): DatabaseError {
    const facts = sqlstate === '' ? {} : { sqlstate };
    this.#lostBy ??= new DatabaseError(message, { kind: 'connection', ...facts });
    return new DatabaseError(message, { kind, ...facts });
  }
}

/** The connection is gone on this side; the server may not know it. */
class CutError extends ServerError {
  constructor() {
    super('', 'Connection terminated unexpectedly');
  }
}
