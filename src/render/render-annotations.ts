/**
 * Problems as annotations of a pull request: a workflow command of GitHub Actions each, in one line. Owns their order, their
 * number and the escaping. A runner reads every line that a step prints, so no text of a plan may begin a line of its own.
 */
import { worstFirst, type Diagnostic } from '../kernel/diagnostic.js';
import type { Span } from '../kernel/span.js';
import { printable } from './display-width.js';

/** GitHub shows ten annotations of a kind for each step, and drops what comes after without a word. */
export const MOST_ANNOTATIONS = 10;

/** Where the repository has a file, seen from its top folder: GitHub finds the lines by that. */
export type RepositoryPath = (file: string) => string;

/** Errors first, then by file and line; a notice says how many were left out. Empty where there is nothing to say. */
export function renderAnnotations(diagnostics: readonly Diagnostic[], pathOf: RepositoryPath = (file) => file): string {
  const sorted = worstFirst(diagnostics);
  const lines = sorted.slice(0, MOST_ANNOTATIONS).map((diagnostic) => annotationOf(diagnostic, pathOf));
  const more = sorted.length - lines.length;
  if (more > 0) {
    const message = `${more} more ${more === 1 ? 'problem is' : 'problems are'} not shown here; the log of this step lists all.`;
    lines.push(workflowCommand('notice', { title: 'lockstep' }, message));
  }
  return lines.map((line) => `${line}\n`).join('');
}

/** `::name property=value,…::message` with everything escaped that a runner would read as its own. */
export function workflowCommand(
  name: 'error' | 'warning' | 'notice',
  properties: Readonly<Record<string, string | number>>,
  message: string,
): string {
  const given = Object.entries(properties).map(([property, value]) => `${property}=${escapedProperty(String(value))}`);
  return `::${name}${given.length === 0 ? '' : ` ${given.join(',')}`}::${escapedMessage(message)}`;
}

function annotationOf(diagnostic: Diagnostic, pathOf: RepositoryPath): string {
  const { code, severity, summary, detail, help, span, related = [] } = diagnostic;
  const others = related.map((place) => `${placeText(place.span)}: ${place.message}`);
  const told = [detail, ...others, ...(help === undefined ? [] : [`help: ${help}`])].join('\n');
  const message = told.split('\n').map(printable).join('\n');
  const title = printable(`${code}: ${summary}`);
  return workflowCommand(severity, { ...(span !== undefined && placeOf(span, pathOf)), title }, message);
}

/** Columns are allowed within one line only; GitHub's last line and column are part of the place. */
function placeOf({ file, start, end }: Span, pathOf: RepositoryPath): Readonly<Record<string, string | number>> {
  const lastLine = end.column === 1 && end.line > start.line ? end.line - 1 : end.line;
  const place = { file: printable(pathOf(file)), line: start.line };
  if (lastLine > start.line) return { ...place, endLine: lastLine };
  if (end.line > start.line) return { ...place, col: start.column };
  return { ...place, col: start.column, endColumn: Math.max(start.column, end.column - 1) };
}

function placeText({ file, start }: Span): string {
  return `${file}:${start.line}:${start.column}`;
}

function escapedMessage(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapedProperty(text: string): string {
  return escapedMessage(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
