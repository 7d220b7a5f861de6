/**
 * A run whose executor is ours and whose ports are in memory: turns of it by one process after another, and what came of them.
 * A turn takes a design: ours, or one that is wrong in one place, which the scenario must then find out.
 */
import type { Execution } from '../../../src/executor/execution.js';
import type { Journal, RunHandle } from '../../../src/executor/journal.js';
import type { RunEvent } from '../../../src/executor/run-event.js';
import { runGraph, type WalkEnd } from '../../../src/executor/run-graph.js';
import type { Database } from '../../../src/executor/session.js';
import { createSlots } from '../../../src/executor/slots.js';
import { createThrottle, NO_THROTTLE, type Throttle } from '../../../src/executor/throttle.js';
import { touchedThereAndBack } from '../../../src/operation/definition-scope.js';
import type { Operation } from '../../../src/operation/operation.js';
import type { Limits, OperationGraph } from '../../../src/operation/operation-graph.js';
import { rowsOf } from './journal-rows.js';
import { MemoryDatabase } from './memory-database.js';
import { memoryJournal } from './memory-journal.js';
import { approve, beginRun, takeOver } from './memory-runs.js';
import { MemoryServer } from './memory-server.js';
import { answersOf, doneKey, type Contents } from './operation-answers.js';
import { graphOf } from './operations.js';
import { placesOf } from './statement-places.js';

/** Each may put something wrong in the place of what is ours. */
export interface Design {
  readonly graph?: (graph: OperationGraph) => OperationGraph;
  readonly database?: (database: Database, server: MemoryServer) => Database;
  readonly journal?: (journal: Journal, stop: AbortSignal) => Journal;
  readonly throttle?: (throttle: Throttle) => Throttle;
  readonly execution?: (execution: Execution) => Execution;
}

export const OURS: Design = {};

/** `astray`: it threw, or did not come to an end. */
export type TurnEnd = WalkEnd | { readonly state: 'astray'; readonly why: string };

export interface TurnOptions extends Pick<Partial<Execution>, 'stop' | 'resolve' | 'direction'> {
  /** Of a process that goes on although another one has taken over. */
  readonly as?: RunHandle;
}

export class MemoryRun {
  readonly server: MemoryServer;
  readonly events: RunEvent[] = [];
  readonly contents: Contents;
  readonly graph: OperationGraph;
  /** Of the latest turn. */
  process: MemoryDatabase;
  #handle: RunHandle | undefined;

  constructor(
    readonly design: Design,
    operations: readonly Operation[],
    { limits = {}, ...contents }: Partial<Contents> & { readonly limits?: Partial<Limits> } = {},
  ) {
    this.contents = { rows: {}, bad: {}, violations: {}, signals: {}, ...contents };
    const graph = graphOf(operations, limits);
    this.graph = design.graph?.(graph) ?? graph;
    this.server = new MemoryServer(
      placesOf(this.graph),
      answersOf(() => this.server, this.contents),
    );
    this.process = new MemoryDatabase(this.server);
  }

  get script(): MemoryServer['script'] {
    return this.server.script;
  }

  /** Begins the run, or goes on with it: raises the epoch. */
  async own(): Promise<RunHandle> {
    const database = new MemoryDatabase(this.server);
    this.#handle = await database.withSession((session) =>
      this.#handle === undefined
        ? beginRun(this.server, session, this.graph)
        : takeOver(session, this.#handle, 60 * 60_000),
    );
    return this.#handle;
  }

  approve(operation: string): Promise<boolean> {
    const database = new MemoryDatabase(this.server);
    return database.withSession((session) => approve(this.server, session, this.#handle!, operation));
  }

  /** One process, from where the journal stands to where it can go. */
  async turn({
    stop = new AbortController().signal,
    resolve = {},
    direction = 'apply',
    as,
  }: TurnOptions = {}): Promise<TurnEnd> {
    const run = as ?? (await this.own());
    this.process = new MemoryDatabase(this.server);
    const database = this.design.database?.(this.process, this.server) ?? this.process;
    const real = memoryJournal(this.server);
    const journal = this.design.journal?.(real, stop) ?? real;
    const { limits } = this.graph;
    const parts = {
      ...{ run, limits, database, journal, clock: this.server.clock, random: () => 0.5 },
      observe: (event: RunEvent): void => void this.events.push(event),
    };
    const throttle = limits.throttle === undefined ? undefined : createThrottle(limits.throttle, parts);
    const execution: Execution = {
      ...parts,
      ...{ direction, resolve, deadlockTimeoutMs: 1_000, slots: createSlots(limits.workers) },
      throttle: this.design.throttle?.(throttle ?? NO_THROTTLE) ?? throttle ?? NO_THROTTLE,
      stop: throttle === undefined ? stop : AbortSignal.any([stop, throttle.stopped]),
      touched: touchedThereAndBack(this.graph),
    };
    const walk = runGraph(this.graph, this.design.execution?.(execution) ?? execution).then(
      (end): TurnEnd => end,
      (error: unknown): TurnEnd => ({ state: 'astray', why: String(error) }),
    );
    const overdue = this.server.clock.overdue.then((): TurnEnd => ({ state: 'astray', why: 'it does not end' }));
    const end = await Promise.race([walk, overdue]);
    if (end.state !== 'astray') await throttle?.close();
    const why = throttle?.why() ?? null;
    return end.state === 'stopped' && why !== null ? { ...end, throttle: why } : end;
  }

  /** By the journal, as committed. */
  state(operation: string): string | undefined {
    return this.#rows.operation(this.#handle!, operation)?.state;
  }

  outcome(operation: string): unknown {
    return this.#rows.operation(this.#handle!, operation)?.outcome;
  }

  get aside(): readonly string[] {
    return this.#rows.appended<{ key: readonly string[] }>(this.#handle!, 'aside').map(({ key }) => key.join());
  }

  get holds(): readonly unknown[] {
    return this.#rows.appended(this.#handle!, 'holds');
  }

  /** How often a statement was done, as committed. */
  done(operation: string): number {
    return this.server.store.read<number>(doneKey(operation)) ?? 0;
  }

  /** The first rows that were not done exactly once. */
  notOnce(operation: string): readonly string[] {
    const wrong = (this.contents.rows[operation] ?? []).flatMap((row) => {
      const times = this.server.store.read<number>(doneKey(operation, row)) ?? 0;
      return times === 1 ? [] : [`row ${row} of ${operation} was done ${times} times`];
    });
    return wrong.slice(0, 3);
  }

  rowsDone(operation: string): number {
    return (this.contents.rows[operation] ?? []).filter((row) => this.server.store.read(doneKey(operation, row)) === 1)
      .length;
  }

  get #rows(): ReturnType<typeof rowsOf> {
    return rowsOf({ transaction: this.server.store.begin() });
  }
}

export function upTo(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}
