/** Rows that stand aside: how many, and the first ones with key, error, step and time. */
import type { QuarantinedRow } from '../executor/journal.js';
import { printable } from './display-width.js';
import { showCount, showMoment, showRow, showRows } from './show-amount.js';
import { cut } from './text-table.js';
import type { View } from './view.js';

const SHOWN = 20;

/** None where no row stands aside. */
export function quarantineLines(
  rows: readonly QuarantinedRow[],
  { style, width }: View,
  most = SHOWN,
): readonly string[] {
  if (rows.length === 0) return [];
  const shown = rows
    .slice(0, most)
    .flatMap(({ operation, id, sqlstate, error, row, timestamp }) => [
      cut(printable(`    ${operation}   ${id}   ${error}${sqlstate === null ? '' : ` (SQLSTATE ${sqlstate})`}`), width),
      style.faint(
        cut(`      ${showMoment(timestamp)}   ${row === null ? 'the row cannot be read' : showRow(row)}`, width),
      ),
    ]);
  const left = rows.length - most;
  return [
    style.warning(`! ${showRows(rows.length)} set aside: not written, and not lost`),
    ...shown,
    ...(left > 0 ? [style.faint(`    and ${showCount(left)} more`)] : []),
  ];
}
