/** The long explanation of a diagnostic, as `explain` prints it. */
import { displayWidth } from './display-width.js';
import type { View } from './view.js';

export interface Explanation {
  readonly code: string;
  readonly summary: string;
  /** Markdown: paragraphs are wrapped, code blocks are not. */
  readonly explanation: string;
}

/** Lines of a text are read best when they are not much longer than this. */
const WIDEST = 88;

export function renderExplanation({ code, summary, explanation }: Explanation, { style, width }: View): string {
  const paragraphs = explanation.trim().split(/\n{2,}/);
  const wrapped = paragraphs.map((text) =>
    /^(```|[-*|>#] | {4})/m.test(text) ? text : wrap(text, Math.min(width, WIDEST)),
  );
  return `${style.strong(`${code}: ${summary}`)}\n\n${wrapped.join('\n\n')}\n`;
}

function wrap(text: string, width: number): string {
  const lines: string[] = [''];
  for (const word of text.split(/\s+/)) {
    const line = lines.at(-1)!;
    if (line === '') lines[lines.length - 1] = word;
    else if (displayWidth(line) + 1 + displayWidth(word) <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines.join('\n');
}
