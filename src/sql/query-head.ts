/** The beginning of a statement that somebody else sent, for a message: enough to recognise it, and no value of theirs. */

const LONGEST = 80;

/**
 * Up to its first literal, comment, or value of a SET; `…` says that something follows. One line. What stands in double
 * quotes is a name and stays.
 */
export function queryHead(query: string): string {
  let head = '';
  for (let at = 0; at < query.length;) {
    const name = /^"(?:[^"]|"")*"/.exec(query.slice(at))?.[0];
    const next = name ?? query[at]!;
    if (name === undefined && beginsValue(query, at)) return shortened(head, true);
    head += next;
    at += next.length;
    if (/\bset\s+(?:(?:session|local)\s+)?\S+?(?:\s*=|\s+to\s)$/i.test(head)) return shortened(head, true);
  }
  return shortened(head, false);
}

/** A string of any form, a number, a comment: also what is bound to begin one, as the first quote of an open string. */
function beginsValue(query: string, at: number): boolean {
  const character = query[at]!;
  const next = query[at + 1] ?? '';
  if (character === "'" || character === '"') return true;
  // `$1` is a parameter, `$tag$` begins a string.
  if (character === '$') return !/\d/.test(next) && !isPartOfName(query[at - 1]);
  if ((character === '-' && next === '-') || (character === '/' && next === '*')) return true;
  const before = query[at - 1];
  return /\d/.test(character) && !isPartOfName(before) && before !== '$';
}

function isPartOfName(character: string | undefined): boolean {
  return character !== undefined && /[\p{L}\p{N}_$]/u.test(character);
}

function shortened(head: string, wasCut: boolean): string {
  const line = head.replaceAll(/\s+/g, ' ').trim();
  const shown = line.length > LONGEST ? line.slice(0, LONGEST).trimEnd() : line;
  return wasCut || shown !== line ? `${shown} …`.trimStart() : shown;
}
