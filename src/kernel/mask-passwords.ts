/**
 * Blots out the passwords of PostgreSQL URLs in a text that will be shown or drawn, character by character: every offset
 * and every piece of YAML syntax stays where it is, so that a place in the masked text is the same place in the file.
 */
export function maskPasswords(text: string): string {
  let masked = text;
  for (const form of FORMS) {
    masked = masked.replace(form, (_, before: string, password: string) => before + password.replaceAll(SECRET, stars));
  }
  return masked;
}

/**
 * A password may hold `@` where somebody forgot to encode it: everything up to the last `@` goes. In quotes it may hold
 * blanks too; without them a blank ends the text.
 */
const FORMS: readonly RegExp[] = [
  /("\s*postgres(?:ql)?:\/\/[^\s:@/?#"]*:)([^"\n]*)(?=@)/gi,
  /('\s*postgres(?:ql)?:\/\/[^\s:@/?#']*:)([^'\n]*)(?=@)/gi,
  /(postgres(?:ql)?:\/\/[^\s:@/?#]*:)(\S*)(?=@)/gi,
  /(\b(?:ssl)?password\s*=\s*)([^\s&"'`]+)/gi,
];

/** `${NAME}` tells no secret. What YAML could read as syntax stays too, so that the masked text has the same shape. */
const SECRET = /\$\{\w*\}|[^\s,"'[\]{}\\]/g;

function stars(part: string): string {
  return part.length === 1 ? '*' : part;
}

/**
 * Also what stands under a key that is a password by its name (`password:`, `db_password:`, `"PGPASSWORD":`), whatever it looks
 * like. For a configuration only: in a plan it would be a column's name and its SQL.
 */
export function maskPasswordKeys(text: string): string {
  let masked = '';
  let at = 0;
  for (const { 0: key, index } of text.matchAll(PASSWORD_KEY)) {
    const start = index + key.length;
    if (start < at) continue;
    const end = endOfValue(text, start, index);
    masked += text.slice(at, start) + text.slice(start, end).replaceAll(VALUE, blotted);
    at = end;
  }
  return masked + text.slice(at);
}

/** Up to the colon. A colon without a blank behind it is part of a word, unless the key stands in quotes. */
const PASSWORD_KEY =
  /(?:(["'])[^"'\n]*pass(?:word|wd|phrase)?\1[ \t]*:|[\w.-]*pass(?:word|wd|phrase)?[ \t]*:(?=[\s"'\[{]))/gi;

/** In quotes up to the quote; in braces up to what ends an entry; else the line, and those below it that stand further in. */
function endOfValue(text: string, start: number, key: number): number {
  const rest = text.slice(start);
  const quoted = /^\s*(?:[!&]\S*\s+)*("(?:[^"\\]|\\[\s\S])*"|'(?:[^']|'')*')/.exec(rest);
  if (quoted !== null) return start + quoted[0].length;
  const lineStart = text.lastIndexOf('\n', key) + 1;
  const before = text.slice(0, key);
  const depth = (before.match(/[{[]/g) ?? []).length - (before.match(/[}\]]/g) ?? []).length;
  if (depth > 0) return start + /^[^,}\]]*/.exec(rest)![0].length;
  const indent = /^[ \t]*(?:-[ \t]+)*/.exec(text.slice(lineStart))![0].length;
  const lines = rest.split('\n');
  let length = lines[0]!.length;
  for (const line of lines.slice(1)) {
    if (line.trim() !== '' && /^[ \t]*/.exec(line)![0].length <= indent) break;
    length += line.length + 1;
  }
  return start + length;
}

/** What may be syntax stays: quotes and brackets, the sign of a text over several lines, a key's colon, a list's dash. */
const VALUE = /\$\{\w*\}|^[ \t]*[|>][-+\d]*(?=[ \t]*(?:$|\n))|:(?=\s|$)|(?<=\n[ \t]*)-(?=\s)|[^\s,"'[\]{}\\]/g;

/** No `*`: at the beginning of a value it would be an alias. */
function blotted(part: string): string {
  return part.length === 1 && part !== ':' && part !== '-' ? 'x' : part;
}
