/** Names as people choose them and names as they fear them; which one is still free, the caller says. */
import type { Choice } from './random-choice.js';

const PLAIN: readonly string[] =
  'a b amount code entry item kind label note part price ref state total value zone'.split(' ');

const AWKWARD: readonly string[] = [
  ...[
    'order',
    'user',
    'select',
    'table',
    'check',
    'Select Me',
    'UPPER',
    'größe',
    'ключ',
    '日本語',
    'a"b',
    "it's",
    'col.dot',
  ],
  ...[
    '$dollar',
    ' pad ',
    'back\\slash',
    'tab\tbed',
    'tab%le',
    '1st',
    'x-y',
    'constraint',
    'primary key',
    'c,d',
    '(e)',
    '--f',
    '🙂',
  ],
  'a_name_that_is_as_long_as_a_name_may_be_in_postgresql_63_bytes_x',
  'long_unicode_ÄÖÜäöüßÄÖÜäöüßÄÖÜäöüßÄÖÜäöü',
].map((name) => cut(name));

/** To the length that the server keeps. */
function cut(name: string): string {
  let kept = '';
  for (const character of name) {
    if (Buffer.byteLength(kept + character) > 63) break;
    kept += character;
  }
  return kept;
}

export function randomName(choice: Choice, taken: ReadonlySet<string>): string {
  const name = choice.one(choice.chance(0.35) ? AWKWARD : PLAIN);
  if (!taken.has(name)) return name;
  for (let number = 2; ; number++) {
    const numbered = cut(`${number}`.length + Buffer.byteLength(name) > 63 ? name.slice(0, 20) : name) + `${number}`;
    if (!taken.has(numbered)) return numbered;
  }
}
