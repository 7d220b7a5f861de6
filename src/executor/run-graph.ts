/**
 * Walks a graph: starts whatever has nothing left to wait for, side by side, until nothing can start. Owns order, states
 * and the end of the run; how an operation runs is its own file. The state of every operation is in the journal before
 * anybody is told of it.
 */
import { setMaxListeners } from 'node:events';

import { assertNever } from '../kernel/assert-never.js';
import { definitionScope } from '../operation/definition-scope.js';
import type { GateCondition } from '../operation/gate.js';
import type { OperationGraph } from '../operation/operation-graph.js';
import type { Operation, OperationId } from '../operation/operation.js';
import { askedFor } from './asked-for.js';
import type { Ended, Execution } from './execution.js';
import { FencedError, type OperationOutcome, type OperationState, type RecordedError } from './journal.js';
import { persist } from './persist.js';
import { runBatchOperation } from './run-batch-operation.js';
import { runCheckOperation } from './run-check-operation.js';
import { runGateOperation } from './run-gate-operation.js';
import { runStatementOperation } from './run-statement-operation.js';
import { runTransaction } from './run-transaction.js';
import { DatabaseError } from './session.js';
import { StoppedError, whyStopped } from './stop-request.js';
import type { ThrottleStop } from './throttle.js';

/** How the walk ended. Where several are true, the one that stands first here. */
export type WalkEnd =
  | { readonly state: 'fenced' }
  | { readonly state: 'failed'; readonly failures: readonly OperationFailure[] }
  | { readonly state: 'done' }
  | { readonly state: 'blocked'; readonly blocked: readonly HeldBack[] }
  /** By whoever asked for it, or by the throttle. */
  | { readonly state: 'stopped'; readonly why: string | null; readonly throttle?: ThrottleStop }
  | { readonly state: 'waiting'; readonly gates: readonly WaitingGate[] };

/** By a gate that is not open, or by others' locks. What does not depend on it goes on. */
export interface HeldBack {
  readonly operation: OperationId;
  readonly reason: string;
}

export interface WaitingGate extends HeldBack {
  readonly missing: readonly GateCondition[];
}

export interface OperationFailure {
  readonly operation: OperationId;
  readonly error: RecordedError;
}

export async function runGraph(graph: OperationGraph, execution: Execution): Promise<WalkEnd> {
  const walk = new Walk(graph, execution);
  try {
    await walk.load();
    return await walk.toTheEnd();
  } catch (error) {
    if (error instanceof FencedError) return { state: 'fenced' };
    throw error;
  }
}

/** An adapter between the graph and promises: its fields are the walk's state, which lives no longer than one `apply`. */
class Walk {
  readonly #states = new Map<OperationId, OperationState>();
  readonly #outcomes = new Map<OperationId, OperationOutcome>();
  readonly #before = new Map<OperationId, OperationId[]>();
  readonly #underWay = new Map<OperationId, Promise<void>>();
  readonly #attempted = new Set<OperationId>();
  readonly #failures: OperationFailure[] = [];
  readonly #gates: WaitingGate[] = [];
  readonly #blocked: HeldBack[] = [];
  /** Aborted by the operator's stop, and by the first failure: batches under way end at their next checkpoint. */
  readonly #stop = new AbortController();
  readonly #execution: Execution;

  constructor(
    readonly graph: OperationGraph,
    execution: Execution,
  ) {
    const stop = AbortSignal.any([execution.stop, this.#stop.signal]);
    // Every operation under way may wait on it; Node warns on stderr from eleven on.
    setMaxListeners(0, stop);
    this.#execution = { ...execution, stop };
    for (const [before, after] of graph.edges) {
      this.#before.set(after, [...(this.#before.get(after) ?? []), before]);
    }
  }

  async load(): Promise<void> {
    const { database, journal, run } = this.#execution;
    const records = await database.withSession((session) => journal.operations(session, run));
    for (const record of records) {
      this.#states.set(record.id, record.state);
      if (record.outcome !== null) this.#outcomes.set(record.id, record.outcome);
    }
    for (const operation of this.graph.operations) {
      if (!this.#isAskedAgain(operation)) continue;
      await persist(this.#execution, operation, (session) =>
        runTransaction(this.#execution, session, () => journal.moveOperation(session, run, operation.id, 'pending')),
      );
      this.#states.set(operation.id, 'pending');
    }
  }

  /**
   * What an earlier turn found may no longer be so, and what it was asked for is still to be done. Once that is, the question may not
   * even be understood any more: it was put in names that a cutover, or its way back, has changed.
   */
  #isAskedAgain({ id, ...operation }: Operation): boolean {
    if (operation.kind !== 'check' || operation.lasts !== 'turn' || !this.#hasEnded(id)) return false;
    return askedFor(id, this.graph).some((later) => !this.#hasEnded(later.id));
  }

  async toTheEnd(): Promise<WalkEnd> {
    try {
      for (;;) {
        this.#startReady();
        if (this.#underWay.size === 0) break;
        await Promise.race(this.#underWay.values());
      }
    } catch (error) {
      // One operation found itself fenced, or a defect: the others end their batches before anybody is told.
      this.#stop.abort();
      await Promise.allSettled(this.#underWay.values());
      throw error;
    }
    if (this.#failures.length > 0) return { state: 'failed', failures: this.#failures };
    if (this.graph.operations.every((operation) => this.#hasEnded(operation.id))) return { state: 'done' };
    if (this.#blocked.length > 0) return { state: 'blocked', blocked: this.#blocked };
    if (this.#execution.stop.aborted) return { state: 'stopped', why: whyStopped(this.#execution.stop) };
    return { state: 'waiting', gates: this.#gates };
  }

  #startReady(): void {
    if (this.#execution.stop.aborted) return;
    for (const operation of this.graph.operations) {
      if (this.#attempted.has(operation.id) || this.#hasEnded(operation.id)) continue;
      if (!(this.#before.get(operation.id) ?? []).every((id) => this.#hasEnded(id))) continue;
      this.#attempted.add(operation.id);
      const turn = this.#turn(operation)
        // Its end could not be written any more; what it did stands, and going on finds it.
        .catch((error: unknown) => {
          if (!(error instanceof StoppedError)) throw error;
        })
        .finally(() => this.#underWay.delete(operation.id));
      this.#underWay.set(operation.id, turn);
    }
  }

  #hasEnded(id: OperationId): boolean {
    const state = this.#states.get(id);
    return state === 'done' || state === 'skipped';
  }

  async #turn(operation: Operation): Promise<void> {
    const from = this.#states.get(operation.id) ?? 'pending';
    const reason = this.#reasonToSkip(operation);
    if (reason !== undefined) return this.#move(operation, 'skipped', { reason });
    const ended = await this.#run(operation, from);
    switch (ended.state) {
      case 'done':
      case 'skipped':
        return this.#move(operation, ended.state, ended.outcome);
      case 'waiting':
      case 'blocked': {
        const { reason, missing = [] } = ended.outcome;
        if (ended.state === 'waiting') this.#gates.push({ operation: operation.id, reason, missing });
        else this.#blocked.push({ operation: operation.id, reason });
        return this.#move(operation, ended.state, ended.outcome);
      }
      case 'failed':
      case 'in doubt':
        this.#stop.abort();
        this.#failures.push({ operation: operation.id, error: ended.outcome.error });
        // Where the journal cannot be reached the failure is still told; going on tries the operation again.
        return this.#move(operation, ended.state, ended.outcome).catch((error: unknown) => {
          if (error instanceof FencedError) throw error;
        });
      case 'stopped':
        return;
      default:
        return assertNever(ended);
    }
  }

  #run(operation: Operation, from: OperationState): Promise<Ended> {
    // A gate without checks answers at once.
    if (operation.kind !== 'gate' || (operation.until ?? []).length > 0) this.#tell(operation, from, 'running', null);
    switch (operation.kind) {
      case 'statement':
        return runStatementOperation(operation, from, this.#execution);
      case 'batch':
        return runBatchOperation(operation, from, this.#execution);
      case 'check':
        return runCheckOperation(operation, this.#execution);
      case 'gate':
        return runGateOperation(operation, from, this.#execution);
      default:
        return assertNever(operation);
    }
  }

  #reasonToSkip(operation: Operation): string | undefined {
    for (const id of operation.skipWhen) {
      const condition = this.graph.operations.find((candidate) => candidate.id === id);
      if (this.#states.get(id) === 'skipped') return this.#outcomes.get(id)?.reason ?? 'its condition was skipped';
      if ((this.#outcomes.get(id)?.answer?.violations ?? 0) > 0) return `does not hold: ${condition?.label ?? id}`;
    }
    return undefined;
  }

  async #move(operation: Operation, to: OperationState, outcome: OperationOutcome): Promise<void> {
    const from = this.#states.get(operation.id) ?? 'pending';
    // In a transaction it was recorded with its effect.
    const records = to === 'done' && operation.kind === 'statement' && !operation.transactional;
    await this.#write(operation, to, outcome, records).catch((error: unknown) => {
      // Others' locks hide what a view reads. It is done all the same; what it may have changed is then not compared.
      if (!records || !(error instanceof DatabaseError) || error.facts.kind !== 'statement') throw error;
      return this.#write(operation, to, outcome, false);
    });
    this.#states.set(operation.id, to);
    this.#outcomes.set(operation.id, outcome);
    this.#tell(operation, from, to, outcome);
  }

  #write(operation: Operation, to: OperationState, outcome: OperationOutcome, records: boolean): Promise<void> {
    const { journal, run, touched } = this.#execution;
    return persist(this.#execution, operation, (session) =>
      runTransaction(this.#execution, session, async () => {
        // Whoever gave up on a lost connection does not know whether its COMMIT arrived; the row does.
        if ((to === 'failed' || to === 'blocked') && operation.kind === 'statement') {
          if ((await journal.lockedState(session, run, operation.id)) === 'done') return;
        }
        if (records) await journal.recordDefinitions(session, run, operation.id, definitionScope(operation, touched));
        await journal.moveOperation(session, run, operation.id, to, outcome);
      }),
    );
  }

  #tell(operation: Operation, from: OperationState, to: OperationState, outcome: OperationOutcome | null): void {
    this.#execution.observe({ type: 'operation', operation: operation.id, step: operation.step, from, to, outcome });
  }
}
