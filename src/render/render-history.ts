/** All that happened in a run, as a Markdown table that is also read as text: who moved what from where to where, and when. */
import type { HistoryEntry } from '../postgres/journal/run-report.js';
import { prose, tableRow } from './markdown-text.js';
import { showRow } from './show-amount.js';

export const HISTORY_HEAD: readonly string[] = [
  tableRow(['time', 'event', 'from', 'to', 'details', 'user']),
  '|---|---|---|---|---|---|',
];

export function renderHistory(history: readonly HistoryEntry[]): string {
  const rows = history.map(({ time, event, operation, from, to, details, user }) => {
    const told = [...(operation === null ? [] : [operation]), ...(details === null ? [] : [showRow(details)])];
    return tableRow([time, event, from ?? '', to ?? '', told.join(': '), user].map(prose));
  });
  return `${[...HISTORY_HEAD, ...rows].join('\n')}\n`;
}
