/**
 * Sends units to both databases, and compares what they answer and hold. Owns the exemptions at work, transactions that stay open
 * over what the run does, and old snapshots.
 */
import type { PgDatabase } from '../../../src/postgres/pg-database.js';
import type { OracleCase, Statement, Unit } from './case.js';
import { endUnit, failureOf, openClient, playStatements, type Client, type Outcome, type Texts } from './client.js';
import { hasLegacy } from './compare.js';
import { exemption, outcomesDiffer } from './exemptions.js';

export interface TwoDatabases {
  readonly beside: PgDatabase;
  readonly alone: PgDatabase;
}

/** What differs ends the case. */
export class Difference extends Error {}

interface Pending {
  readonly unit: Unit;
  readonly clients: readonly [beside: Client, alone: Client];
  readonly outcomes: readonly [beside: Outcome, alone: Outcome];
}

/** Nobody waits longer for a transaction of the application that stays open. */
const OPEN_MS = 120;
const TRIES = 4;

export class UnitPlayer {
  readonly held: NonNullable<Statement['held']>[] = [];
  throughOther = false;
  sent = 0;
  refused = 0;
  #late: Pending | undefined;
  #early: { readonly unit: Unit; readonly client: Client } | undefined;
  #timer: NodeJS.Timeout | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  #failed: unknown;

  constructor(
    readonly played: OracleCase,
    readonly databases: TwoDatabases,
    readonly clients: [beside: Client, alone: Client],
    readonly compare: () => Promise<void>,
  ) {}

  /** One after the other, whoever calls. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#queue.then(work);
    this.#queue = done.catch(() => undefined);
    return done;
  }

  play(unit: Unit): Promise<void> {
    return this.#inTurn(() => this.#play(unit));
  }

  /** Ends what is open; what its timer found is told here. */
  async settle(): Promise<void> {
    await this.#inTurn(async () => {
      await this.#endLate();
      await this.#dropSnapshot();
    });
    if (this.#failed !== undefined) throw this.#failed as Error;
  }

  /** The unit is to be played at the next moment, by what is seen now. */
  async takeSnapshot(unit: Unit): Promise<void> {
    await this.#inTurn(async () => {
      await this.#dropSnapshot();
      const client = await openClient(this.databases.beside, this.played.role);
      await client.session.query(`BEGIN ISOLATION LEVEL ${unit.isolation}; SELECT count(*) FROM pg_catalog.pg_class`);
      this.#early = { unit, client };
    });
    // A concurrent build waits for old snapshots.
    setTimeout(() => void this.#inTurn(() => this.#dropSnapshot(unit)), 4 * OPEN_MS).unref();
  }

  /** That of the unit, or whichever there is. */
  async #dropSnapshot(unit = this.#early?.unit): Promise<void> {
    const client = this.#early?.client;
    if (client === undefined || this.#early?.unit !== unit) return;
    this.#early = undefined;
    await client.session.query('ROLLBACK');
    await client.release();
  }

  async #play(unit: Unit): Promise<void> {
    await this.#endLate();
    const early = this.#early?.unit === unit ? this.#early.client : undefined;
    if (early !== undefined) this.#early = undefined;
    if (unit.span === 'late commit') await this.#begin(unit);
    else await this.#atOnce(unit, early);
  }

  async #texts(unit: Unit): Promise<Texts> {
    const { converted } = this.played;
    const renamed = unit.side === 'old' && converted.length > 0 && (await hasLegacy(this.clients[0].session));
    if (!renamed) return ({ beside }) => beside;
    const names = new RegExp(`\\b(${converted.join('|')})\\b`, 'g');
    return ({ beside }) => beside.replaceAll(names, '$1_legacy');
  }

  async #atOnce(unit: Unit, early: Client | undefined): Promise<void> {
    const alone = this.clients[1];
    const text = await this.#texts(unit);
    let outcome: Outcome = [];
    let verdict = 'none';
    for (let tries = 1; tries <= TRIES; tries++) {
      const begun = tries === 1 && early !== undefined;
      const session = begun ? early.session : this.clients[0].session;
      outcome = await endUnit(session, unit, await playStatements(session, unit, text, { begun }));
      if (begun) await early.release();
      verdict = exemption(this.played, unit, outcome);
      if (verdict === 'connects again') await this.#connectAgain();
      else if (verdict !== 'tries again') break;
    }
    const refused = verdict === 'refused by the other side';
    const outcomeAlone = await this.#playAlone(alone, unit, refused);
    this.#count(unit, outcome, refused);
    if (refused) await this.#sameSequences();
    else {
      const differs = outcomesDiffer(unit, outcome, outcomeAlone);
      if (differs !== undefined) throw new Difference(differs);
    }
    await this.compare();
  }

  /** What `breaks_readers` asks for: functions of a session remember the types that columns had. */
  async #connectAgain(): Promise<void> {
    const [old] = this.clients;
    const { rows } = await old.session.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    this.clients[0] = await openClient(this.databases.beside, this.played.role);
    await this.databases.beside.withSession((session) =>
      session.query('SELECT pg_terminate_backend($1)', [rows[0]!.pid]),
    );
    await old.release();
  }

  async #playAlone({ session }: Client, unit: Unit, refused: boolean): Promise<Outcome> {
    if (!unit.statements.some(({ alone }) => alone !== null)) return [];
    if (!refused) return endUnit(session, unit, await playStatements(session, unit, ({ alone }) => alone));
    const inTransaction: Unit = { ...unit, end: 'ROLLBACK' };
    return endUnit(
      session,
      inTransaction,
      await playStatements(session, inTransaction, ({ alone }) => alone),
      'ROLLBACK',
    );
  }

  #count(unit: Unit, outcome: Outcome, refused: boolean): void {
    this.sent += outcome.length;
    if (refused) this.refused += 1;
    const through = unit.side === 'new' && this.played.converted.length === 0;
    if (through) this.throughOther = true;
    if (failureOf(outcome) === null && unit.end === 'COMMIT')
      this.held.push(...unit.statements.flatMap(({ held }) => (held === undefined ? [] : [held])));
  }

  /** A refused statement may have taken fewer numbers than where it passed. */
  async #sameSequences(): Promise<void> {
    const list = `SELECT format('%I.%I', schemaname, sequencename) AS name, last_value FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL`;
    const rows = await this.databases.alone.withSession((session) =>
      session.query<{ name: string; last_value: string }>(list),
    );
    await this.databases.beside.withSession(async (session) => {
      for (const { name, last_value } of rows.rows) await session.query(`SELECT setval('${name}', ${last_value})`);
    });
  }

  async #begin(unit: Unit): Promise<void> {
    const text = await this.#texts(unit);
    const clients = await Promise.all([
      openClient(this.databases.beside, this.played.role),
      openClient(this.databases.alone, this.played.role),
    ]);
    const beside = await playStatements(clients[0].session, unit, text);
    const alone = await playStatements(clients[1].session, unit, (statement) => statement.alone);
    this.#late = { unit, clients, outcomes: [beside, alone] };
    this.#timer = setTimeout(() => {
      void this.#inTurn(() => this.#endLate()).catch((error: unknown) => (this.#failed ??= error));
    }, OPEN_MS);
  }

  async #endLate(): Promise<void> {
    const late = this.#late;
    if (late === undefined) return;
    clearTimeout(this.#timer);
    this.#late = undefined;
    const { unit, clients, outcomes } = late;
    const beside = await endUnit(clients[0].session, unit, outcomes[0]);
    const refused = exemption(this.played, unit, beside) !== 'none';
    const alone = await endUnit(clients[1].session, unit, outcomes[1], refused ? 'ROLLBACK' : unit.end);
    await Promise.all(clients.map((client) => client.release()));
    this.#count(unit, beside, refused);
    if (refused) await this.#sameSequences();
    else {
      const differs = outcomesDiffer(unit, beside, alone);
      if (differs !== undefined) throw new Difference(`${differs} (a transaction that stayed open)`);
    }
    await this.compare();
  }
}
