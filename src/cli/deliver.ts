/**
 * Prints what a command answered. Owns which stream gets what: the result on stdout, everything said about it on stderr,
 * and there last, plain, what went wrong and the exact command that comes next.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import type { Diagnostic } from '../kernel/diagnostic.js';
import { redactPasswords } from '../postgres/connection.js';
import { renderDiagnostics } from '../render/diagnostic-frame.js';
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
}

/** The exit code. */
export function deliver({ command, answer, options, terminal, behindEvents }: Delivery): number {
  const { exit, result, shown, note, nextAre = 'or' } = answer;
  const diagnostics = result.diagnostics.map(withoutPasswords);
  const next = nextCommands(result.next, options.set);
  const facts = { command, exit, report: result.report, diagnostics, next };
  if (options.jsonInto !== undefined) writeFileSync(options.jsonInto, jsonDocument(facts));
  const followed = renderNext(next, nextAre);
  const { out, err } = terminal;
  if (options.json === true) out.write(jsonDocument(facts, { inOneLine: behindEvents }));
  else out.write(shown(viewOf(out, terminal)) + (exit === 0 ? followed : ''));

  const said = renderDiagnostics(diagnostics, sourceText, viewOf(err, terminal).style);
  if (said !== '') err.write(`${said}\n`);
  if (note !== undefined) err.write(`${note}\n`);
  if (exit !== 0) err.write(followed);
  return exit;
}

export function viewOf(stream: Stream, { env }: Terminal): View {
  return { style: styleFor({ isTty: stream.isTty, env }), width: stream.size().width };
}

function withoutPasswords(diagnostic: Diagnostic): Diagnostic {
  const { detail, help } = diagnostic;
  return { ...diagnostic, detail: redactPasswords(detail), ...(help !== undefined && { help: redactPasswords(help) }) };
}

/** Undefined where it cannot be read: then a place is named, not drawn. */
export function sourceText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
