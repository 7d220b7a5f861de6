/**
 * Text of a plan inside Markdown, as GitHub and GitLab read it. Owns the escaping: whatever a plan says stays text. It opens no
 * tag, ends no table row, no fence and no `<details>`, and calls nobody: a name behind an `@` would get a message.
 */
import { printable } from './display-width.js';

/**
 * In one line, as code: nothing in it is read as Markdown or as a reference. A backslash before a pipe cannot be written in
 * a code span of a table, so what holds such signs stands in an element instead, each sign as its number.
 */
export function code(text: string): string {
  const line = oneLine(text);
  if (line === '') return '';
  return /[`|\\]/.test(line) ? htmlCode(line) : `\`${line}\``;
}

/** The same where Markdown is not read: in a `<summary>`. */
export function htmlCode(text: string): string {
  return `<code>${oneLine(text).replaceAll(/[!-/:-@[-`{-~]/g, entity)}</code>`;
}

/** Sentences: what stands between backticks becomes code, a line feed a `<br>`. */
export function prose(text: string): string {
  return text
    .split(/\r\n|\r|\n/)
    .map((line) =>
      // Every other part stood between two backticks; an odd one at the end was not closed.
      printable(line)
        .split(/(`[^`]+`)/)
        .map((part) => (/^`[^`]+`$/.test(part) ? code(part.slice(1, -1)) : escaped(part)))
        .join(''),
    )
    .join('<br>');
}

/** A block that is shown as it is. Its fence is longer than any row of backticks in it. */
export function fenced(language: string, text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  const lines = text
    .trimEnd()
    .split(/\r\n|\r|\n/)
    .map(printable);
  return [`${fence}${language}`, ...lines, fence].join('\n');
}

/** Folded away. Markdown is read inside because of the empty lines. */
export function folded(summary: string, content: string): string {
  return `<details><summary>${summary}</summary>\n\n${content}\n\n</details>`;
}

/** Those that say something, with an empty line between; ends with a line feed. */
export function paragraphs(parts: readonly string[]): string {
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

export function tableRow(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

/** At most so many characters: what a plan says may be of any length, a comment may not. */
export function shortened(text: string, most: number): string {
  if (text.length <= most) return text;
  const kept = text.slice(0, most - 1);
  // Not through the middle of a character.
  return `${/[\ud800-\udbff]$/.test(kept) ? kept.slice(0, -1) : kept}…`;
}

function oneLine(text: string): string {
  return printable(text.replaceAll(/\s+/g, ' ').trim());
}

/**
 * Signs as their numbers, which open nothing. A reference (`@somebody`, `#12`, GitLab's `!3`) is looked for after that, in the
 * text that came out of it: an invisible space parts it. So does a number in `www.`, which needs no other sign to be a link.
 */
function escaped(text: string): string {
  return text
    .replaceAll(/[!#$%&*+:<=>@[\\\]^_`{|}~]/g, (sign, at: number) => {
      const isReference = /[@#!$%&~]/.test(sign) && /^[\p{L}\p{N}_"]/u.test(text.slice(at + 1, at + 3));
      return isReference ? `${entity(sign)}&#8203;` : entity(sign);
    })
    .replaceAll(/\bwww\./gi, (found) => `${found.slice(0, -1)}&#46;`);
}

function entity(sign: string): string {
  return `&#${sign.charCodeAt(0)};`;
}
