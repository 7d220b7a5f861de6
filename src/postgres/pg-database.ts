/**
 * The `Database` of the executor on node-postgres. Owns the pool, what a value looks like on its way out, and what a
 * broken connection means for whoever holds it. Timeouts and retries belong to the executor.
 */
import { setMaxListeners } from 'node:events';

import pg from 'pg';

import type { DatabaseError } from '../executor/session.js';
import { type Database, type Session, type TransactionOptions } from '../executor/session.js';
import { AnswerLimit, type AnswerLimits } from './answer-limit.js';
import { parseExactJson } from './exact-json.js';
import { closedError, PgSession } from './pg-session.js';
import { toDatabaseError } from './to-database-error.js';

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
  readonly #config: pg.ClientConfig;
  readonly #pool: pg.Pool;
  readonly #leases = new Set<PgSession>();
  readonly #closed = new AbortController();
  readonly #limits: AnswerLimits;
  #closing: Promise<void> | undefined;

  constructor({
    url,
    maxSessions = 20,
    connectTimeoutMs = 10_000,
    answerLimitMs = null,
    answerGraceMs = 30_000,
  }: PgDatabaseOptions) {
    this.#limits = { answerLimitMs, answerGraceMs };
    const config: pg.ClientConfig = {
      connectionString: forDriver(url),
      connectionTimeoutMillis: connectTimeoutMs,
      types: { getTypeParser: valueReader },
      // A peer that vanished without a word is noticed in less than half a minute, not after hours.
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
    };
    this.#config = config;
    // Everybody who waits for a session listens; Node warns on stderr from eleven on.
    setMaxListeners(0, this.#closed.signal);
    // The pool would count waiting for a free connection as connecting; only the client has a time limit here.
    const Client = class extends pg.Client {
      constructor() {
        super(config);
      }
    };
    this.#pool = new pg.Pool({ max: maxSessions, Client });
    this.#pool.on('error', () => undefined);
    // A connection may break while it is lent and nobody is asking it anything: without a listener Node would exit.
    this.#pool.on('connect', (client) => client.on('error', () => undefined));
  }

  async withSession<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const lease = await this.#lend();
    try {
      return await work(lease);
    } finally {
      // The next holder gets neither our settings nor our advisory locks. Refused inside a transaction block: then the
      // connection goes, and the server rolls back.
      await lease.query('DISCARD ALL').then(
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
    if (busy.length > 0) await this.#cancel(busy.map((lease) => lease.processId));
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#closed.abort();
    const busy = [...this.#leases].filter((lease) => lease.isRunning);
    if (busy.length > 0) {
      await this.#cancel(busy.map((lease) => lease.processId));
      await within(CANCEL_LIMIT_MS, Promise.allSettled(busy.map((lease) => lease.settled())));
    }
    for (const lease of [...this.#leases]) this.#throwAway(lease);
    await within(CANCEL_LIMIT_MS, this.#pool.end());
  }

  /** Best effort: where the server gives us no connection for it, hanging up is all that is left. */
  async #cancel(processIds: readonly number[]): Promise<void> {
    const client = new pg.Client({ ...this.#config, connectionTimeoutMillis: CANCEL_LIMIT_MS });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await within(
        CANCEL_LIMIT_MS,
        client.query('SELECT pg_catalog.pg_cancel_backend(pid) FROM pg_catalog.unnest($1::int[]) AS pid', [processIds]),
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
    return lease;
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

/**
 * Ours whatever the URL says: administrators find us by `application_name`. `sslmode` means what it means to psql
 * (`require` encrypts without a certificate authority), where the driver alone would read more into it.
 */
function forDriver(url: string): string {
  const [base, query = ''] = splitOnce(url, '?');
  const parameters = new URLSearchParams(query);
  parameters.set('application_name', 'lockstep');
  if (parameters.has('sslmode') && parameters.get('sslmode') !== 'no-verify') parameters.set('uselibpqcompat', 'true');
  return `${base}?${parameters.toString().replaceAll('+', '%20')}`;
}

function splitOnce(text: string, separator: string): readonly [string, string?] {
  const at = text.indexOf(separator);
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

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
