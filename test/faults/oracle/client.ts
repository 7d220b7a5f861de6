/** A session of the application that stays as long as it is wanted, and what a transaction of it was told. */
import { DatabaseError, type Database, type Session } from '../../../src/executor/session.js';
import type { Statement, Unit } from './case.js';

export interface Client {
  readonly session: Session;
  readonly release: () => Promise<void>;
}

/** Out of the pool until it is released. */
export async function openClient(database: Database, role: string | null): Promise<Client> {
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  let given: Promise<void> | undefined;
  const session = await new Promise<Session>((resolve, reject) => {
    given = database.withSession(async (each) => {
      await each.query(`SET statement_timeout = '20s'${role === null ? '' : `; SET ROLE ${role}`}`);
      resolve(each);
      await held;
    });
    given.catch(reject);
  });
  return {
    session,
    release: async () => {
      release();
      await given?.catch(() => undefined);
    },
  };
}

/** Of one statement. */
export interface Told {
  readonly sqlstate: string | null;
  readonly count: number;
  /** In one order, whichever way the server went through the table. */
  readonly rows: readonly string[];
  /** For people, and for exemptions. */
  readonly error: DatabaseError | null;
}

/** Up to the first statement that failed; the last one is the COMMIT where there is one. */
export type Outcome = readonly Told[];

export async function ask(session: Session, sql: string): Promise<Told> {
  try {
    const { rows, count } = await session.query(sql);
    const texts = rows.map((row) => JSON.stringify(Object.values(row)));
    return { sqlstate: null, count, rows: texts.sort(), error: null };
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    return { sqlstate: error.facts.sqlstate ?? error.facts.kind, count: 0, rows: [], error };
  }
}

export function failureOf(outcome: Outcome): DatabaseError | null {
  return outcome.at(-1)?.error ?? null;
}

/** Whether the unit is a statement without a transaction of its own. */
function isBare({ statements, isolation, end, span }: Unit): boolean {
  return statements.length === 1 && isolation === 'READ COMMITTED' && end === 'COMMIT' && span === 'now';
}

export type Texts = (statement: Statement) => string | null;

/** Everything but the end; `begun`: its snapshot was taken before. */
export async function playStatements(
  session: Session,
  unit: Unit,
  text: Texts,
  { begun = false }: { readonly begun?: boolean } = {},
): Promise<Outcome> {
  const outcome: Told[] = [];
  if (!begun && !isBare(unit)) await session.query(`BEGIN ISOLATION LEVEL ${unit.isolation}`);
  for (const statement of unit.statements) {
    const sql = text(statement);
    if (sql === null) continue;
    const told = await ask(session, sql);
    outcome.push(told);
    if (told.error !== null) break;
  }
  return outcome;
}

/** The end of what was begun; `ROLLBACK` where a statement failed. */
export async function endUnit(
  session: Session,
  unit: Unit,
  outcome: Outcome,
  end: Unit['end'] = unit.end,
): Promise<Outcome> {
  if (isBare(unit)) return outcome;
  if (failureOf(outcome) !== null) {
    await session.query('ROLLBACK');
    return outcome;
  }
  return [...outcome, await ask(session, end)];
}
