/**
 * YAML text to a document with positions. With `yaml-tree` the only importer of `yaml`. Owns what is refused before anyone looks at the
 * shape: everything that makes a reader of the file and the engine see different things. All problems of a file at once.
 * The shape belongs to `schema-validation`, SQL in the values to `sql-slots`.
 */
import type { Document, ParsedNode } from 'yaml';
import { Composer, CST, isScalar, Lexer, Parser, visit } from 'yaml';
import type { Outcome } from '../kernel/diagnostic.js';
import { lineIndex } from '../kernel/span.js';
import type { SourceDocument, SourceNode } from './source-document.js';
import { sourceDocument } from './source-document.js';
import { YamlProblems } from './yaml-problems.js';
import type { Refusal } from './yaml-refusals.js';
import { YAML_REFUSALS, syntaxRefusal } from './yaml-refusals.js';
import { YamlTreeReader } from './yaml-tree.js';

export const MAX_BYTES = 1024 * 1024;
export const MAX_LEVELS = 32;
/** After this many refused tokens nobody is helped by reading on. */
const MAX_TOKENS_REFUSED = 200;

/**
 * `file` is the name shown in diagnostics; a byte order mark is not part of the text. Not `ok`: the problems, in the
 * order of the file. Never throws.
 */
export function readYaml(file: string, rawText: string): Outcome<SourceDocument> {
  const text = rawText.startsWith('\uFEFF') ? rawText.slice(1) : rawText;
  const problems = new YamlProblems(lineIndex(file, text));
  const root = readTree(text, problems);
  if (root === undefined || problems.exist()) return { ok: false, diagnostics: problems.inOrder() };
  return { ok: true, value: sourceDocument(file, text, root), diagnostics: [] };
}

/**
 * Control characters but tab and line ends, lone CR, a byte order mark inside the text, halves of surrogate pairs; spaces
 * without width, and what turns the direction of writing, so that a reviewer sees another plan than the one that runs.
 */
const UNWANTED =
  /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u200b\u2060\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]|\r(?!\n)|\p{Surrogate}/gu;

function readTree(text: string, problems: YamlProblems): SourceNode | undefined {
  const bytes = Buffer.byteLength(text, 'utf8');
  if (bytes > MAX_BYTES) {
    problems.refuse(YAML_REFUSALS.tooLarge(bytes, MAX_BYTES), 0, 0);
    return undefined;
  }
  for (const { 0: character, index } of text.matchAll(UNWANTED)) {
    problems.refuse(YAML_REFUSALS.controlCharacter(character), index, index + character.length);
  }
  // The lexer uses some control characters as marks of its own: what it makes of them tells a reader nothing.
  if (problems.exist()) return undefined;
  const stream = parseTokens(text, problems);
  if (stream === undefined) return undefined;
  const composer = new Composer({
    // Scalars stay text here; `plainScalar` decides what they stand for. Duplicate keys are reported with both places.
    ...{ schema: 'failsafe', merge: false, uniqueKeys: false, keepSourceTokens: true, logLevel: 'silent' },
    prettyErrors: false,
  });
  const [document] = [...composer.compose(stream.tokens, true, text.length)];
  if (document === undefined) return undefined;
  for (const { pos, code, message } of [...document.errors, ...document.warnings]) {
    const [start, end] = pos;
    if (stream.isExplained(start)) continue;
    const quote = /^Missing closing (["'])quote$/.exec(message)?.[1];
    const opened = quote === undefined ? undefined : openQuote(document, start);
    if (quote === undefined || opened === undefined)
      problems.refuse(syntaxRefusal(code, message), start, Math.max(end, start));
    else problems.refuse(YAML_REFUSALS.quoteNotClosed(quote), opened, opened + 1);
  }
  const root = document.contents;
  if (isEmptyDocument(root)) {
    if (!problems.exist()) problems.refuse(YAML_REFUSALS.emptyDocument(), 0, 0);
    return undefined;
  }
  return new YamlTreeReader(text, problems).node(root);
}

/** Where the quoted text begins that ends at the offset, because nothing closes it before. */
function openQuote(document: Document.Parsed, end: number): number | undefined {
  let start: number | undefined;
  visit(document, {
    Scalar(_, { type, range }) {
      const isQuoted = type === 'QUOTE_DOUBLE' || type === 'QUOTE_SINGLE';
      if (isQuoted && range != null && range[1] >= end) start ??= range[0];
    },
  });
  return start;
}

function isEmptyDocument(root: ParsedNode | null): root is null {
  return root === null || (isScalar(root) && root.type === 'PLAIN' && root.source === '');
}

interface TokenStream {
  readonly tokens: readonly CST.Token[];
  /** Whether a problem of the parser at this offset follows from one that was already reported. */
  isExplained(offset: number): boolean;
}

/**
 * Refuses what single tokens show. Stops at too many levels, long before anything recurses over them, and where a
 * second document begins.
 */
function parseTokens(text: string, problems: YamlProblems): TokenStream | undefined {
  const parser = new Parser();
  const tokens: CST.Token[] = [];
  const explained: { readonly start: number; readonly end: number }[] = [];
  const isExplained = (at: number): boolean => explained.some(({ start, end }) => start - 1 <= at && at <= end);
  const refuse = (refusal: Refusal, start: number, end: number, explainedEnd = end): void => {
    problems.refuse(refusal, start, end);
    explained.push({ start, end: explainedEnd });
  };
  let previous = '';
  let hasDocument = false;
  for (const lexeme of new Lexer().lex(text)) {
    const start = parser.offset;
    for (const token of parser.next(lexeme)) {
      tokens.push(token);
      hasDocument ||= token.type === 'document';
    }
    const end = parser.offset;
    if (hasDocument && parser.stack[0]?.type === 'document') {
      problems.refuse(YAML_REFUSALS.secondDocument(), start, end);
      return { tokens, isExplained };
    }
    if (parser.stack.filter((token) => CST.isCollection(token)).length > MAX_LEVELS) {
      problems.refuse(YAML_REFUSALS.tooDeep(MAX_LEVELS), start, end);
      return undefined;
    }
    // The content of a scalar follows its mark; it may look like anything.
    const type = previous === CST.SCALAR ? null : CST.tokenType(lexeme);
    const refusal = type === null ? undefined : YAML_REFUSALS.ofToken(type, lexeme);
    if (refusal !== undefined) refuse(refusal, start, end);
    if (lexeme === '{' && previous === '{') {
      const [line = ''] = /^.*/.exec(text.slice(start)) ?? [];
      const closing = line.indexOf('}}');
      const templateEnd = closing === -1 ? end : start + closing + 2;
      // Of what follows in the line the parser has its own opinions, all of them misleading.
      const written = text.slice(start - 1, templateEnd);
      refuse(YAML_REFUSALS.unquotedTemplate(written), start - 1, templateEnd, start + line.length + 1);
    }
    if (explained.length >= MAX_TOKENS_REFUSED) return undefined;
    previous = lexeme;
  }
  for (const token of parser.end()) tokens.push(token);
  return { tokens, isExplained };
}
