/**
 * PostgreSQL's own grammar, compiled to WebAssembly. The only importer of libpg-query, and that when first asked: the
 * module compiles 1.7 MB, and `lockstep --help` needs none of it. Owns where one statement ends, and offsets in the units
 * of JavaScript. What a tree means belongs to `touch.ts`, `fragment.ts` and `ddl-effects.ts`.
 */
import type { Node, RangeVar, ScanToken, TypeName } from 'libpg-query';

export type { Node, RangeVar, TypeName };

export interface Grammar {
  /** The statements of a text in order, none for a text of blanks and comments, or why it is not SQL. */
  statements(sql: string): readonly ParsedStatement[] | SqlSyntaxError;
}

export interface ParsedStatement {
  /** libpg-query's tree. Its `location` members count UTF-8 bytes from the start of `source`: see `utf16Offset`. */
  readonly node: Node;
  /** From its first word to its last, without the semicolon and the comments around it. */
  readonly text: string;
  /** In UTF-16 code units of the whole text. */
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
  /** UTF-16 offset in the whole text of a `location` of the tree. */
  utf16Offset(location: number): number;
  /** Its words and symbols without the comments; offsets as above. Scanned anew at each call. */
  tokens(): readonly Token[];
}

export interface Token {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

export interface SqlSyntaxError {
  readonly message: string;
  /** In UTF-16 code units of the whole text. */
  readonly offset: number;
}

let loading: Promise<Grammar> | undefined;

/** Loads the parser once per process; afterwards everything is synchronous. */
export function loadGrammar(): Promise<Grammar> {
  loading ??= load();
  return loading;
}

export function isSyntaxError(value: readonly ParsedStatement[] | SqlSyntaxError): value is SqlSyntaxError {
  return 'message' in value;
}

async function load(): Promise<Grammar> {
  const parser = await import('libpg-query');
  await parser.loadModule();

  // The scanner's answer is JSON in which it leaves control characters as they are. They are of one byte, and inside a name,
  // a literal or a comment, or blanks, so that tokens begin and end where they did.
  const scan = (part: string): readonly ScanToken[] =>
    parser.scanSync(part.replace(/[^\P{Cc}\t\n\r\x7f-\x9f]/gu, ' ')).tokens;

  const statements: Grammar['statements'] = (sql) => {
    const unfit = /[\0\p{Surrogate}]/u.exec(sql);
    // The parser takes a C string: what follows a NUL would go unread here, and be sent to the server all the same.
    if (unfit !== null) return { message: 'a character that has no place in SQL text', offset: unfit.index };
    if (sql === '') return [];
    try {
      const utf16Offset = byteOffsets(sql);
      return (parser.parseSync(sql).stmts ?? []).map((raw) => {
        const start = utf16Offset(raw.stmt_location ?? 0);
        // No length means: to the end of the text.
        const tail = raw.stmt_len === undefined ? sql.length : utf16Offset((raw.stmt_location ?? 0) + raw.stmt_len);
        const text = withoutTrailingComments(sql.slice(start, tail), scan);
        const tokens = (): readonly Token[] => shifted(scan(text), text, start);
        return { node: raw.stmt!, text, start, end: start + text.length, utf16Offset, tokens };
      });
    } catch (error) {
      // Deeply nested text exhausts the stack of the WebAssembly module, which survives it.
      if (error instanceof RangeError) return { message: 'the statement is nested too deeply to be read', offset: 0 };
      if (!parser.hasSqlDetails(error)) throw error;
      return { message: error.message, offset: codePointOffset(sql, error.sqlDetails?.cursorPosition ?? 0) };
    }
  };
  return { statements };
}

/** Comments between the last word and the semicolon would swallow whatever is written behind the text. */
function withoutTrailingComments(text: string, scan: (text: string) => readonly ScanToken[]): string {
  const trimmed = text.trimEnd();
  if (!trimmed.includes('--') && !trimmed.includes('/*')) return trimmed;
  return trimmed.slice(0, shifted(scan(trimmed), trimmed, 0).at(-1)?.end ?? 0);
}

function shifted(tokens: readonly ScanToken[], text: string, by: number): readonly Token[] {
  const offset = byteOffsets(text);
  return tokens
    .filter((token) => !token.tokenName.endsWith('_COMMENT'))
    .map((token) => {
      const [start, end] = [offset(token.start), offset(token.end)];
      return { text: text.slice(start, end), start: by + start, end: by + end };
    });
}

/** The parser counts UTF-8 bytes in trees. */
function byteOffsets(text: string): (bytes: number) => number {
  const size = Buffer.byteLength(text, 'utf8');
  if (size === text.length) return (bytes) => Math.min(bytes, size);
  let table: Uint32Array | undefined;
  return (bytes) => (table ??= byteTable(text, size))[Math.min(bytes, size)]!;
}

function byteTable(text: string, size: number): Uint32Array {
  const table = new Uint32Array(size + 1).fill(text.length);
  let [byte, unit] = [0, 0];
  for (const character of text) {
    const width = Buffer.byteLength(character, 'utf8');
    table.fill(unit, byte, byte + width);
    byte += width;
    unit += character.length;
  }
  return table;
}

/** The parser counts code points in error positions. */
function codePointOffset(text: string, codePoints: number): number {
  let [seen, unit] = [0, 0];
  for (const character of text) {
    if (seen++ === codePoints) return unit;
    unit += character.length;
  }
  return text.length;
}
