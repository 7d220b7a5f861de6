/**
 * Typed queries over the journal's tables: built here, sent through the caller's session, so that what the journal writes
 * is part of the caller's transaction. Kysely never holds a connection.
 */
import {
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  sql,
  type CompiledQuery,
  type RawBuilder,
} from 'kysely';

import type { Session } from '../../executor/session.js';
import type { JournalTables } from './schema.js';

export const journalTables = new Kysely<JournalTables>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
});

/** Rejects with the session's DatabaseError. */
export async function send<Row>(session: Session, query: { compile(): CompiledQuery<Row> }): Promise<readonly Row[]> {
  const compiled = query.compile();
  return (await session.query<Row>(compiled.sql, compiled.parameters)).rows;
}

/** A `text[]` as a JSON array of strings. */
export function keyJson(column: string): RawBuilder<readonly string[]> {
  return sql<readonly string[]>`to_json(${sql.ref(column)})`;
}

/** A key on its way in; the cast, because the type of a bare parameter is a guess of the server. */
export function keyParameter(key: readonly string[]): RawBuilder<readonly string[]>;
export function keyParameter(key: readonly string[] | null): RawBuilder<readonly string[] | null>;
export function keyParameter(key: readonly string[] | null): RawBuilder<readonly string[] | null> {
  return sql<readonly string[] | null>`${key}::text[]`;
}

/** As text: the driver would make a PostgreSQL array of a JavaScript one. */
export function jsonParameter(value: object): RawBuilder<string>;
export function jsonParameter(value: object | null): RawBuilder<string | null>;
export function jsonParameter(value: object | null): RawBuilder<string | null> {
  return sql<string | null>`${value === null ? null : JSON.stringify(value)}::json`;
}

/** A `timestamptz` as `2026-03-01T12:00:00.000000Z`; null stays null. */
export function isoText<Time extends string | null = string>(column: string): RawBuilder<Time> {
  return sql<Time>`to_char(${sql.ref(column)} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
}
