/** What `--json` prints: one document with a version, the same for every command; events of a run as lines before it. */
import type { RunEvent } from '../executor/run-event.js';
import type { Diagnostic } from '../kernel/diagnostic.js';

export interface JsonDocumentFacts {
  /** Null where the command line did not get as far as naming one. */
  readonly command: string | null;
  readonly exit: number;
  readonly report: unknown;
  readonly diagnostics: readonly Diagnostic[];
  readonly next: readonly string[];
}

/** The version of the document; raised where a member changes its meaning or goes away. */
const VERSION = 1;

/** Ends with a line feed. `inOneLine`: as the last line behind events. */
export function jsonDocument(facts: JsonDocumentFacts, { inOneLine = false } = {}): string {
  const { command, exit, report, diagnostics, next } = facts;
  const document = { lockstep: VERSION, command, exit, report, diagnostics, next };
  return `${JSON.stringify(document, null, inOneLine ? undefined : 2)}\n`;
}

/** One line. */
export function jsonEvent(event: RunEvent, atMs: number): string {
  return `${JSON.stringify({ v: VERSION, at: new Date(atMs).toISOString(), ...event })}\n`;
}
