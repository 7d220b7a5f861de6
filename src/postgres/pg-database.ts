/**
 * The `Database` of the executor on node-postgres. Owns the pool, what a value looks like on its way out, and what a
 * broken connection means for whoever holds it. Timeouts and retries belong to the executor.
 */
import { setMaxListeners } from 'node:events';

import pg from 'pg';

import { DatabaseError, type Database, type Session, type TransactionOptions, type Way } from '../executor/session.js';
import { AnswerLimit, type AnswerLimits } from './answer-limit.js';
import { parseExactJson } from './exact-json.js';
import { cancelRequest, demandChannelBinding, wantsAnother } from './driver-protocol.js';
import { closedError, PgSession } from './pg-session.js';
import { askPooler, type Pooler } from './pooler.js';
import { toDatabaseError } from './to-database-error.js';
import { driverOptions, transportOf, type Transport } from './transport.js';

export interface PgDatabaseOptions {
  /** `postgresql://…`; what it leaves out comes from the PG* variables, as everywhere in PostgreSQL. */
  readonly url: string;
  /** Connections at once; further callers wait for one without limit. Default 20. */
  readonly maxSessions?: number;
  /** Until a new connection is ready for queries. Default 10,000. */
  readonly connectTimeoutMs?: number;
  /** See `answer-limit`. Default: none, for programs that send what they like. */
  readonly answerLimitMs?: number | null;
  /** Default 30,000. */
  readonly answerGraceMs?: number;
}

/** Connects at the first use. A withSession starts with the server's default settings; a transaction should SET LOCAL. */
export class PgDatabase implements Database {
  readonly #config: () => pg.ClientConfig;
  readonly #pool: pg.Pool;
  readonly #leases = new Set<PgSession>();
  readonly #closed = new AbortController();
  readonly #limits: AnswerLimits;
  #closing: Promise<void> | undefined;
  #pooler: Promise<Pooler> | undefined;
  #way: Way | undefined;
  readonly #transport: Transport | DatabaseError;
  /** Which of the attempts of the transport the server would have. */
  #attempt = 0;

  constructor({
    url,
    maxSessions = 20,
    connectTimeoutMs = 10_000,
    answerLimitMs = null,
    answerGraceMs = 30_000,
  }: PgDatabaseOptions) {
    this.#limits = { answerLimitMs, answerGraceMs };
    const transport = transportOf(url);
    this.#transport = transport;
    this.#config = () => ({
      ...(transport instanceof DatabaseError ? {} : driverOptions(transport, this.#attempt)),
      connectionTimeoutMillis: connectTimeoutMs,
      types: { getTypeParser: valueReader },
      // A peer that vanished without a word is noticed in less than half a minute, not after hours.
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
    });
    const config = this.#config;
    const binds = !(transport instanceof DatabaseError) && transport.channelBinding === 'require';
    // Everybody who waits for a session listens; Node warns on stderr from eleven on.
    setMaxListeners(0, this.#closed.signal);
    // The pool would count waiting for a free connection as connecting; only the client has a time limit here.
    const Client = class extends pg.Client {
      constructor() {
        super(config());
        if (binds) demandChannelBinding(this);
      }
    };
    this.#pool = new pg.Pool({ max: maxSessions, Client });
    this.#pool.on('error', () => undefined);
    // A connection may break while it is lent and nobody is asking it anything: without a listener Node would exit.
    this.#pool.on('connect', (client) => client.on('error', () => undefined));
  }

  get way(): Way | undefined {
    return this.#way;
  }

  async withSession<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const lease = await this.#lend();
    try {
      return await work(lease);
    } finally {
      // The next holder gets neither our settings nor our advisory locks. Refused inside a transaction block: then the
      // connection goes, and the server rolls back.
      // Of a connection that is shared nothing was set, and to discard would take from others what they have prepared.
      await lease.query(lease.isShared ? 'ROLLBACK' : 'DISCARD ALL').then(
        () => this.#giveBack(lease),
        () => this.#throwAway(lease),
      );
    }
  }

  async transaction<T>(work: (session: Session) => Promise<T>, options: TransactionOptions = {}): Promise<T> {
    const lease = await this.#lend();
    try {
      await lease.query(beginStatement(options));
      const result = await work(lease);
      await lease.query('COMMIT');
      this.#giveBack(lease);
      return result;
    } catch (error) {
      await lease.query('ROLLBACK').then(
        () => this.#giveBack(lease),
        () => this.#throwAway(lease),
      );
      throw error;
    }
  }

  async cancelRunning(): Promise<void> {
    const busy = [...this.#leases].filter((lease) => lease.isRunning);
    if (busy.length > 0) await this.#cancel(busy);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#closed.abort();
    const busy = [...this.#leases].filter((lease) => lease.isRunning);
    if (busy.length > 0) {
      await this.#cancel(busy);
      await within(CANCEL_LIMIT_MS, Promise.allSettled(busy.map((lease) => lease.settled())));
    }
    for (const lease of [...this.#leases]) this.#throwAway(lease);
    await within(CANCEL_LIMIT_MS, this.#pool.end());
  }

  /** Best effort: where the server gives us no connection for it, hanging up is all that is left. */
  async #cancel(busy: readonly PgSession[]): Promise<void> {
    const config = { ...this.#config(), connectionTimeoutMillis: CANCEL_LIMIT_MS };
    // The numbers that a pooler gave us are its own: on the server they may be somebody else's.
    if (this.#way !== undefined && this.#way.pooler !== 'none') {
      await Promise.all(busy.map((lease) => within(CANCEL_LIMIT_MS, cancelRequest(config, lease))));
      return;
    }
    const client = new pg.Client(config);
    client.on('error', () => undefined);
    try {
      await client.connect();
      await within(
        CANCEL_LIMIT_MS,
        client.query('SELECT pg_catalog.pg_cancel_backend(pid) FROM pg_catalog.unnest($1::int[]) AS pid', [
          busy.map((lease) => lease.processId),
        ]),
      );
    } catch {
      return;
    } finally {
      await within(CANCEL_LIMIT_MS, client.end());
    }
  }

  async #lend(): Promise<PgSession> {
    const { signal } = this.#closed;
    if (signal.aborted) throw closedError();
    const transport = this.#transport;
    if (transport instanceof DatabaseError) throw transport;
    for (;;) {
      const { attempts } = transport;
      const tried = this.#attempt;
      try {
        return await this.#lendAsTried();
      } catch (error) {
        // `prefer`: TLS where the server has it.
        if (tried + 1 >= attempts.length || !wantsAnother(error, attempts[tried] !== false)) throw error;
        this.#attempt = Math.max(this.#attempt, tried + 1);
      }
    }
  }

  async #lendAsTried(): Promise<PgSession> {
    const { signal } = this.#closed;
    const connecting = this.#pool.connect();
    const client = await new Promise<pg.PoolClient>((resolve, reject) => {
      // The pool forgets its waiting callers when it ends.
      const refuse = (): void => reject(closedError());
      signal.addEventListener('abort', refuse);
      connecting
        .then(resolve, (error: unknown) => reject(toDatabaseError(error, 'connect')))
        .finally(() => signal.removeEventListener('abort', refuse));
    }).catch((error: unknown) => {
      connecting.then(
        (late) => late.release(true),
        () => undefined,
      );
      throw error as DatabaseError;
    });
    const lease = new PgSession(client, signal, new AnswerLimit(this.#limits));
    this.#leases.add(lease);
    try {
      this.#pooler ??= askPooler(lease, this.#config());
      const pooler = await this.#pooler;
      this.#way ??= { ...lease.way, pooler };
      lease.isShared = pooler === 'transaction';
      return lease;
    } catch (error) {
      this.#pooler = undefined;
      this.#throwAway(lease);
      throw error;
    }
  }

  #giveBack(lease: PgSession): void {
    if (this.#leases.delete(lease)) lease.release(false);
  }

  #throwAway(lease: PgSession): void {
    if (this.#leases.delete(lease)) lease.release(true);
  }
}

/** For a server that does not answer; then the connection is cut on our side. */
const CANCEL_LIMIT_MS = 5_000;

/** Text for all types but these, whose text and value say the same. A Date has no microseconds, a number no 64 bits. */
const PARSED: Readonly<Record<number, (text: string) => unknown>> = {
  16: (text) => text === 't', // bool
  21: Number, // int2
  23: Number, // int4
  114: parseExactJson, // json
  3802: parseExactJson, // jsonb
};

const valueReader = ((oid: number) => PARSED[oid] ?? ((text: string) => text)) as typeof pg.types.getTypeParser;

function beginStatement({ isolation, readOnly }: TransactionOptions): string {
  const level = isolation === undefined ? '' : ` ISOLATION LEVEL ${isolation.toUpperCase()}`;
  return `BEGIN${level}${readOnly === true ? ' READ ONLY' : ''}`;
}

async function within(limitMs: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => (timer = setTimeout(resolve, limitMs)));
  await Promise.race([work.catch(() => undefined), limit]);
  clearTimeout(timer);
}
