/**
 * The SQL of a document, read by PostgreSQL's own grammar. Owns pointing at the token inside the YAML text, and the two
 * ways in which YAML gives SQL another text than the author sees. What the SQL means belongs to the floors below.
 */
import type { Diagnostic } from '../kernel/diagnostic.js';
import { byPosition } from '../kernel/diagnostic.js';
import { lineIndex } from '../kernel/span.js';
import type { Grammar } from '../sql/grammar.js';
import type { Slot, SqlSlotAt } from './collect-slots.js';
import type { ScalarNode, SourceDocument } from './source-document.js';
import { sqlProblem } from './sql-text.js';

/** One problem per slot at most, in the order of the file. Slots of other kinds are passed over. */
export function checkSqlSlots(
  document: SourceDocument,
  slots: readonly Slot[],
  grammar: Grammar,
): readonly Diagnostic[] {
  return slots
    .filter((slot) => slot.kind === 'sql')
    .filter(({ path }) => !document.isUnsettled(path))
    .map((slot) => checkSlot(document, slot, grammar))
    .filter((diagnostic) => diagnostic !== undefined)
    .sort(byPosition);
}

function checkSlot(document: SourceDocument, slot: SqlSlotAt, grammar: Grammar): Diagnostic | undefined {
  const problem = sqlProblem(grammar, slot.slot, slot.value);
  const scalar = document.scalarAt(slot.path);
  const distorted =
    scalar && (cutByComment(document, slot, scalar, grammar, problem === undefined) ?? folded(document, slot, scalar));
  if (distorted !== undefined) return distorted;
  if (problem === undefined) return undefined;
  const { start, end } = tokenAt(slot.value, problem.offset);
  return {
    code: 'LS1201',
    severity: 'error',
    summary: 'SQL that PostgreSQL would not read',
    detail: problem.message.replaceAll(/\s+/g, ' '),
    help: problem.help,
    span: document.spanWithin(slot.path, start, end),
  };
}

/**
 * A comment behind unquoted SQL is welcome; an operator that begins with `#` is not a comment. When the text with what
 * follows would be SQL too, or the text without it is not, the `#` belonged to the SQL.
 */
function cutByComment(
  document: SourceDocument,
  { path, slot, value }: SqlSlotAt,
  scalar: ScalarNode,
  grammar: Grammar,
  isSql: boolean,
): Diagnostic | undefined {
  if (scalar.style !== 'plain') return undefined;
  const [cut] = /^[ \t]+#.*/.exec(document.text.slice(scalar.end)) ?? [];
  if (cut === undefined) return undefined;
  if (isSql && sqlProblem(grammar, slot, value + cut.trimEnd()) !== undefined) return undefined;
  const start = scalar.end + cut.indexOf('#');
  return {
    code: 'LS1202',
    severity: 'error',
    summary: 'SQL cut off by a YAML comment',
    detail: 'to YAML this is a comment, and not part of the SQL before it',
    help: `write the SQL under \`${String(path.at(-1))}: |\`, or in quotes; a comment belongs on the line above`,
    span: lineIndex(document.file, document.text).span(start, scalar.end + cut.trimEnd().length),
  };
}

function folded(document: SourceDocument, { path }: SqlSlotAt, scalar: ScalarNode): Diagnostic | undefined {
  const written = document.text.slice(scalar.start, scalar.end);
  // The first line of a block scalar holds its marks only.
  const content = scalar.style === 'folded' ? written.slice(written.indexOf('\n') + 1) : written;
  if (scalar.style === 'literal' || !content.trim().includes('\n')) return undefined;
  const lines = lineIndex(document.file, document.text);
  const lineEnd = document.text.indexOf('\n', scalar.start);
  return {
    code: 'LS1203',
    severity: 'error',
    summary: 'SQL over several folded lines',
    detail: 'YAML joins these lines with spaces: a comment would swallow the rest, a string would lose its line breaks',
    help: `write the SQL under \`${String(path.at(-1))}: |\`, which keeps lines as they are`,
    span: lines.span(scalar.start, document.text.slice(scalar.start, lineEnd).trimEnd().length + scalar.start),
  };
}

/** The word, number, string or sign at the offset; at the end of the text, the last sign before it. */
function tokenAt(sql: string, offset: number): { readonly start: number; readonly end: number } {
  const filled = sql.trimEnd().length;
  const start = Math.max(0, Math.min(offset, filled - 1));
  const [token = ''] = /^(?:[\p{L}\p{N}_$]+|'[^'\n]*'|"[^"\n]*"|[^\s])/u.exec(sql.slice(start)) ?? [];
  return { start, end: start + Math.max(1, token.length) };
}
