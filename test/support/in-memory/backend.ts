/**
 * A server process in memory: one session's transaction, what cuts its waits off, and the few words that it understands,
 * those that begin and end transactions and set timeouts. It goes on when its client is gone, as PostgreSQL's do.
 */
import type { MemoryClock } from './memory-clock.js';
import type { MemoryStore, MemoryTransaction } from './memory-store.js';
import type { Place } from './script.js';
import { ServerError } from './server-error.js';

export interface Statement {
  readonly sql: string;
  readonly parameters: readonly unknown[];
  readonly place: Place;
}

export interface Answered {
  readonly rows: readonly unknown[];
  readonly count: number;
  readonly command?: string;
}

export const NOTHING: Answered = { rows: [], count: 0 };

export type Respond = (statement: Statement, backend: Backend) => Answered | Promise<Answered>;

const CONTROL = /^\s*(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|SET|DISCARD ALL)\b/;

/** Whether the process itself understands it. */
export function isControl(sql: string): boolean {
  return CONTROL.test(sql);
}

export class Backend {
  applicationName = 'lockstep';
  isActive = false;
  /** The operation that the last statement belonged to. */
  operation = '';
  readonly #settings = new Map<string, string>();
  readonly #local = new Map<string, string>();
  #transaction: MemoryTransaction;
  #state: 'outside' | 'inside' | 'failed' = 'outside';
  #over: ServerError | undefined;
  #cutOff: ((error: ServerError) => void) | undefined;

  constructor(
    readonly pid: number,
    readonly store: MemoryStore,
    readonly clock: MemoryClock,
  ) {
    this.#transaction = store.begin();
  }

  get transaction(): MemoryTransaction {
    return this.#transaction;
  }

  get isInTransaction(): boolean {
    return this.#state !== 'outside';
  }

  /** Something that a cancellation would cut off. */
  get isWaiting(): boolean {
    return this.#cutOff !== undefined;
  }

  endedBy(error: ServerError): boolean {
    return this.#over === error;
  }

  /** Why the process has ended. */
  get over(): ServerError | undefined {
    return this.#over;
  }

  async run(statement: Statement, respond: Respond): Promise<Answered> {
    if (this.#over !== undefined) throw this.#over;
    this.isActive = true;
    try {
      if (isControl(statement.sql)) return this.#control(statement.sql);
      if (this.#state === 'failed')
        throw new ServerError(
          '25P02',
          'current transaction is aborted, commands ignored until end of transaction block',
        );
      const answered = await respond(statement, this);
      if (this.#state === 'outside') this.#transaction.commit();
      return answered;
    } catch (error) {
      if (this.#state === 'inside') this.#state = 'failed';
      else if (this.#state === 'outside') this.#transaction.rollback();
      throw error;
    } finally {
      this.isActive = false;
    }
  }

  /** FOR UPDATE, cut off by `lock_timeout`. */
  async lock(key: string): Promise<void> {
    if (this.#transaction.tryLock(key)) return;
    const timedOut = new ServerError('55P03', 'canceling statement due to lock timeout');
    try {
      await this.wait(this.#transaction.lock(key), { ms: this.#timeout('lock_timeout'), error: timedOut });
    } catch (error) {
      this.store.forget(this.#transaction);
      throw error;
    }
  }

  /** Whatever a statement waits for, it may be cancelled in it. */
  async wait<T>(work: Promise<T>, limit?: { readonly ms: number; readonly error: ServerError }): Promise<T> {
    const over = new AbortController();
    const cutOff = new Promise<never>((_, reject) => (this.#cutOff = reject));
    const timedOut = new ServerError('57014', 'canceling statement due to statement timeout');
    for (const { ms, error } of [
      { ms: this.#timeout('statement_timeout'), error: timedOut },
      ...(limit ? [limit] : []),
    ])
      if (ms > 0)
        void this.clock.sleep(ms, over.signal).then(() => {
          if (!over.signal.aborted) this.#cutOff?.(error);
        });
    try {
      return await Promise.race([work, cutOff]);
    } finally {
      over.abort();
      this.#cutOff = undefined;
    }
  }

  cancel(): void {
    this.#cutOff?.(new ServerError('57014', 'canceling statement due to user request'));
  }

  /** What it had not committed is gone, with its locks. */
  end(error: ServerError = new ServerError('57P01', 'terminating connection due to administrator command')): void {
    if (this.#over !== undefined) return;
    this.#over = error;
    this.#cutOff?.(error);
    this.#transaction.rollback();
    this.#state = 'outside';
  }

  #timeout(name: string): number {
    return Number(this.#local.get(name) ?? this.#settings.get(name) ?? 0);
  }

  #control(sql: string): Answered {
    let answered = NOTHING;
    for (const word of sql.split(';')) answered = this.#one(word.trim());
    return answered;
  }

  #one(word: string): Answered {
    const [, savepoint] = /^ROLLBACK TO SAVEPOINT (\w+)$/.exec(word) ?? [];
    if (savepoint !== undefined) {
      this.#transaction.rollbackTo(savepoint);
      this.#state = 'inside';
      return NOTHING;
    }
    if (word.startsWith('ROLLBACK')) return this.#endTransaction('ROLLBACK');
    if (word === 'COMMIT') return this.#endTransaction(this.#state === 'failed' ? 'ROLLBACK' : 'COMMIT');
    if (this.#state === 'failed') throw new ServerError('25P02', 'current transaction is aborted');
    if (word.startsWith('BEGIN')) this.#state = 'inside';
    else if (word.startsWith('SAVEPOINT')) this.#transaction.savepoint(word.split(' ')[1]!);
    else if (word === 'DISCARD ALL') this.#discard();
    else this.#set(word);
    return NOTHING;
  }

  #endTransaction(command: 'COMMIT' | 'ROLLBACK'): Answered {
    if (command === 'COMMIT') this.#transaction.commit();
    else this.#transaction.rollback();
    this.#transaction = this.store.begin();
    this.#state = 'outside';
    this.#local.clear();
    return { ...NOTHING, command };
  }

  #set(word: string): void {
    const [, local, name, value] = /^SET (LOCAL )?(\w+(?:\.\w+)?) = '?(.*?)'?$/.exec(word) ?? [];
    if (name === undefined || value === undefined) throw new ServerError('42601', `syntax error at "${word}"`);
    (local === undefined ? this.#settings : this.#local).set(name, value);
    if (name === 'application_name' && local === undefined) this.applicationName = value;
  }

  #discard(): void {
    if (this.#state !== 'outside') throw new ServerError('25001', 'DISCARD ALL cannot run inside a transaction block');
    this.#settings.clear();
    this.applicationName = 'lockstep';
    this.operation = '';
  }
}
