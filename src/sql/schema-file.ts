/**
 * A file of definitions as pg_dump or a person wrote it, made into what a server can be sent in one piece. Owns which lines
 * are psql's and not SQL, what of them may be passed over, and that data is none of its business. What stands in a string,
 * a function body or a comment is text, whatever it looks like.
 */
export interface SchemaFile {
  /** What is sent; blanks stand where a line was passed over, so that every offset is one of the file. */
  readonly sql: string;
  readonly passedOver: readonly Part[];
  readonly refused: readonly (Part & { readonly why: 'data' | 'psql' })[];
  /** The major version that pg_dump names at its head; undefined where it names none. */
  readonly dumpedFrom: number | undefined;
}

/** Offsets of the file, in UTF-16 code units. */
export interface Part {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

export function readSchemaFile(raw: string): SchemaFile {
  const text = raw.replace(/^\uFEFF/, ' ');
  const passedOver: Part[] = [];
  const refused: SchemaFile['refused'][number][] = [];
  let sql = text;
  for (const { 0: found, index, groups } of text.matchAll(TOKEN)) {
    const part = { text: found, start: index, end: index + found.length };
    if (groups?.copy !== undefined) refused.push({ ...part, why: 'data' });
    // The lines behind a COPY are its data: the end of them, too, is said by the COPY itself.
    else if (groups?.meta !== undefined && refused.length === 0) {
      if (!HARMLESS.has(groups.meta)) refused.push({ ...part, why: 'psql' });
      else {
        passedOver.push(part);
        sql = sql.slice(0, index) + ' '.repeat(found.length) + sql.slice(part.end);
      }
    }
  }
  const [, dumpedFrom] = /^ ?-- Dumped from database version (\d+)/m.exec(text) ?? [];
  return { sql, passedOver, refused, dumpedFrom: dumpedFrom === undefined ? undefined : Number(dumpedFrom) };
}

/** Comments, strings, quoted names and dollar quotes first: within them nothing else is looked for. */
const TOKEN = new RegExp(
  [
    String.raw`--[^\n]*`,
    String.raw`\/\*[^*/]*(?:(?:\*(?!\/)|\/(?!\*)|\/\*[^*]*(?:\*(?!\/)[^*]*)*\*\/)[^*/]*)*\*\/`,
    String.raw`(?<![\w$])[eE]'[^'\\]*(?:(?:\\[\s\S]|'')[^'\\]*)*'`,
    `'[^']*(?:''[^']*)*'`,
    String.raw`\bCOPY\s(?:[^;'"]|"(?:[^"]|"")*")*?\bFROM\s+STDIN\b(?<copy>)`,
    `"[^"]*(?:""[^"]*)*"`,
    String.raw`(?<![\w$])\$(?<tag>(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?)\$[\s\S]*?\$\k<tag>\$`,
    String.raw`^\\(?<meta>[^\s\\;]*)[^\n]*`,
  ].join('|'),
  'gim',
);

/** They choose a connection, or how psql shows things; none of them changes which statements are sent. */
const HARMLESS: ReadonlySet<string> = new Set([
  ...['restrict', 'unrestrict', 'connect', 'c', 'encoding'],
  ...['echo', 'qecho', 'warn', 'pset', 'timing', 'x', 'a', 't', 'H', 'set', 'unset', 'q', 'quit'],
]);
