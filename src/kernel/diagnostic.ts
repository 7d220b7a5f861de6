/**
 * A problem as a value. Owns the shape that every floor reports problems in; how it looks belongs to `render`.
 * Problems are collected and returned, never thrown at the first: the reader repairs a plan in one pass, not in ten.
 */
import type { Span } from './span.js';

export type Severity = 'error' | 'warning';

export interface Diagnostic {
  /** Stable and documented: `LS` and four digits; the first two name the floor that reports it. */
  readonly code: DiagnosticCode;
  readonly severity: Severity;
  /** One line without names from the plan, so that it becomes familiar: "unknown key in a step". */
  readonly summary: string;
  /** What is wrong here and why, with names. */
  readonly detail: string;
  /** What to do about it. */
  readonly help?: string;
  readonly span?: Span;
  /** A second place that belongs to the problem: "first defined here". */
  readonly related?: readonly RelatedPlace[];
}

export type DiagnosticCode = `LS${number}`;

export interface RelatedPlace {
  readonly message: string;
  readonly span: Span;
}

/** What `lockstep explain CODE` and `docs/diagnostics.md` say. Each folder exports the table of its own codes. */
export interface CodeEntry {
  readonly summary: string;
  /** Two or more sentences: how one gets here, why it is refused, how to get out. Markdown. */
  readonly explanation: string;
}

export type CodeTable = Readonly<Record<DiagnosticCode, CodeEntry>>;

/** A value or the problems that stand in its way; warnings may accompany a value. */
export type Outcome<T> =
  | { readonly ok: true; readonly value: T; readonly diagnostics: readonly Diagnostic[] }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((diagnostic) => diagnostic.severity === 'error');
}

export function outcomeOf<T>(value: T, diagnostics: readonly Diagnostic[]): Outcome<T> {
  return hasErrors(diagnostics) ? { ok: false, diagnostics } : { ok: true, value, diagnostics };
}

/** Errors before warnings, and each by position: for where there is room for a few. */
export function worstFirst(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const rank = ({ severity }: Diagnostic): number => Number(severity !== 'error');
  return [...diagnostics].sort((a, b) => rank(a) - rank(b) || byPosition(a, b));
}

/** In the order of the file, so that a reader works from top to bottom; what has no place comes last. */
export function byPosition(left: Diagnostic, right: Diagnostic): number {
  const [a, b] = [left.span, right.span];
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.start.offset - b.start.offset || (left.code < right.code ? -1 : Number(left.code > right.code));
}
