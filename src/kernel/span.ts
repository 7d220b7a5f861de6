/** A place in a source file. Owns positions; drawing them as a code frame belongs to `render`. */

export interface Position {
  /** In UTF-16 code units from the start of the file. */
  readonly offset: number;
  /** From 1. */
  readonly line: number;
  /** From 1, in code points, as editors count. */
  readonly column: number;
}

export interface Span {
  /** As the user named it: relative to where they stand. */
  readonly file: string;
  readonly start: Position;
  /** Exclusive. */
  readonly end: Position;
}

/** Turns offsets of one text into positions. Lines end at \n; a \r before it belongs to the line. */
export interface LineIndex {
  position(offset: number): Position;
  span(start: number, end: number): Span;
}

export function lineIndex(file: string, text: string): LineIndex {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  const position = (raw: number): Position => {
    const offset = Math.max(0, Math.min(raw, text.length));
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return { offset, line: low + 1, column: Array.from(text.slice(starts[low], offset)).length + 1 };
  };
  const span = (start: number, end: number): Span => {
    const made = { file, start: position(start), end: position(Math.max(start, end)) };
    TEXTS.set(made, text);
    return made;
  };
  return { position, span };
}

/**
 * The text that a span was made in. What is drawn is what was read: the name of a file may have been chosen by somebody else (a
 * saved plan carries one), and lead to another text by the time that the problem is shown.
 */
export function textOf(span: Span): string | undefined {
  return TEXTS.get(span);
}

const TEXTS = new WeakMap<Span, string>();
