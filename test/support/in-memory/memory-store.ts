/**
 * Rows by key, transactions and row locks, as READ COMMITTED and FOR UPDATE have them: a transaction sees its own writes and
 * what others have committed; who waits for a lock sees the newest version when it has it. Owns no meaning of any row.
 */
import { ServerError } from './server-error.js';

interface Waiter {
  readonly key: string;
  readonly transaction: MemoryTransaction;
  readonly grant: () => void;
}

export class MemoryStore {
  readonly #committed = new Map<string, unknown>();
  readonly #holders = new Map<string, MemoryTransaction>();
  #waiters: readonly Waiter[] = [];

  begin(): MemoryTransaction {
    return new MemoryTransaction(this);
  }

  /** As committed. */
  read<Value>(key: string): Value | undefined {
    return this.#committed.get(key) as Value | undefined;
  }

  keys(): readonly string[] {
    return [...this.#committed.keys()];
  }

  has(key: string): boolean {
    return this.#committed.has(key);
  }

  get waiting(): number {
    return this.#waiters.length;
  }

  holderOf(key: string): MemoryTransaction | undefined {
    return this.#holders.get(key);
  }

  tryLock(key: string, transaction: MemoryTransaction): boolean {
    const holder = this.#holders.get(key);
    if (holder !== undefined) return holder === transaction;
    this.#holders.set(key, transaction);
    return true;
  }

  /** Rejects with 40P01 where those whom it would wait for wait for it; else whoever cuts the wait off calls `forget`. */
  async wait(key: string, transaction: MemoryTransaction): Promise<void> {
    if (this.#leadsBack(key, transaction)) throw new ServerError('40P01', 'deadlock detected');
    await new Promise<void>((resolve) => {
      this.#waiters = [...this.#waiters, { key, transaction, grant: resolve }];
    });
  }

  /** Whoever waited has been cut off. */
  forget(transaction: MemoryTransaction): void {
    this.#waiters = this.#waiters.filter((waiter) => waiter.transaction !== transaction);
  }

  write(values: ReadonlyMap<string, unknown>): void {
    for (const [key, value] of values) this.#committed.set(key, value);
  }

  /** The lock goes to whoever has waited for it longest. */
  release(key: string): void {
    this.#holders.delete(key);
    const next = this.#waiters.find((waiter) => waiter.key === key);
    if (next === undefined) return;
    this.#waiters = this.#waiters.filter((waiter) => waiter !== next);
    next.transaction.granted(key);
    next.grant();
  }

  #leadsBack(key: string, transaction: MemoryTransaction): boolean {
    const holder = this.#holders.get(key);
    if (holder === undefined) return false;
    if (holder === transaction) return true;
    const waits = this.#waiters.find((waiter) => waiter.transaction === holder);
    return waits !== undefined && this.#leadsBack(waits.key, transaction);
  }
}

interface Savepoint {
  readonly name: string;
  readonly values: ReadonlyMap<string, unknown>;
  readonly locks: ReadonlySet<string>;
}

export class MemoryTransaction {
  readonly #store: MemoryStore;
  #values = new Map<string, unknown>();
  #locks = new Set<string>();
  #savepoints: readonly Savepoint[] = [];

  constructor(store: MemoryStore) {
    this.#store = store;
  }

  get<Value>(key: string): Value | undefined {
    return this.#values.has(key) ? (this.#values.get(key) as Value) : this.#store.read<Value>(key);
  }

  /** Of rows of its own making, or under their lock. */
  set(key: string, value: unknown): void {
    if (!this.tryLock(key)) throw new Error(`${key} is written to without its lock`);
    this.#values.set(key, value);
  }

  keys(prefix: string): readonly string[] {
    const committed = this.#store.keys().filter((key) => key.startsWith(prefix));
    const own = [...this.#values.keys()].filter((key) => key.startsWith(prefix) && !this.#store.has(key));
    return [...committed, ...own];
  }

  /** SKIP LOCKED. */
  tryLock(key: string): boolean {
    if (!this.#store.tryLock(key, this)) return false;
    this.#locks.add(key);
    return true;
  }

  async lock(key: string): Promise<void> {
    if (!this.tryLock(key)) await this.#store.wait(key, this);
  }

  granted(key: string): void {
    this.#store.tryLock(key, this);
    this.#locks.add(key);
  }

  savepoint(name: string): void {
    this.#savepoints = [...this.#savepoints, { name, values: new Map(this.#values), locks: new Set(this.#locks) }];
  }

  rollbackTo(name: string): void {
    const index = this.#savepoints.findLastIndex((savepoint) => savepoint.name === name);
    const savepoint = this.#savepoints[index];
    if (savepoint === undefined) throw new ServerError('3B001', `savepoint "${name}" does not exist`);
    this.#savepoints = this.#savepoints.slice(0, index + 1);
    this.#values = new Map(savepoint.values);
    for (const key of [...this.#locks].filter((lock) => !savepoint.locks.has(lock))) this.#release(key);
  }

  commit(): void {
    this.#store.write(this.#values);
    this.rollback();
  }

  rollback(): void {
    this.#store.forget(this);
    this.#values = new Map();
    this.#savepoints = [];
    for (const key of [...this.#locks]) this.#release(key);
  }

  #release(key: string): void {
    this.#locks.delete(key);
    this.#store.release(key);
  }
}
