/**
 * How many columns of a terminal a text takes. By grapheme clusters: two for East Asian wide characters (Unicode
 * UAX #11, W and F) and emoji, none for marks and invisible characters, one for the rest.
 */
export function displayWidth(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const { segment } of SEGMENTER.segment(text)) width += clusterWidth(segment);
  return width;
}

/**
 * A line of a file, fit to be printed in one line: a tab as four spaces, and a sign for each character that would move
 * the cursor, change its direction, or be acted on by the terminal. A file must not be able to write to the screen.
 */
export function printable(text: string): string {
  return text
    .replaceAll('\t', '    ')
    .replaceAll(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu, '\ufffd');
}

const SEGMENTER = new Intl.Segmenter('en', { granularity: 'grapheme' });

function clusterWidth(cluster: string): number {
  if (/^[\p{Mn}\p{Me}\p{Cf}\p{Cc}]+$/u.test(cluster)) return 0;
  if (/\p{Emoji_Presentation}|\p{Regional_Indicator}{2}|\p{Emoji}\ufe0f/u.test(cluster)) return 2;
  return WIDE.test(cluster) ? 2 : 1;
}

/** Scripts and blocks that are wide throughout; what UAX #11 lists beyond them is emoji. */
const WIDE = new RegExp(
  `^[${[
    '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Hangul}\\p{Script=Bopomofo}\\p{Script=Yi}',
    '\\u2e80-\\u303e\\u3041-\\u33ff\\ufe30-\\ufe6f\\uff01-\\uff60\\uffe0-\\uffe6',
  ].join('')}]`,
  'u',
);
