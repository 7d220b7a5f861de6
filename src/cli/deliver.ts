/**
 * Prints what a command answered. Owns which stream gets what: the result on stdout, everything said about it on stderr,
 * and there last, plain, what went wrong and the exact command that comes next.
 */
import { writeFileSync } from 'node:fs';
import type { Diagnostic } from '../kernel/diagnostic.js';
import { maskPasswords } from '../kernel/mask-passwords.js';
import { textOf, type Span } from '../kernel/span.js';
import { redactPasswords } from '../postgres/connection.js';
import { renderDiagnostic, renderDiagnostics } from '../render/diagnostic-frame.js';
import { jsonDocument } from '../render/json-document.js';
import { styleFor } from '../render/style.js';
import type { View } from '../render/view.js';
import type { Answer, CommonOptions } from './invocation.js';
import { nextCommands, renderNext } from './next-commands.js';
import type { Stream, Terminal } from './terminal.js';

export interface Delivery {
  /** Null where the command line named none. */
  readonly command: string | null;
  readonly answer: Answer;
  readonly options: CommonOptions;
  readonly terminal: Terminal;
  /** Events were printed before: the document is one line, too. */
  readonly behindEvents: boolean;
  /** Whether the command changed something: then its exit code says how that ended, also where it cannot be told. */
  readonly acts?: boolean;
}

/** The exit code. */
export function deliver({ command, answer, options, terminal, behindEvents, acts = false }: Delivery): number {
  const { exit, result, shown, note, nextAre = 'or', nextIsShown = false } = answer;
  const diagnostics = result.diagnostics.map(withoutPasswords);
  const next = nextCommands(result.next, options);
  const facts = { command, exit, report: result.report, diagnostics, next };
  const unwritten =
    options.jsonInto === undefined ? undefined : problemOfWriting(options.jsonInto, jsonDocument(facts));
  const followed = renderNext(next, nextAre);
  const { out, err } = terminal;
  if (options.json === true) out.write(jsonDocument(facts, { inOneLine: behindEvents }));
  else out.write(shown(viewOf(out, terminal), { diagnostics, next }) + (exit === 0 && !nextIsShown ? followed : ''));

  err.write(problemsText(diagnostics, terminal));
  for (const line of [unwritten, note]) if (line !== undefined) err.write(`${line}\n`);
  if (exit !== 0) err.write(followed);
  return exit === 0 && unwritten !== undefined && !acts ? 1 : exit;
}

/** It could be opened before the command ran; the disk may be full now, and what was done is done. */
function problemOfWriting(file: string, text: string): string | undefined {
  try {
    writeFileSync(file, text);
    return undefined;
  } catch (error) {
    return `--json-into: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** As they stand on stderr; empty where there are none. */
export function problemsText(diagnostics: readonly Diagnostic[], terminal: Terminal): string {
  const { style } = viewOf(terminal.err, terminal);
  const [first, ...others] = diagnostics;
  if (first === undefined) return '';
  // One needs no count.
  if (others.length === 0) return `${renderDiagnostic(first, sourceTexts(), style)}\n`;
  return `${renderDiagnostics(diagnostics, sourceTexts(), style)}\n`;
}

export function viewOf(stream: Stream, { env }: Terminal): View {
  return { style: styleFor({ isTty: stream.isTty, env }), width: stream.size().width };
}

function withoutPasswords(diagnostic: Diagnostic): Diagnostic {
  const { detail, help } = diagnostic;
  return { ...diagnostic, detail: redactPasswords(detail), ...(help !== undefined && { help: redactPasswords(help) }) };
}

/** Without passwords. Undefined where the text is not at hand: then a place is named, not drawn. */
function sourceTexts(): (place: Span) => string | undefined {
  const known = new Map<string, string>();
  return (place) => {
    const text = textOf(place);
    if (text === undefined) return undefined;
    const masked = known.get(text) ?? maskPasswords(text);
    known.set(text, masked);
    return masked;
  };
}
