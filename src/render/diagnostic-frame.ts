/**
 * Draws diagnostics for a person: the place, its lines, marks below them, what to do. Owns the frame; what is said in it
 * comes with the diagnostic. Without colour it is the same text.
 *
 *     error[LS1103]: unknown key in a step
 *       ╭▸ plans/orders-uuid.yaml:14:5
 *     14│     tabel: orders
 *       │     ━━━━━ `tabel` is not a field of `backfill`; did you mean `table`?
 *       ╰ help: `table` is required here, so renaming fixes both problems
 */
import type { Diagnostic, Severity } from '../kernel/diagnostic.js';
import type { Span } from '../kernel/span.js';
import { displayWidth, printable } from './display-width.js';
import type { Style } from './style.js';

/** The text in which a place stands; undefined where it is not to be shown. */
export type SourceTexts = (place: Span) => string | undefined;

/** Several lines, without a line feed at the end. */
export function renderDiagnostic(diagnostic: Diagnostic, sources: SourceTexts, style: Style): string {
  return drawn(diagnostic, linesOnce(sources), style);
}

type LinesOf = (place: Span) => readonly string[] | undefined;

/** A file with thousands of problems is split once. */
function linesOnce(sources: SourceTexts): LinesOf {
  const known = new Map<string, readonly string[]>();
  return (place) => {
    const text = sources(place);
    if (text === undefined) return undefined;
    const lines = known.get(text) ?? text.split(/\r?\n/);
    known.set(text, lines);
    return lines;
  };
}

function drawn(diagnostic: Diagnostic, linesOf: LinesOf, style: Style): string {
  const { code, severity, summary, detail, help, span, related = [] } = diagnostic;
  const tone = severity === 'error' ? style.error : style.warning;
  const heading = `${tone(`${severity}[${code}]`)}${style.strong(`: ${printable(summary)}`)}`;
  const places: Place[] = [];
  if (span !== undefined) places.push({ span, says: detail, mark: '━', tone });
  for (const each of related) places.push({ span: each.span, says: each.message, mark: '─', tone: style.hint });
  const gutter = Math.max(2, ...places.map(({ span: { end } }) => String(end.line).length));
  const frame = new Frame(gutter, style);
  if (span === undefined) frame.text(detail);
  for (const [index, place] of places.entries()) {
    frame.location(place.span, index === 0 && span !== undefined);
    drawPlace(frame, place, linesOf(place.span));
  }
  if (help !== undefined) frame.text(`help: ${help}`, style.hint);
  return [heading, ...frame.finished()].join('\n');
}

/** All of them, an empty line between two, and the count; empty where there are none. */
export function renderDiagnostics(diagnostics: readonly Diagnostic[], sources: SourceTexts, style: Style): string {
  if (diagnostics.length === 0) return '';
  const linesOf = linesOnce(sources);
  const rendered = diagnostics.map((diagnostic) => drawn(diagnostic, linesOf, style));
  return [...rendered, style.strong(countLine(diagnostics))].join('\n\n');
}

/** `2 errors, 1 warning` */
export function countLine(diagnostics: readonly Diagnostic[]): string {
  const count = (severity: Severity): string[] => {
    const found = diagnostics.filter((diagnostic) => diagnostic.severity === severity).length;
    return found === 0 ? [] : [`${found} ${severity}${found === 1 ? '' : 's'}`];
  };
  return [...count('error'), ...count('warning')].join(', ') || 'no problems';
}

interface Place {
  readonly span: Span;
  readonly says: string;
  readonly mark: '━' | '─';
  readonly tone: (text: string) => string;
}

/** Lines with a gutter. The last one is kept back until it is known to be the last: it closes the frame. */
class Frame {
  private readonly lines: { readonly gutter: string; readonly rest: string; readonly canClose: boolean }[] = [];

  constructor(
    private readonly width: number,
    private readonly style: Style,
  ) {}

  location({ file, start }: Span, first: boolean): void {
    const place = `${printable(file)}:${start.line}:${start.column}`;
    this.lines.push({ gutter: first ? '╭▸' : '├▸', rest: ` ${place}`, canClose: false });
  }

  source(line: number, text: string, bar = ''): void {
    this.lines.push({ gutter: `${String(line).padStart(this.width)}│`, rest: ` ${bar}${text}`, canClose: false });
  }

  omitted(bar: string): void {
    this.lines.push({ gutter: '⋮', rest: ` ${bar}`, canClose: false });
  }

  /** A line below the source: marks, or what is said. */
  note(text: string): void {
    this.lines.push({ gutter: '│', rest: ` ${text}`, canClose: true });
  }

  /** Without a place: one space behind the frame, further lines below the first. */
  text(text: string, tone: (text: string) => string = (same) => same): void {
    const [first = '', ...others] = text.split('\n').map(printable);
    const [label = '', ...words] = first.split(/(?<=^help:) /);
    const said = words.length === 0 ? label : `${tone(label)} ${words.join(' ')}`;
    this.lines.push({ gutter: '│', rest: ` ${said}`, canClose: true });
    const indent = ' '.repeat(words.length === 0 ? 0 : label.length + 1);
    for (const other of others) this.lines.push({ gutter: ' ', rest: ` ${indent}${other}`, canClose: false });
  }

  finished(): readonly string[] {
    const closing = this.lines.findLastIndex(({ canClose }) => canClose);
    return this.lines.map(({ gutter, rest }, index) => {
      const mark = index === closing ? gutter.replace('│', '╰') : gutter;
      const padded = /^\s*\d/.test(mark) ? mark : ' '.repeat(this.width) + mark;
      return `${this.style.faint(padded)}${rest}`.trimEnd();
    });
  }
}

function drawPlace(frame: Frame, place: Place, lines: readonly string[] | undefined): void {
  const { start, end } = lastInLine(place.span, lines);
  const first = lines?.[start.line - 1];
  if (lines === undefined || first === undefined) frame.text(place.says);
  else if (start.line === end.line) drawLine(frame, place, first, start.column, end.column);
  else drawBlock(frame, place, lines, start, end);
}

interface LineColumn {
  readonly line: number;
  /** From 1, in code points. */
  readonly column: number;
}

/** A span that ends where a line begins ends with the line before: nothing of the next is part of it. */
function lastInLine(
  { start, end }: Span,
  lines: readonly string[] | undefined,
): { start: LineColumn; end: LineColumn } {
  if (end.column > 1 || end.line === start.line) return { start, end };
  return { start, end: { line: end.line - 1, column: Array.from(lines?.[end.line - 2] ?? '').length + 1 } };
}

function drawLine(frame: Frame, place: Place, line: string, from: number, to: number): void {
  const { before, marked, after } = windowOf(line, from, to);
  frame.source(place.span.start.line, `${before}${marked}${after}`);
  const marks = place.mark.repeat(Math.max(1, displayWidth(marked)));
  say(frame, place, ' '.repeat(displayWidth(before)), marks);
}

/** Lines that a span covers before it is cut short: the first ones, and the last. */
const SHOWN_OF_A_BLOCK = 4;

function drawBlock(frame: Frame, place: Place, lines: readonly string[], start: LineColumn, end: LineColumn): void {
  for (let number = start.line; number <= end.line; number++) {
    const shown = number < start.line + SHOWN_OF_A_BLOCK - 1 || number === end.line;
    const bar = number === start.line ? '┏ ' : '┃ ';
    if (shown) frame.source(number, windowOf(lines[number - 1] ?? '', 1, 1).after, place.tone(bar));
    else if (number === end.line - 1) frame.omitted(place.tone(bar));
  }
  say(frame, place, '', '┗');
}

function say(frame: Frame, { says, tone }: Place, indent: string, marks: string): void {
  const [first = '', ...others] = says.split('\n').map(printable);
  const hanging = indent + ' '.repeat(displayWidth(marks) + 1);
  frame.note(`${indent}${tone(marks)} ${first}`);
  for (const other of others) frame.note(`${hanging}${other}`);
}

/** Of a longer line only this much is shown around the marked part. */
const MOST_COLUMNS = 160;
const CONTEXT = 40;

/** The parts of a line, printable, cut where the line is too long for a screen. Columns count code points from 1. */
function windowOf(line: string, from: number, to: number): { before: string; marked: string; after: string } {
  const points = Array.from(line);
  const long = points.length > MOST_COLUMNS;
  const first = long ? Math.max(0, from - 1 - CONTEXT) : 0;
  const markedEnd = long ? Math.min(to - 1, from - 1 + MOST_COLUMNS - CONTEXT) : to - 1;
  const last = long ? Math.min(points.length, first + MOST_COLUMNS) : points.length;
  const part = (start: number, end: number): string => printable(points.slice(start, Math.max(start, end)).join(''));
  return {
    before: `${first > 0 ? '…' : ''}${part(first, from - 1)}`,
    marked: part(from - 1, markedEnd),
    after: `${part(Math.max(markedEnd, from - 1), last)}${last < points.length ? '…' : ''}`,
  };
}
