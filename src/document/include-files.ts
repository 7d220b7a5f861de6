/**
 * Files that a plan names instead of holding their text: `ddl: { file: migrations/x.sql }`. Read once, beside the plan; their
 * text is part of the plan and of its digest. Owns finding them and reading their SQL by the grammar.
 */
import type { Diagnostic } from '../kernel/diagnostic.js';
import type { SqlSlot } from '../kernel/json-schema.js';
import { lineIndex } from '../kernel/span.js';
import type { Grammar } from '../sql/grammar.js';
import type { IncludedFile } from '../steps/step-definition.js';
import type { Slot } from './collect-slots.js';
import type { SourceDocument } from './source-document.js';
import { SLOT_CODES } from './codes-slots.js';
import { sqlProblem } from './sql-text.js';

/** `path` as the plan writes it. `problem` says why its text cannot be had; undefined: there is nothing to say about it. */
export type ReadInclude = (path: string) => IncludedFile | { readonly problem: string } | undefined;

export interface Includes {
  /** By the name that the plan writes. */
  readonly files: Readonly<Record<string, IncludedFile>>;
  readonly diagnostics: readonly Diagnostic[];
}

export function includeFiles(
  document: SourceDocument,
  slots: readonly Slot[],
  read: ReadInclude,
  grammar: Grammar,
): Includes {
  const files: Record<string, IncludedFile> = {};
  const diagnostics: Diagnostic[] = [];
  for (const { kind, path, value, slot } of slots) {
    if (kind !== 'file' || document.isUnsettled(path)) continue;
    // A plan that is approved on one machine and run on another must find the same file.
    const isOutside = /^([/\\~]|[a-z]:|.*\0)/i.test(value);
    const found = isOutside ? undefined : read(value);
    const span = document.spanOf(path);
    if (found === undefined || 'problem' in found) {
      const why = found === undefined ? '' : ` (${found.problem})`;
      const detail = isOutside
        ? `\`${value}\` is not a path relative to the plan.`
        : `\`${value}\` cannot be read${why}.`;
      const help = 'write the path from the folder of the plan';
      diagnostics.push({ ...said('LS1206'), detail, help, span });
      continue;
    }
    files[value] = found;
    diagnostics.push(...problemsIn(found, slot, grammar, span));
  }
  return { files, diagnostics };
}

function problemsIn(
  { name, text }: IncludedFile,
  slot: SqlSlot,
  grammar: Grammar,
  place: Diagnostic['span'],
): readonly Diagnostic[] {
  const problem = sqlProblem(grammar, slot, text);
  if (problem === undefined) return [];
  const at = lineIndex(name, text).span(problem.offset, problem.offset + 1);
  if (/\.sql$/i.test(name))
    return [{ ...said('LS1201'), detail: problem.message.replaceAll(/\s+/g, ' '), help: problem.help, span: at }];
  // Whatever it is: neither its lines nor the word at which the grammar stopped are for a log.
  const detail = `\`${name}\` is not SQL from line ${at.start.line} on; what stands there is shown of files named *.sql only.`;
  return [{ ...said('LS1201'), detail, help: problem.help, ...(place !== undefined && { span: place }) }];
}

function said(code: 'LS1201' | 'LS1206'): Pick<Diagnostic, 'code' | 'severity' | 'summary'> {
  return { code, severity: 'error', summary: SLOT_CODES[code].summary };
}
