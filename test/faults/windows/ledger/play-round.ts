/**
 * What is done to a plan while clients keep their ledger, and what must hold at each look. In one direction: filled, taken
 * back, filled again, closed. In both: half of the clients move before the cutover, most behind it, all back before the way
 * back; then there again, and closed when nobody writes the old side any more.
 */
import { expect } from 'vitest';

import { approveCommand } from '../../../../src/commands/approve.js';
import { systemClock } from '../../../../src/kernel/clock.js';
import { randomFrom, type Random } from '../../support/random.js';
import { drive, runIs, waitsAt, type Drive, type Driven } from './drive-window.js';
import { judge, wrongs } from './judge-ledger.js';
import type { LedgerLog } from './ledger-log.js';
import { startRound, type LedgerRound, type Look } from './ledger-round.js';
import type { Direction, LedgerSize } from './ledger-tables.js';
import { newSide } from './new-side.js';
import { oldSide } from './old-side.js';

export interface RoundPlayed {
  readonly log: LedgerLog;
  readonly killedIn: readonly string[];
  readonly looks: number;
  readonly wrong: readonly string[];
  readonly unknownThere: number;
}

export interface PlayOptions {
  readonly direction: Direction;
  readonly size: LedgerSize;
  readonly clients: number;
  readonly processes: Driven['processes'];
  readonly random: Random;
}

/** Long enough for a client to end the transaction that it is in, its waits for locks included. */
const MOVE_MS = 1_500;
const MIXED_MS = 3_000;
const THINKS_MS = 100;

interface Played {
  readonly what: string;
  readonly look: Look;
  /** A side that nobody has kept in step since holds what it held then, and nothing by halves. */
  readonly old: 'all' | 'then';
  readonly new: 'all' | 'then' | 'nothing';
}

class Play {
  readonly looks: Played[] = [];
  readonly killedIn: string[] = [];
  readonly #driven: Driven;

  constructor(
    readonly round: LedgerRound,
    { processes, random }: PlayOptions,
  ) {
    this.#driven = { test: round.test, plan: round.plan, processes, random, killedIn: this.killedIn };
  }

  to(gate: string, kills: number, killWithinMs: number): Promise<void> {
    return this.#drive({ action: 'apply', reached: waitsAt(this.#driven, gate), kills, killWithinMs });
  }

  end(kills: number): Promise<void> {
    return this.#drive({ action: 'apply', reached: runIs(this.#driven, 'done'), kills, killWithinMs: 1_500 });
  }

  back(kills: number): Promise<void> {
    return this.#drive({ action: 'rollback', reached: runIs(this.#driven, 'rolled back'), kills, killWithinMs: 2_000 });
  }

  async approve(gate: string): Promise<void> {
    const { test, plan } = this.round;
    const named = { run: plan.name, argument: plan.file, gate, comment: null };
    const { exit, diagnostics } = await approveCommand({ database: test.database, ...named });
    expect(exit, JSON.stringify(diagnostics)).toBe(0);
  }

  async look(what: string, sides: Pick<Played, 'old' | 'new'> = { old: 'all', new: 'all' }): Promise<void> {
    this.looks.push({ what, ...sides, look: await this.round.look() });
  }

  #drive(order: Drive): Promise<void> {
    return drive(this.#driven, order);
  }
}

export async function playRound(options: PlayOptions): Promise<RoundPlayed> {
  const { size, clients, direction, random } = options;
  const seed = randomFrom(random.below(2 ** 31));
  const round = await startRound({ size, clients, direction, random: seed, faults: 4 });
  const play = new Play(round, options);
  await (direction === 'forward' ? forward(play) : both(play));
  const { log, first } = round;
  const wrong = play.looks.flatMap((one) => judged(one, log, first));
  const last = play.looks.at(-1)!.look.sides;
  const { unknownThere } = judge(log, first.old, direction === 'forward' ? last.old : last.new, new Set());
  return { log, wrong, unknownThere, killedIn: play.killedIn, looks: play.looks.length };
}

async function forward(play: Play): Promise<void> {
  await play.to('soak', 3, 4_000);
  await play.look('filled');
  await play.back(2);
  await play.look('taken back', { old: 'all', new: 'nothing' });
  await play.to('soak', 2, 4_000);
  await play.look('filled again');
  await play.approve('soak');
  await play.end(2);
  await play.round.stop();
  await play.look('closed', { old: 'all', new: 'then' });
}

async function both(play: Play): Promise<void> {
  const { round } = play;
  await play.to('soak', 2, 4_000);
  round.move((client) => client % 2 === 0, newSide);
  await systemClock.sleep(MIXED_MS);
  await play.look('both sides are written');
  round.think(THINKS_MS);
  await play.approve('soak');
  await play.to('settled', 2, 1_500);
  round.move((client) => client > 1, newSide);
  round.think(0);
  await systemClock.sleep(MIXED_MS);
  await play.look('cut over');
  round.think(THINKS_MS);
  round.move(() => true, oldSide);
  await systemClock.sleep(MOVE_MS);
  await play.back(2);
  await play.look('taken back', { old: 'all', new: 'nothing' });
  round.think(0);
  await play.to('soak', 1, 4_000);
  round.think(THINKS_MS);
  round.move((client) => client % 2 === 0, newSide);
  await play.approve('soak');
  await play.to('settled', 1, 1_500);
  await play.look('cut over again');
  round.move(() => true, newSide);
  // The plan wants the old side to be quiet for a second.
  await systemClock.sleep(MOVE_MS + 1_000);
  await play.approve('settled');
  await play.end(2);
  await systemClock.sleep(500);
  await round.stop();
  await play.look('closed', { old: 'then', new: 'all' });
}

/** When all is said: a write may have been acknowledged after the look that saw it. */
function judged(played: Played, log: LedgerLog, first: LedgerRound['first']): readonly string[] {
  const { what, look, old } = played;
  const { acknowledged, sides } = look;
  const lines = (side: string, found: readonly string[]): readonly string[] =>
    found.map((line) => `${what}, ${side} side: ${line}`);
  const must = (side: 'all' | 'then'): ReadonlySet<number> => (side === 'all' ? acknowledged : new Set<number>());
  const inNew =
    played.new === 'nothing'
      ? [...sides.new.row.values(), ...sides.new.claim.values(), ...[...sides.new.entries].map(String)].map(
          (row) => `left behind: ${String(row)}`,
        )
      : wrongs(judge(log, first.old, sides.new, must(played.new)));
  return [
    ...lines('old', wrongs(judge(log, first.old, sides.old, must(old)))),
    ...lines('new', inNew.slice(0, 20)),
    ...(old === 'all' && played.new === 'all' ? lines('other', sides.disagreements) : []),
    ...(sides.ofOthers === 0 ? [] : [`${what}: ${sides.ofOthers} rows of others are not as they were`]),
  ];
}
