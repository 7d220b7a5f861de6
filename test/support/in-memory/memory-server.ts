/**
 * A server in memory: its processes, its rows, and what its script has in store for statements. It understands no SQL; a
 * statement is told by its text (`places`), and what it does is told to it (`respond`). A call of the journal in memory
 * travels as a statement too: it takes part in the transaction, and may be lost like any other.
 */
import { Backend, isControl, NOTHING, type Answered, type Respond, type Statement } from './backend.js';
import { MemoryClock } from './memory-clock.js';
import { MemoryStore } from './memory-store.js';
import { Script, type Place } from './script.js';
import type { ServerError } from './server-error.js';

/** A place without an operation belongs to that of the statement before it. Undefined: nobody knows the text. */
export type PlaceOf = (sql: string) => Partial<Place> | undefined;

/** Instead of a parameter: what a call of the journal does. */
export type JournalCall<T = unknown> = (backend: Backend) => T | Promise<T>;

const JOURNAL_CALL = /^journal: (\w+) ?(.*)$/;

export class MemoryServer {
  readonly clock = new MemoryClock();
  readonly store = new MemoryStore();
  readonly script = new Script();
  /** By how much its clock is ahead of that of the processes. */
  aheadMs = 0;
  /** Whoever connects is refused with one of these, until they are used up. */
  readonly refusals: ServerError[] = [];
  readonly #backends = new Set<Backend>();
  #pids = 4_000;
  #numbers = 0;

  constructor(
    readonly placeOf: PlaceOf,
    readonly respond: Respond,
  ) {}

  now(): number {
    return this.clock.now() + this.aheadMs;
  }

  /** As of a sequence. */
  nextNumber(): number {
    return ++this.#numbers;
  }

  connect(): Backend {
    const refusal = this.refusals.shift();
    if (refusal !== undefined) throw refusal;
    const backend = new Backend(++this.#pids, this.store, this.clock);
    this.#backends.add(backend);
    return backend;
  }

  disconnect(backend: Backend): void {
    backend.end();
    this.#backends.delete(backend);
  }

  get backends(): readonly Backend[] {
    return [...this.#backends].filter(({ over }) => over === undefined);
  }

  statement(sql: string, parameters: readonly unknown[], backend: Backend): Statement {
    const { operation = backend.operation, part } = this.#known(sql);
    backend.operation = operation;
    return { sql, parameters, place: { operation, part } };
  }

  run(statement: Statement, backend: Backend): Promise<Answered> {
    return backend.run(statement, async (sent, process) => {
      if (!JOURNAL_CALL.test(sent.sql)) return this.respond(sent, process);
      return { ...NOTHING, rows: [await (sent.parameters[0] as JournalCall)(process)] };
    });
  }

  #known(sql: string): Partial<Place> & Pick<Place, 'part'> {
    const [, method, operation] = JOURNAL_CALL.exec(sql) ?? [];
    if (method !== undefined) return { ...(operation !== '' && { operation: operation! }), part: `journal ${method}` };
    if (isControl(sql)) return { part: /^\s*(\w+)/.exec(sql)![1]!.toLowerCase() };
    const place = this.placeOf(sql);
    if (place?.part === undefined) throw new Error(`the server in memory knows no such statement: ${sql}`);
    return { ...place, part: place.part };
  }
}
