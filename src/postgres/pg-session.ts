/**
 * One lent connection. Owns the order of its statements, what a broken connection means for each of them, and when a
 * lost answer is in doubt. Lending and taking back belong to pg-database.
 */
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

import pg from 'pg';

import { DatabaseError, type QueryResult, type Session, type Way } from '../executor/session.js';
import type { AnswerLimit } from './answer-limit.js';
import { lossIn, toDatabaseError } from './to-database-error.js';

/** A connection while somebody holds it. Its statements run one after the other, also where the holder does not wait. */
export class PgSession implements Session {
  readonly #client: pg.PoolClient;
  readonly #closed: AbortSignal;
  readonly #limit: AnswerLimit;
  readonly #onError: (error: Error) => void;
  #tail: Promise<unknown> = Promise.resolve();
  #running = 0;
  #lostBy: Error | undefined;
  #silence: DatabaseError | undefined;

  constructor(client: pg.PoolClient, closed: AbortSignal, limit: AnswerLimit) {
    this.#client = client;
    this.#closed = closed;
    this.#limit = limit;
    this.#onError = (error) => (this.#lostBy ??= error);
    client.on('error', this.#onError);
  }

  /** Set once it is known. */
  isShared = false;

  get way(): Pick<Way, 'tls' | 'local'> {
    const { stream } = (this.#client as unknown as { readonly connection: { readonly stream: Socket } }).connection;
    const tls = stream instanceof TLSSocket ? (stream.getProtocol() ?? 'TLS') : null;
    return { tls, local: tls === null && stream.remoteAddress === undefined };
  }

  /** What the protocol's cancel request names. */
  get secretKey(): number {
    return (this.#client as unknown as { readonly secretKey: number }).secretKey;
  }

  get isRunning(): boolean {
    return this.#running > 0;
  }

  get processId(): number {
    return (this.#client as unknown as { readonly processID: number }).processID;
  }

  async query<Row>(sql: string, parameters: readonly unknown[] = []): Promise<QueryResult<Row>> {
    const phase = endsWithCommit(sql) ? 'commit' : 'statement';
    const result = await this.#send(sql, parameters, phase);
    // An aborted transaction answers COMMIT with ROLLBACK, and no error.
    if (phase === 'commit' && result.command === 'ROLLBACK') {
      throw new DatabaseError('the transaction was rolled back: a statement in it had failed before COMMIT', {
        kind: 'statement',
        sqlstate: '25P02',
      });
    }
    return { rows: result.rows as readonly Row[], count: result.rowCount ?? 0 };
  }

  /** When everything sent so far has its answer. */
  async settled(): Promise<void> {
    await this.#tail;
  }

  release(broken: boolean): void {
    this.#client.off('error', this.#onError);
    this.#client.release(broken || this.#lostBy !== undefined);
  }

  #send(sql: string, parameters: readonly unknown[], phase: 'statement' | 'commit'): Promise<pg.QueryResult> {
    const sent = this.#tail.then(() => this.#run(sql, parameters, phase));
    this.#tail = sent.catch(() => undefined);
    return sent;
  }

  async #run(sql: string, parameters: readonly unknown[], phase: 'statement' | 'commit'): Promise<pg.QueryResult> {
    if (this.#closed.aborted) throw closedError();
    // Known to be gone before it was sent: not even a COMMIT is in doubt.
    if (this.#lostBy !== undefined) throw this.#asLoss(toDatabaseError(this.#lostBy, 'statement'));
    this.#running++;
    const limitMs = this.#limit.before(sql);
    const silence = limitMs === null ? undefined : setTimeout(() => this.#giveUp(limitMs, phase), limitMs);
    try {
      const result: pg.QueryResult | readonly pg.QueryResult[] = await this.#client.query(sql, [...parameters]);
      return Array.isArray(result) ? (result as readonly pg.QueryResult[]).at(-1)! : result;
    } catch (error) {
      // Neither the server's answer nor the connection's end: the driver could not write a parameter, our own defect.
      if (!(error instanceof pg.DatabaseError) && !this.#isOver()) throw error;
      const mapped = this.#silence ?? toDatabaseError(error, phase);
      if (mapped.facts.kind !== 'statement') this.#lostBy ??= mapped;
      throw mapped;
    } finally {
      clearTimeout(silence);
      this.#running--;
    }
  }

  /** Nobody says whether the server has it: as with any lost connection, a COMMIT is in doubt. */
  #giveUp(limitMs: number, phase: 'statement' | 'commit'): void {
    const message = `the server has not answered for ${Math.round(limitMs / 100) / 10} s; the connection counts as lost`;
    this.#silence = new DatabaseError(message, { kind: lossIn(phase) });
    (this.#client as unknown as { readonly connection: { readonly stream: Socket } }).connection.stream.destroy();
  }

  /** A server that hung up on an idle session says why only once, and not as an answer to a statement. */
  #asLoss(error: DatabaseError): DatabaseError {
    return new DatabaseError(error.message, { ...error.facts, kind: 'connection' });
  }

  #isOver(): boolean {
    return this.#closed.aborted || this.#lostBy !== undefined;
  }
}

/** Decides only how a lost connection is named: too often `in-doubt` is safe, too seldom is not. */
function endsWithCommit(sql: string): boolean {
  return /(^|;)\s*(commit|end)\b[^;]*;?\s*$/i.test(sql);
}

export function closedError(): DatabaseError {
  return new DatabaseError('this side closed its connections to the database', { kind: 'connection' });
}
