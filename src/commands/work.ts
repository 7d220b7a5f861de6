/**
 * `lockstep work RUN`: helps with the batches of a run that another process moves. Holds nothing, takes nothing over, moves
 * neither the run nor its operations; so it may come, go and be killed at any moment, like a worker of the process itself.
 */
import type { Execution } from '../executor/execution.js';
import { joinBatchOperation } from '../executor/join-batch-operation.js';
import { FencedError, type RecordedError, type RunHandle } from '../executor/journal.js';
import { persist } from '../executor/persist.js';
import type { RunEvent } from '../executor/run-event.js';
import type { Session } from '../executor/session.js';
import { createSlots } from '../executor/slots.js';
import { StoppedError } from '../executor/stop-request.js';
import { whileWatched } from '../executor/while-watched.js';
import { systemClock } from '../kernel/clock.js';
import type { OperationGraph } from '../operation/operation-graph.js';
import type { BatchOperation } from '../operation/operation.js';
import { heldPlans } from '../postgres/journal/advisory.js';
import { lookAtRun, type RunLook } from '../postgres/journal/ask-to-stop.js';
import { refuseToWrite } from '../postgres/journal/migrate.js';
import { UNDER_WAY_STATUSES, type Asked, type RunStatus } from '../postgres/journal/run-status.js';
import type { StoredRun } from '../postgres/journal/runs.js';
import { EXIT, refusal, type CommandResult } from './command-result.js';
import { failureDiagnostic } from './end-of-turn.js';
import { withExecution, type RunOptions } from './execute-run.js';
import { guarded } from './guarded.js';
import { knownRun } from './known-run.js';
import { namedRun, type RunName } from './named-run.js';
import { joinedStates, type JoinedStates } from './joined-states.js';

export interface WorkOptions extends RunName, Pick<RunOptions, 'observe' | 'stop' | 'journal'> {
  /** As the user typed it, for the commands that come next. */
  readonly argument: string;
  /** Batches of this process at the same time; absent: as many as the plan's `workers`. */
  readonly workers?: number;
  /** Told the graph whose batches it works on, and once more where the run has turned back. */
  readonly begin?: (graph: OperationGraph) => void;
  /** Told at once of what it leaves to the process that moves the run. */
  readonly met?: (operation: string, error: RecordedError) => void;
  /** Told once when no process moves the run: what is begun is worked off, and then it waits. */
  readonly alone?: () => void;
}

export interface WorkReport {
  readonly run: string;
  /** Where the run stands now. */
  readonly status: RunStatus;
  readonly asked: Asked | null;
  /** Of this process. */
  readonly batches: number;
  readonly rows: number;
  /** What it met and left to the process that moves the run. */
  readonly problems: readonly { readonly operation: string; readonly error: RecordedError }[];
}

/** Nothing is to be had: how long before looking again. */
const LOOK_EVERY_MS = 1_000;

export function workCommand(options: WorkOptions): Promise<CommandResult<WorkReport>> {
  return guarded(async () => {
    const { argument } = options;
    const named = await namedRun(options);
    if (!named.ok) return named.refused;
    const { run: known } = named;
    if (!UNDER_WAY_STATUSES.includes(known.status) || known.asked !== null)
      return {
        ...refusal(EXIT.failed, 'LS9035', {
          detail: `\`${known.name}\` is ${standing(known)}.`,
          help: 'join it while it runs',
        }),
        next: [`lockstep status ${argument}`],
      };
    await options.database.withSession((session) => refuseToWrite(session, 'write'));
    return new Joiner(known, options).toTheEnd();
  });
}

/** Where a run stands, in a word, for whoever wanted to join it. */
export function standing({ status, asked }: { readonly status: RunStatus; readonly asked: Asked | null }): string {
  if (!UNDER_WAY_STATUSES.includes(status) || asked === null) return status;
  return asked === 'pause' ? 'pausing' : 'cancelling';
}

interface JoinedGraph {
  readonly graph: OperationGraph;
  readonly states: JoinedStates;
}

/** An adapter between looks at the journal and batches: its fields are what one call of the command has done and seen. */
class Joiner {
  readonly #known: StoredRun;
  readonly #options: WorkOptions;
  readonly #problems = new Map<string, RecordedError>();
  #batches = 0;
  #rows = 0;
  #graph: JoinedGraph | undefined;
  #toldAlone = false;

  constructor(known: StoredRun, options: WorkOptions) {
    this.#known = known;
    this.#options = options;
  }

  async toTheEnd(): Promise<CommandResult<WorkReport>> {
    const { stop } = this.#options;
    let look = await this.#look();
    while (goesOn(look) && !stop.aborted) {
      await this.#workOn(look);
      await systemClock.sleep(LOOK_EVERY_MS, stop);
      look = await this.#look().catch((error: unknown) => {
        // A stop does not wait for a server that is away.
        if (error instanceof StoppedError) return look;
        throw error;
      });
    }
    return this.#result(look);
  }

  /** Everything that is to be had under what this look says; ends where a later one says otherwise. */
  async #workOn(look: RunLook): Promise<void> {
    const { database, workers } = this.#options;
    const { graph, states } = await this.#graphOf(look);
    const run: RunHandle = { id: this.#known.id, epoch: look.epoch };
    states.seen(look.states);
    const begun = graph.operations.filter(
      (operation): operation is BatchOperation =>
        operation.kind === 'batch' && look.states[operation.id] === 'running' && !this.#problems.has(operation.id),
    );
    if (begun.length === 0) return this.#tellAlone();
    const otherwise = new AbortController();
    const stop = AbortSignal.any([this.#options.stop, otherwise.signal]);
    const join = (execution: Execution): readonly Promise<void>[] =>
      begun.map(async (operation) => {
        const problem = await joinBatchOperation(operation, workers ?? operation.pace.workers, execution);
        if (problem === null) return;
        this.#problems.set(operation.id, problem);
        this.#options.met?.(operation.id, problem);
      });
    const ask = async (session: Session): Promise<() => void> => {
      const now = await lookAtRun(session, run.id);
      return () => {
        states.seen(now.states);
        const changed = begun.some(({ id }) => now.states[id] !== 'running');
        if (changed || !goesOn(now) || now.epoch !== run.epoch) otherwise.abort();
      };
    };
    const every = { firstMs: LOOK_EVERY_MS, everyMs: LOOK_EVERY_MS, ask };
    const own = { ...this.#options, observe: this.#observe, stop };
    const work = (execution: Execution) =>
      whileWatched({ clock: systemClock, database }, () => Promise.allSettled(join(execution)), every);
    const { result: ended } = await withExecution(graph, run, own, workers ?? graph.limits.workers, work);
    for (const end of ended) {
      // Somebody has taken the run over: the next look has the epoch that holds now.
      if (end.status === 'rejected' && !(end.reason instanceof FencedError)) throw end.reason;
    }
    await this.#tellAlone();
  }

  readonly #observe = (event: RunEvent): void => {
    if (event.type === 'progress') {
      this.#batches += 1;
      this.#rows += event.rows;
    }
    this.#options.observe(event);
  };

  async #graphOf({ direction }: RunLook): Promise<JoinedGraph> {
    if (this.#graph?.graph.direction === direction) return this.#graph;
    const { database, begin } = this.#options;
    // It has turned back since it was read.
    const known = direction === this.#known.direction ? this.#known : await knownRun(database, this.#known.name);
    const text = direction === 'rollback' ? known?.rollbackGraph : known?.graph;
    const graph = JSON.parse(text ?? '') as OperationGraph;
    begin?.(graph);
    return (this.#graph = { graph, states: joinedStates(graph, this.#observe) });
  }

  /** A lost connection is no end: the server may be back before the process that moves the run. */
  #look(): Promise<RunLook> {
    const { database, observe, stop } = this.#options;
    const { id, name } = this.#known;
    const own = { database, observe, stop, clock: systemClock, random: Math.random, slots: createSlots(1) };
    return persist(own, { id: name, step: '' }, (session) => lookAtRun(session, id));
  }

  async #tellAlone(): Promise<void> {
    const { database, alone } = this.#options;
    if (this.#toldAlone || alone === undefined) return;
    const held = await database.withSession((session) => heldPlans(session, [this.#known.plan]));
    if (held.size > 0) return;
    this.#toldAlone = true;
    alone();
  }

  #result({ status, asked }: RunLook): CommandResult<WorkReport> {
    const { stop, argument } = this.#options;
    const problems = [...this.#problems].map(([operation, error]) => ({ operation, error }));
    const stopped = stop.aborted && goesOn({ status, asked });
    return {
      exit: problems.length > 0 ? EXIT.failed : stopped ? EXIT.stopped : EXIT.done,
      report: { run: this.#known.name, status, asked, batches: this.#batches, rows: this.#rows, problems },
      diagnostics: problems.map(({ operation, error }) => failureDiagnostic(operation, error)),
      next: [stopped ? `lockstep work ${argument}` : `lockstep status ${argument}`],
    };
  }
}

function goesOn({ status, asked }: Pick<RunLook, 'status' | 'asked'>): boolean {
  return UNDER_WAY_STATUSES.includes(status) && asked === null;
}
