/** The long explanation of a diagnostic, as `explain` prints it. */
import type { View } from './view.js';
import { wrap } from './wrap.js';

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
