/** Columns of text that fit a width. Owns padding and cutting; what stands in the cells belongs to the renderers. */
import { displayWidth, printable } from './display-width.js';
import type { View } from './view.js';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** May be cut, down to this many columns, where the table is too wide. */
  readonly least?: number;
}

export type Cell = string | { readonly text: string; readonly tone: (text: string) => string };

/** The heading first, then a line per row. A table whose titles are all empty has no heading. */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  { style, width }: View,
): readonly string[] {
  const titled = columns.some(({ title }) => title !== '');
  const heading: readonly Cell[] = columns.map(({ title }) => ({ text: title, tone: style.faint }));
  const all = titled ? [heading, ...rows] : rows;
  const widths = fit(
    columns,
    columns.map((_, index) => Math.max(0, ...all.map((row) => displayWidth(textOf(row[index]))))),
    width,
  );
  return all.map((row) =>
    columns
      .map((column, index) => {
        const cell = row[index] ?? '';
        const text = cut(textOf(cell), widths[index]!);
        const pad = ' '.repeat(widths[index]! - displayWidth(text));
        const shown = typeof cell === 'string' ? text : cell.tone(text);
        const isLast = index === columns.length - 1;
        return column.align === 'right' ? pad + shown : isLast ? shown : shown + pad;
      })
      .join(GAP)
      .trimEnd(),
  );
}

const GAP = '  ';

function textOf(cell: Cell | undefined): string {
  return printable(typeof cell === 'string' ? cell : (cell?.text ?? ''));
}

/** Takes what is too much from the widest column that may be cut, a bit at a time. */
function fit(columns: readonly Column[], natural: readonly number[], width: number): readonly number[] {
  const widths = [...natural];
  let over = widths.reduce((sum, each) => sum + each, 0) + GAP.length * (columns.length - 1) - width;
  for (; over > 0; over--) {
    let widest = -1;
    for (const [index, { least }] of columns.entries())
      if (least !== undefined && widths[index]! > least && (widest === -1 || widths[index]! > widths[widest]!))
        widest = index;
    if (widest === -1) break;
    widths[widest]! -= 1;
  }
  return widths;
}

/** At most so many columns; what was cut shows as `…`. */
export function cut(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  if (width <= 0) return '';
  const kept: string[] = [];
  let taken = 1;
  for (const { segment } of SEGMENTER.segment(text)) {
    taken += displayWidth(segment);
    if (taken > width) break;
    kept.push(segment);
  }
  return `${kept.join('')}…`;
}

const SEGMENTER = new Intl.Segmenter('en', { granularity: 'grapheme' });
