/**
 * From a character of a scalar's value back to the characters of the file that made it. A value is not a slice of the
 * file: quotes go, escapes shrink, folded lines become spaces, block scalars lose their indentation. The scalar is read
 * once more here, after YAML 1.2.2 (5.7 escapes, 6.5 folding, 7.3 flow scalars, 8.1 block scalars), and each
 * character notes where it came from. What the parser said stays the truth: where this reading gives another value,
 * there is no map, and the caller points at the whole scalar. Long, because the four styles of one grammar stand together.
 */
import type { ScalarNode } from './source-document.js';

export interface ScalarSourceMap {
  /** Where the value's UTF-16 unit at this offset begins in the file; beyond the value: where its text ends. */
  startOf(valueOffset: number): number;
  /** Exclusive end in the file of the value's UTF-16 unit at this offset. */
  endOf(valueOffset: number): number;
}

export function scalarSourceMap(text: string, scalar: ScalarNode): ScalarSourceMap | undefined {
  if (typeof scalar.value !== 'string') return undefined;
  const trace = new Trace();
  READERS[scalar.style](text, scalar, trace);
  if (trace.value() !== scalar.value) return undefined;
  const { starts, ends } = trace;
  const textEnd = ends.at(-1) ?? Math.min(scalar.start + (scalar.style === 'plain' ? 0 : 1), scalar.end);
  return {
    startOf: (offset) => starts[Math.max(0, offset)] ?? textEnd,
    endOf: (offset) => ends[Math.max(0, offset)] ?? textEnd,
  };
}

/** The value as it is put together, with the source range of each unit. */
class Trace {
  readonly starts: number[] = [];
  readonly ends: number[] = [];
  private readonly parts: string[] = [];

  /** Every unit of `made` comes from the same source range. */
  add(made: string, start: number, end: number): void {
    this.parts.push(made);
    for (let unit = 0; unit < made.length; unit++) {
      this.starts.push(start);
      this.ends.push(end);
    }
  }

  /** Characters that stand for themselves. */
  copy(text: string, start: number, end: number): void {
    this.parts.push(text.slice(start, end));
    for (let at = start; at < end; at++) {
      this.starts.push(at);
      this.ends.push(at + 1);
    }
  }

  value(): string {
    return this.parts.join('');
  }
}

type Reader = (text: string, scalar: ScalarNode, trace: Trace) => void;

const READERS: Readonly<Record<ScalarNode['style'], Reader>> = {
  plain: (text, { start, end }, trace) => readFolded(text, start, end, trace, (from, to) => trace.copy(text, from, to)),
  'single-quoted': (text, { start, end }, trace) =>
    readFolded(text, start + 1, end - 1, trace, (from, to) => {
      for (let at = from; at < to; at++) {
        const doubled = text[at] === "'" && text[at + 1] === "'" && at + 1 < to;
        trace.add(text[at]!, at, doubled ? at + 2 : at + 1);
        if (doubled) at++;
      }
    }),
  'double-quoted': readDoubleQuoted,
  literal: readBlock,
  folded: readBlock,
};

const isBlank = (char: string | undefined): boolean => char === ' ' || char === '\t';

/** Where the line break at this offset ends; the offset itself where none stands. */
function breakEnd(text: string, at: number): number {
  if (text[at] === '\n') return at + 1;
  return text[at] === '\r' && text[at + 1] === '\n' ? at + 2 : at;
}

/** Flow folding (6.5): one break is a space, n breaks are n - 1 line feeds, blanks beside a break are dropped. */
function readFolded(
  text: string,
  start: number,
  end: number,
  trace: Trace,
  content: (from: number, to: number) => void,
): void {
  let from = start;
  for (;;) {
    let lineEnd = from;
    while (lineEnd < end && breakEnd(text, lineEnd) === lineEnd) lineEnd++;
    if (lineEnd >= end) {
      content(from, end);
      return;
    }
    let to = lineEnd;
    while (to > from && isBlank(text[to - 1])) to--;
    content(from, to);
    from = foldBreaks(text, to, lineEnd, end, trace);
  }
}

/** Reads the breaks at `at` with the blanks around them; returns where the next content begins. */
function foldBreaks(text: string, blanksFrom: number, at: number, end: number, trace: Trace): number {
  const breaks: [start: number, end: number][] = [];
  let next = at;
  for (;;) {
    const after = breakEnd(text, next);
    if (after > end || after === next) break;
    breaks.push([next, after]);
    next = after;
    while (next < end && isBlank(text[next])) next++;
  }
  if (breaks.length === 1) trace.add(' ', blanksFrom, next);
  for (const [start, after] of breaks.slice(1)) trace.add('\n', start, after);
  return next;
}

const SINGLE_ESCAPES: Readonly<Record<string, string>> = {
  ...{
    '0': '\0',
    a: '\x07',
    b: '\b',
    e: '\x1b',
    f: '\f',
    n: '\n',
    r: '\r',
    t: '\t',
    v: '\v',
    N: '\u0085',
    _: '\u00a0',
  },
  ...{ L: '\u2028', P: '\u2029', ' ': ' ', '"': '"', '/': '/', '\\': '\\', '\t': '\t' },
};
const HEX_ESCAPES: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

function readDoubleQuoted(text: string, { start, end: quotedEnd }: ScalarNode, trace: Trace): void {
  const end = quotedEnd - 1;
  let at = start + 1;
  while (at < end) {
    let ahead = at;
    while (ahead < end && isBlank(text[ahead])) ahead++;
    if (ahead < end && breakEnd(text, ahead) !== ahead) {
      at = foldBreaks(text, at, ahead, end, trace);
    } else if (ahead > at) {
      trace.copy(text, at, ahead);
      at = ahead;
    } else if (text[at] !== '\\') {
      trace.copy(text, at, at + 1);
      at++;
    } else at = readEscape(text, at, end, trace);
  }
}

function readEscape(text: string, at: number, end: number, trace: Trace): number {
  const letter = text[at + 1]!;
  const afterBreak = breakEnd(text, at + 1);
  if (afterBreak > at + 1) {
    // An escaped break joins two lines without a space; the next line's indentation goes with it.
    let next = afterBreak;
    while (next < end && isBlank(text[next])) next++;
    return next;
  }
  const digits = HEX_ESCAPES[letter];
  if (digits === undefined) {
    trace.add(SINGLE_ESCAPES[letter] ?? letter, at, at + 2);
    return at + 2;
  }
  const codePoint = Number.parseInt(text.slice(at + 2, at + 2 + digits), 16);
  trace.add(codePoint <= 0x10ffff ? String.fromCodePoint(codePoint) : '', at, at + 2 + digits);
  return at + 2 + digits;
}

interface BlockLine {
  /** Offset of the first character after the leading spaces, and of the line's end without its break. */
  readonly start: number;
  readonly textStart: number;
  readonly end: number;
  readonly afterBreak: number;
}

function readBlock(text: string, scalar: ScalarNode, trace: Trace): void {
  const header = /^[|>](?:([1-9])|([-+]))*/.exec(text.slice(scalar.start, scalar.start + 3))?.[0] ?? '';
  const indicator = /[1-9]/.exec(header)?.[0];
  const chomping = /[-+]/.exec(header)?.[0];
  const lines = blockLines(text, scalar);
  let last = lines.length;
  while (last > 0 && isEmpty(lines[last - 1]!)) last--;
  if (last === 0) {
    // Nothing but empty lines: kept ones stay, any other chomping leaves nothing.
    const breaks = lines.filter((line) => line.end < line.afterBreak || lines.length === 1);
    if (chomping === '+') for (const line of breaks) trace.add('\n', line.end, line.afterBreak);
    return;
  }
  const first = lines.find((line) => !isEmpty(line))!;
  const indent = indicator === undefined ? first.textStart - first.start : scalar.parentIndent + Number(indicator);
  // A trailing line of spaces beyond the indentation is content.
  for (let at = lines.length - 1; at >= last; at--) if (lines[at]!.textStart - lines[at]!.start > indent) last = at + 1;
  const contentStart = (line: BlockLine): number => Math.min(line.start + indent, line.textStart);
  const join = scalar.style === 'literal' ? joinLiteral : joinFolded;
  join(text, lines.slice(0, last), contentStart, trace);
  if (chomping === '-') return;
  const final = lines[last - 1]!;
  trace.add('\n', final.end, final.afterBreak);
  if (chomping === '+')
    for (const line of lines.slice(last)) {
      if (line.end === line.afterBreak) continue;
      trace.copy(text, contentStart(line), line.end);
      trace.add('\n', line.end, line.afterBreak);
    }
}

const isEmpty = (line: BlockLine): boolean => line.textStart === line.end;

function blockLines(text: string, { start, end }: ScalarNode): readonly BlockLine[] {
  const lines: BlockLine[] = [];
  let from = text.indexOf('\n', start) + 1;
  while (from > 0 && from < end) {
    const newline = text.indexOf('\n', from);
    const afterBreak = newline === -1 || newline >= end ? end : newline + 1;
    let lineEnd = newline === -1 || newline >= end ? end : newline;
    if (lineEnd > from && text[lineEnd - 1] === '\r') lineEnd--;
    let textStart = from;
    while (textStart < lineEnd && text[textStart] === ' ') textStart++;
    lines.push({ start: from, textStart, end: lineEnd, afterBreak });
    from = afterBreak;
  }
  return lines;
}

type Join = (
  text: string,
  lines: readonly BlockLine[],
  contentStart: (line: BlockLine) => number,
  trace: Trace,
) => void;

const joinLiteral: Join = (text, lines, contentStart, trace) => {
  for (const [index, line] of lines.entries()) {
    trace.copy(text, contentStart(line), line.end);
    if (index < lines.length - 1) trace.add('\n', line.end, line.afterBreak);
  }
};

/** Block folding (8.1.3): a break between two ordinary lines is a space; beside an indented line it stays a break. */
const joinFolded: Join = (text, lines, contentStart, trace) => {
  let previous: BlockLine | undefined;
  const pending: BlockLine[] = [];
  const indented = (line: BlockLine): boolean => isBlank(text[contentStart(line)]) && contentStart(line) < line.end;
  for (const line of lines) {
    if (contentStart(line) === line.end) {
      pending.push(line);
      continue;
    }
    if (previous !== undefined) {
      const keep = indented(previous) || indented(line);
      if (keep) trace.add('\n', previous.end, previous.afterBreak);
      else if (pending.length === 0) trace.add(' ', previous.end, contentStart(line));
    }
    for (const empty of pending) trace.add('\n', empty.end, empty.afterBreak);
    pending.length = 0;
    trace.copy(text, contentStart(line), line.end);
    previous = line;
  }
};
