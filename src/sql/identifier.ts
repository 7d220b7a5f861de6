/**
 * Names and literals, to and from text. Owns the quoting of SQL that we write and the reading of names in a plan.
 * Whether a name exists is for the catalog to say.
 */
import { QUOTED_KEYWORDS } from './keywords.js';

/** NAMEDATALEN - 1: the server cuts longer names off with a mere NOTICE, and two of them may become one. */
export const MAX_IDENTIFIER_BYTES = 63;

/** A name of SQL or of a plan, from the outermost part to the innermost: `['auth', 'users', 'id']`. */
export type NameParts = readonly string[];

export interface QualifiedName {
  readonly schema?: string | undefined;
  readonly name: string;
}

export type ParsedName =
  { readonly ok: true; readonly parts: NameParts } | { readonly ok: false; readonly reason: string };

/** As `quote_ident`: in double quotes where the name would otherwise be folded, split, or taken for a key word. */
export function quoteIdentifier(name: string): string {
  refuseNul(name);
  if (/^[a-z_][a-z0-9_]*$/.test(name) && !QUOTED_KEYWORDS.has(name)) return name;
  return `"${name.replaceAll('"', '""')}"`;
}

/**
 * As `quote_literal`: a text with a backslash becomes an `E''` string, because what a backslash means in a plain one
 * depends on `standard_conforming_strings` of the session.
 */
export function quoteLiteral(text: string): string {
  refuseNul(text);
  const doubled = text.replaceAll("'", "''");
  return text.includes('\\') ? `E'${doubled.replaceAll('\\', '\\\\')}'` : `'${doubled}'`;
}

/** `auth.users`, `"Weird Schema"."order"`; without a schema the bare name. */
export function formatName(name: QualifiedName): string {
  const last = quoteIdentifier(name.name);
  return name.schema === undefined ? last : `${quoteIdentifier(name.schema)}.${last}`;
}

/** The one key under which relations and types are found in a catalog snapshot. */
export function relationKey(name: { readonly schema: string; readonly name: string }): string {
  return formatName(name);
}

/** Parts to text that `parseName` reads back and SQL understands: `auth.users.id`. */
export function formatParts(parts: NameParts): string {
  return parts.map(quoteIdentifier).join('.');
}

/**
 * Reads a name as a plan writes it: dotted parts, each literal and never folded (`Users` is `Users`, `order` needs no
 * quotes). A part that holds a dot or a quote stands in double quotes as in SQL.
 */
export function parseName(text: string): ParsedName {
  const parts: string[] = [];
  let at = 0;
  for (;;) {
    const part = text[at] === '"' ? readQuoted(text, at) : readPlain(text, at);
    if ('reason' in part) return { ok: false, reason: part.reason };
    const reason = reasonAgainst(part.name);
    if (reason !== undefined) return { ok: false, reason };
    parts.push(part.name);
    at = part.end;
    if (at === text.length) return { ok: true, parts };
    if (text[at] !== '.') return { ok: false, reason: 'a closing quote must be followed by a dot or the end' };
    at += 1;
  }
}

type Part = { readonly name: string; readonly end: number } | { readonly reason: string };

function readPlain(text: string, start: number): Part {
  const dot = text.indexOf('.', start);
  const end = dot === -1 ? text.length : dot;
  const name = text.slice(start, end);
  if (name.includes('"')) return { reason: 'a part that holds a double quote is written in double quotes as a whole' };
  // Blanks at the edge are a slip of the pen far more often than a name; who means them can quote them.
  if (name !== name.trim()) return { reason: 'a part that begins or ends with a blank is written in double quotes' };
  return { name, end };
}

function readQuoted(text: string, start: number): Part {
  let name = '';
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] !== '"') name += text[at]!;
    else if (text[at + 1] !== '"') return { name, end: at + 1 };
    else {
      name += '"';
      at += 1;
    }
  }
  return { reason: 'a double quote is opened and never closed' };
}

function reasonAgainst(name: string): string | undefined {
  if (name === '') return 'a part of the name is empty';
  if (name.includes('\0')) return 'a name cannot hold the character NUL';
  if (/\p{Surrogate}/u.test(name)) return 'a name cannot hold half of a surrogate pair: it has no UTF-8 form';
  const bytes = Buffer.byteLength(name, 'utf8');
  if (bytes <= MAX_IDENTIFIER_BYTES) return undefined;
  return `a part of the name is ${bytes} bytes long; PostgreSQL keeps ${MAX_IDENTIFIER_BYTES}`;
}

/** The server's protocol ends texts at NUL: what follows would be lost, and with it the closing quote. */
function refuseNul(text: string): void {
  if (text.includes('\0')) throw new RangeError('SQL text cannot hold the character NUL');
}

/** An identifier of SQL as the catalog has it. */
export function unquoted(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;
}
