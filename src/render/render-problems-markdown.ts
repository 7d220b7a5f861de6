/** Problems as a Markdown list: code, place, what is wrong, what to do. As many as there is room for. */
import { worstFirst, type Diagnostic } from '../kernel/diagnostic.js';
import type { Span } from '../kernel/span.js';
import { code, prose, shortened } from './markdown-text.js';

/** Errors first. Empty where there are none; at least the count of those that found no room. */
export function problemList(diagnostics: readonly Diagnostic[], most: number): string {
  const items = worstFirst(diagnostics).map(problemItem);
  const kept: string[] = [];
  // The last line is kept room for.
  let room = most - 100;
  for (const item of items) {
    room -= item.length + 1;
    if (room < 0) break;
    kept.push(item);
  }
  const more = items.length - kept.length;
  const last = `- ${more} more ${more === 1 ? 'problem' : 'problems'}: the output of the command lists all.`;
  return [...kept, ...(more === 0 ? [] : [last])].join('\n');
}

function problemItem({ code: number, severity, summary, detail, help, span, related = [] }: Diagnostic): string {
  const where = span === undefined ? '' : ` at ${placeText(span)}`;
  const lines = [
    `- **${severity} ${number}**: ${told(summary)}${where}`,
    told(detail),
    ...related.slice(0, 5).map((place) => `${placeText(place.span)}: ${told(place.message)}`),
    ...(help === undefined ? [] : [`help: ${told(help)}`]),
  ];
  return lines.join('<br>');
}

function placeText({ file, start }: Span): string {
  return code(`${shortened(file, 300)}:${start.line}:${start.column}`);
}

function told(text: string): string {
  return prose(shortened(text, 2_000));
}
