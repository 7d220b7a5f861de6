/** What is true of a case while it is played: which mappings are filled, where the window stands; and all that is compared then. */
import {
  compareTables,
  conversionDiffers,
  correspondence,
  hangerLost,
  hasLegacy,
  hungRows,
  tablesOf,
  type HungRow,
} from './compare.js';
import type { OracleCase, Unit } from './case.js';
import { DatabaseError } from '../../../src/executor/session.js';
import { ask } from './client.js';
import { Difference, type TwoDatabases, type UnitPlayer } from './play-units.js';

const SHOWN = 8;
const TRIES = 5;

export class CaseState {
  leaving = false;
  readonly #filled = new Set<string>();
  readonly #hung = new Map<string, HungRow>();
  #hangsPlayed = false;
  #joined = false;
  #writtenClosed = false;

  constructor(
    readonly played: OracleCase,
    readonly databases: TwoDatabases,
  ) {}

  done(step: string, operation: string): void {
    if (step.startsWith('fill-')) this.#filled.add(operation.split('/').at(-1)!);
    if (step === 'proof') this.#joined = true;
  }

  /** Undefined: none was opened. */
  async windowState(): Promise<string | undefined> {
    return this.databases.beside.withSession(async (session) => {
      const there = await session.query<{ there: boolean }>(
        `SELECT to_regclass('lockstep."window"') IS NOT NULL AS there`,
      );
      if (there.rows[0]?.there !== true) return undefined;
      return (await session.query<{ state: string }>(`SELECT state FROM lockstep."window" LIMIT 1`)).rows[0]?.state;
    });
  }

  async hasRecorded(): Promise<boolean> {
    if (!this.played.record) return false;
    if ((await this.windowState()) === undefined) return false;
    return this.databases.beside.withSession(
      async (session) => (await session.query('SELECT FROM lockstep.mirror_failure LIMIT 1')).rows.length > 0,
    );
  }

  /** Whether the unit means anything now: nobody writes a side that no window keeps in step any more. */
  async takes({ side, statements }: Unit): Promise<boolean> {
    const state = await this.windowState();
    if (side === 'others') return true;
    const { life, kind } = this.played;
    const closed = state === 'closed';
    this.#writtenClosed ||= closed;
    if (kind === 'convert') return !(closed && life === 'flip and close' && side === 'old');
    if (statements.some(({ held }) => held !== undefined)) return state !== undefined && state !== 'gone';
    if (side === 'new') return state === 'new leads' || (state === 'old leads' && this.#joined);
    return !(closed && life === 'flip and close');
  }

  noteHung({ side }: Unit): void {
    if (side === 'others') this.#hangsPlayed = true;
  }

  /** After each unit, and at the ends. A transaction that stayed open may end beside a change of names: then once more. */
  async compare(player: UnitPlayer): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        await this.#compare(player);
        return;
      } catch (error) {
        const renamed = error instanceof DatabaseError && ['42703', '42P01'].includes(error.facts.sqlstate ?? '');
        if (!renamed || tries === TRIES) throw error;
      }
    }
  }

  async #compare(player: UnitPlayer): Promise<void> {
    const state = await this.windowState();
    const { beside, alone } = this.databases;
    const closed = state === 'closed';
    const flippedAndClosed = closed && this.played.life === 'flip and close';
    const options = {
      ...{ throughOther: player.throughOther, more: player.held.length > 0 },
      closed: flippedAndClosed && this.played.kind === 'convert',
    };
    const differences = await beside.withSession((one) =>
      alone.withSession((other) => compareTables(this.played, one, other, options)),
    );
    if (differences.length > 0)
      throw new Difference(`tables differ (-alone, +beside)\n  ${differences.slice(0, SHOWN).join('\n  ')}`);
    await this.#hangers(!this.leaving && !closed);
    if (!this.leaving && !closed) await this.#sides();
  }

  async #hangers(follows: boolean): Promise<void> {
    if (!this.#hangsPlayed) return;
    await this.databases.beside.withSession(async (session) => {
      const there = await tablesOf(session);
      for (const hanger of this.played.hangers.filter(({ table }) => there.has(table))) {
        const own = [...this.#hung].filter(([id]) => id.startsWith(`${hanger.table} `)).map(([, row]) => row);
        const mapping = this.played.mappings.find(({ id }) => id === hanger.mapping);
        if (mapping === undefined || !there.has(mapping.source)) continue;
        const lost = await hangerLost(hanger, mapping, own, session, follows && this.#filled.has(mapping.id));
        if (lost.length > 0) throw new Difference(`rows of others\n  ${lost.slice(0, SHOWN).join('\n  ')}`);
        for (const row of await hungRows(hanger, session)) this.#hung.set(`${hanger.table} ${row.nr}`, row);
      }
    });
  }

  /** The window's own sides. */
  async #sides(): Promise<void> {
    if (await this.hasRecorded()) return;
    await this.databases.beside.withSession(async (session) => {
      const there = await tablesOf(session);
      for (const mapping of this.played.mappings) {
        if (!there.has(mapping.source) || !there.has(mapping.target)) continue;
        const lines = await correspondence(mapping, session, this.#filled.has(mapping.id));
        if (lines.length > 0) throw new Difference(`the sides differ\n  ${lines.slice(0, SHOWN).join('\n  ')}`);
      }
      if (this.played.kind !== 'convert' || !this.#joined) return;
      const lines = await conversionDiffers(this.played, session, (await hasLegacy(session)) ? 'legacy' : 'uuid');
      if (lines.length > 0)
        throw new Difference(`old and new references differ\n  ${lines.slice(0, SHOWN).join('\n  ')}`);
    });
  }

  /** A close compared both sides: they are the same, whatever was committed meanwhile. */
  async behindApply(player: UnitPlayer): Promise<void> {
    const { life, kind } = this.played;
    if (
      (await this.windowState()) === 'closed' &&
      !this.#writtenClosed &&
      kind !== 'convert' &&
      !life.startsWith('flip')
    ) {
      await this.#sides().catch((error: unknown) => {
        throw error instanceof Difference ? new Difference(`closed, and ${error.message}`) : error;
      });
    }
    if (!(life === 'flip and close')) await this.compare(player);
  }

  /** Whoever refers to a target row keeps it; what was acknowledged is somewhere; nothing of ours is left. */
  async behindBack(player: UnitPlayer): Promise<void> {
    const { mappings } = this.played;
    await this.databases.beside.withSession(async (session) => {
      const there = await tablesOf(session);
      for (const { mapping: id, key } of player.held) {
        const mapping = mappings.find((each) => each.id === id)!;
        const on = (side: 0 | 1): string => mapping.key.map((pair, at) => `${pair[side]} = ${key[at]!}`).join(' AND ');
        const places = [
          [mapping.source, on(1)],
          [mapping.target, on(0)],
        ].filter(([table]) => there.has(table!));
        const found = await session.query(
          places.map(([table, where]) => `SELECT FROM ${table!} WHERE ${where!}`).join(' UNION ALL '),
        );
        if (found.rows.length === 0)
          throw new Difference(`an acknowledged row is nowhere: ${mapping.target} ${key.join(', ')}`);
      }
      const left = await session.query<{ thing: string }>(
        `SELECT 'function ' || oid::regprocedure AS thing FROM pg_proc WHERE pronamespace = 'lockstep'::regnamespace AND proname ~ '^(w|mirror|window)[ _-]?[0-9]'
         UNION ALL SELECT 'trigger ' || tgname || ' on ' || tgrelid::regclass FROM pg_trigger AS g JOIN pg_proc AS p ON p.oid = tgfoid WHERE pronamespace = 'lockstep'::regnamespace`,
      );
      if (left.rows.length > 0)
        throw new Difference(`left behind\n  ${left.rows.map(({ thing }) => thing).join('\n  ')}`);
    });
    await this.compare(player);
  }

  /** New code begins with the new table; its keys are past what was copied. */
  async probe(probes: readonly string[]): Promise<void> {
    const state = await this.windowState();
    if (state !== 'closed' && this.played.life !== 'no window') return;
    await this.databases.beside.withSession(async (session) => {
      for (const sql of probes) {
        const told = await ask(session, sql);
        if (told.error !== null)
          throw new Difference(`new code cannot write the new table: ${told.sqlstate!} ${told.error.message}: ${sql}`);
      }
    });
  }
}
