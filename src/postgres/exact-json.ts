/**
 * JSON from the server, without losing a digit: PostgreSQL writes `bigint` and `numeric` as JSON numbers of any length, and
 * JSON.parse rounds them to the nearest double. A number that would not come back as it was written stays text.
 */

/** Strings, which may hold anything, and numbers. */
const TOKENS = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** `text` is valid JSON: the server made it. */
export function parseExactJson(text: string): unknown {
  return JSON.parse(
    text.replaceAll(TOKENS, (token) => (token.startsWith('"') || isExact(token) ? token : `"${token}"`)),
  );
}

function isExact(written: string): boolean {
  // Up to fifteen significant digits a double keeps every decimal.
  if (/^-?\d{1,15}$/.test(written)) return true;
  return String(Number(written)) === written;
}
