/** How a client writes to one side: the same writes, in the tables that the side has. */
import type { Session } from '../../../../src/executor/session.js';
import type { Key } from './ledger-tables.js';

export interface FoundRow {
  readonly version: string;
  readonly kind: string;
}

export interface FoundClaim {
  readonly claim: string;
  readonly handle: string;
}

/** `false` and undefined: the row is not there. */
export interface Side {
  readonly name: 'old' | 'new';
  pay(session: Session, key: Key, by: number): Promise<boolean>;
  /** In one statement; returns those that it has met. */
  count(session: Session, keys: readonly Key[]): Promise<readonly Key[]>;
  /** Locks it. */
  look(session: Session, key: Key): Promise<FoundRow | undefined>;
  put(session: Session, key: Key, row: NewRow): Promise<void>;
  change(session: Session, key: Key, found: FoundRow, row: NewRow): Promise<boolean>;
  rekey(session: Session, key: Key, found: FoundRow, to: Key, row: NewRow): Promise<boolean>;
  remove(session: Session, key: Key): Promise<string | undefined>;
  lookClaim(session: Session, key: Key): Promise<FoundClaim | undefined>;
  claim(session: Session, key: Key, handle: string, claim: string): Promise<boolean>;
  swap(session: Session, key: Key, found: FoundClaim, handle: string, claim: string): Promise<boolean>;
  release(session: Session, key: Key, found: FoundClaim): Promise<boolean>;
  enter(session: Session, id: number, said: string): Promise<void>;
}

export interface NewRow {
  readonly version: string;
  readonly kind: string;
  readonly word: string;
}

export async function one<Row>(
  session: Session,
  sql: string,
  parameters: readonly unknown[],
): Promise<Row | undefined> {
  return (await session.query<Row>(sql, parameters)).rows[0];
}

export async function met(session: Session, sql: string, parameters: readonly unknown[]): Promise<boolean> {
  return (await session.query(sql, parameters)).count === 1;
}
