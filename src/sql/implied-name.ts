/**
 * The name that the server gives to a constraint, index or sequence that was given none: table, columns and a label,
 * joined by underscores and cut to fit. Where that name is taken the server appends a number: only the catalog knows.
 */
import { MAX_IDENTIFIER_BYTES } from './identifier.js';

export type NameLabel = 'pkey' | 'key' | 'fkey' | 'check' | 'excl' | 'idx' | 'seq' | 'not_null';

/** What such a name is made of. */
export interface ImpliedFrom {
  readonly table: string;
  readonly columns: readonly string[];
  readonly label: NameLabel;
}

/** `number`: of the first of such names that is free; it counts to the label, so that it is not cut off. */
export function impliedName(table: string, columns: readonly string[], kind: NameLabel, number = 0): string {
  const label = number === 0 ? kind : `${kind}${number}`;
  const middle = columns.join('_');
  const room = MAX_IDENTIFIER_BYTES - label.length - 1 - (middle === '' ? 0 : 1);
  let [tableBytes, middleBytes] = [byteLength(table), byteLength(middle)];
  // The longer of the two gives way, byte by byte.
  while (tableBytes + middleBytes > room) {
    if (tableBytes > middleBytes) tableBytes -= 1;
    else middleBytes -= 1;
  }
  return [cut(table, tableBytes), cut(middle, middleBytes), label].filter((part) => part !== '').join('_');
}

/** The columns of an index as its name lists them: one that is there twice, or a second expression, bears a number. */
export function distinctColumns(columns: readonly string[]): readonly string[] {
  const taken: string[] = [];
  for (const column of columns) {
    let name = column;
    for (let number = 1; taken.includes(name); number++) {
      const digits = String(number);
      name = cut(column, MAX_IDENTIFIER_BYTES - digits.length) + digits;
    }
    taken.push(name);
  }
  return taken;
}

function byteLength(text: string): number {
  return Buffer.byteLength(text, 'utf8');
}

/** To at most that many bytes, and to whole characters. */
function cut(text: string, bytes: number): string {
  let kept = '';
  for (const character of text) {
    if (byteLength(kept + character) > bytes) break;
    kept += character;
  }
  return kept;
}
