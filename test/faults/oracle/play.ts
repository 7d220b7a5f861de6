/**
 * Plays a case: both databases made, the plan run in one of them, the application's transactions sent to both at the run's own moments.
 * What differs and is not exempt is the case's problem; what is refused before a window opens is counted by its code.
 */
import type { RunEvent } from '../../../src/executor/run-event.js';
import type { Database } from '../../../src/executor/session.js';
import type { CommandResult } from '../../../src/commands/command-result.js';
import { planOn, told, type PlanOnDatabase } from '../../support/plan-on-database.js';
import { withSessions } from '../../support/with-sessions.js';
import type { OracleCase, Unit } from './case.js';
import { activity, load } from './load-case.js';
import { openClient, type Client } from './client.js';
import { CaseState } from './case-state.js';
import { Difference, UnitPlayer, type TwoDatabases } from './play-units.js';

export interface CaseEnd {
  /** Empty where nothing differed. */
  readonly problem: string;
  /** Codes of what refused the plan before anything of a window stood. */
  readonly refused: readonly string[];
  /** In the words of the command. */
  readonly why: string;
  readonly sent: number;
  readonly exempt: number;
}

export async function playCase(played: OracleCase, databases: TwoDatabases): Promise<CaseEnd> {
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<never>((_, reject) => {
    timer = setTimeout(() => void activity(databases).then(reject, reject), MOST_MS);
  });
  const ends = play(played, databases);
  try {
    return await Promise.race([ends, tooLong]);
  } finally {
    clearTimeout(timer);
    // Nothing of it goes on beside the next case.
    await ends.catch(() => undefined);
  }
}

/** A case takes seconds. */
const MOST_MS = 90_000;

async function play(played: OracleCase, databases: TwoDatabases): Promise<CaseEnd> {
  const end = { problem: '', refused: [] as readonly string[], why: '', sent: 0, exempt: 0 };
  // Both, also where one fails: the next case begins with dropping what is there.
  const loads = await Promise.allSettled([load(played, databases.beside), load(played, databases.alone)]);
  for (const each of loads) if (each.status === 'rejected') throw each.reason as Error;
  const clients: [Client, Client] = [
    await openClient(databases.beside, played.role),
    await openClient(databases.alone, played.role),
  ];
  const life = new CaseLife(played, databases, clients);
  try {
    const refused = await life.live();
    return { ...end, refused, why: life.why, sent: life.player.sent, exempt: life.player.refused };
  } catch (error) {
    if (!(error instanceof Difference)) throw error;
    return { ...end, problem: error.message, sent: life.player.sent, exempt: life.player.refused };
  } finally {
    await life.player.settle().catch(() => undefined);
    await Promise.all(clients.map((client) => client.release()));
  }
}

class CaseLife {
  readonly player: UnitPlayer;
  readonly #state: CaseState;
  readonly #due: string[] = [];
  readonly #played = new Set<string>();
  readonly #counts = new Map<string, number>();
  why = '';
  #back = false;
  #problem: unknown;

  constructor(
    readonly played: OracleCase,
    databases: TwoDatabases,
    clients: [Client, Client],
  ) {
    this.#state = new CaseState(played, databases);
    this.player = new UnitPlayer(played, databases, clients, () => this.#state.compare(this.player));
  }

  /** The codes that refused it; none where it went on to its end. */
  async live(): Promise<readonly string[]> {
    const { played, player } = this;
    await this.#moment('before');
    const plan = planOn(this.#database(), { ...played.plan, name: played.plan.name });
    const refused = await this.#apply(plan);
    if (refused.length > 0) return refused;
    if (played.life.endsWith('back')) await this.#goBack(plan);
    await this.#moment('after');
    await player.settle();
    await this.#state.probe(played.probes);
    return [];
  }

  async #apply(plan: PlanOnDatabase): Promise<readonly string[]> {
    let result = await plan.apply({ observe: (event) => this.#observe(event) });
    for (let turn = 1; turn < TURNS && result.exit === 6; turn++)
      result = await plan.apply({ observe: (event) => this.#observe(event) });
    await this.#settle();
    if (result.exit === 0) {
      await this.#state.behindApply(this.player);
      return [];
    }
    const window = await this.#state.windowState();
    if (window === undefined && result.exit !== 1) return this.#refused(result);
    if (await this.#state.hasRecorded()) return [];
    if (window === undefined && this.played.life !== 'no window' && this.#played.size <= 1)
      return this.#refused(result);
    throw new Difference(`apply: ${told(result)}\n${failures(result)}`);
  }

  #refused(result: CommandResult<unknown>): readonly string[] {
    this.why = `${told(result)}\n${failures(result)}`;
    return codesOf(result);
  }

  async #goBack(plan: PlanOnDatabase): Promise<void> {
    this.#back = true;
    this.#state.leaving = true;
    this.#counts.clear();
    const turn = (): ReturnType<PlanOnDatabase['rollback']> =>
      plan.rollback({ observe: (event) => this.#observe(event), acceptRecorded: true });
    let result = await turn();
    for (let turns = 1; turns < TURNS && result.exit !== 0; turns++) result = await turn();
    await this.#settle();
    if (result.exit !== 0) throw new Difference(`the way back: ${told(result)}\n${failures(result)}`);
    await this.#state.behindBack(this.player);
  }

  async #settle(): Promise<void> {
    await this.player.settle();
    if (this.#problem !== undefined) throw this.#problem as Error;
  }

  #observe(event: RunEvent): void {
    if (event.type === 'operation') {
      if (event.to === 'running') this.#reached(`operation ${event.step}`);
      if (event.to === 'running' && event.operation.includes('/fill')) this.#reached(`fill ${event.step}`);
      if (event.to === 'done') this.#state.done(event.step, event.operation);
    } else if (event.type === 'progress') this.#reached(`batch ${event.step}`);
  }

  /** On the way back, whatever the step is. */
  #reached(what: string): void {
    const place = this.#back ? `back ${what.split(' ')[0]!}` : what;
    const nth = (this.#counts.get(place) ?? 0) + 1;
    this.#counts.set(place, nth);
    this.#due.push(`${place} ${nth}`);
  }

  /** The run's transactions begin behind what is due. */
  #database(): Database {
    const before = async (): Promise<void> => {
      for (let at = this.#due.shift(); at !== undefined; at = this.#due.shift()) {
        if (this.#problem !== undefined) return;
        await this.#moment(at).catch((error: unknown) => (this.#problem ??= error));
      }
    };
    const { beside } = this.#state.databases;
    const through = withSessions(beside, (session) => ({
      query: async (sql, parameters) => {
        if (sql.startsWith('BEGIN')) await before();
        return session.query(sql, parameters);
      },
    }));
    return {
      ...through,
      transaction: async (work, options) => {
        await before();
        return through.transaction(work, options);
      },
    };
  }

  async #moment(at: string): Promise<void> {
    const index = this.played.moments.findIndex((each) => each.at === at);
    if (index < 0 || this.#played.has(at)) return;
    this.#played.add(at);
    for (const unit of this.played.moments[index]!.units) {
      this.#state.noteHung(unit);
      if (await this.#state.takes(unit)) await this.player.play(unit);
    }
    const next: Unit | undefined = this.played.moments[index + 1]?.units[0];
    if (next?.span === 'early snapshot') await this.player.takeSnapshot(next);
  }
}

const TURNS = 3;

function codesOf({ diagnostics, exit }: CommandResult<unknown>): readonly string[] {
  const codes = diagnostics.filter(({ severity }) => severity === 'error').map(({ code }) => code);
  return codes.length > 0 ? [...new Set(codes)] : [`exit ${exit}`];
}

/** What operations failed with. */
function failures({ report }: CommandResult<unknown>): string {
  const run = (
    report as {
      readonly run?: {
        readonly operations?: readonly { readonly id: string; readonly state: string; readonly error?: unknown }[];
      };
    } | null
  )?.run;
  return (run?.operations ?? [])
    .filter(({ state }) => state === 'failed')
    .map(({ id, error }) => `${id}: ${JSON.stringify(error)}`)
    .join('\n');
}
