/**
 * YAML text to a document with positions. The only importer of `yaml`. Owns what is refused before anyone looks at the
 * shape: everything that makes a reader of the file and the engine see different things. All problems of a file at once.
 * The shape belongs to `schema-validation`, SQL in the values to `sql-slots`.
 */
import type { Pair, ParsedNode, Scalar, YAMLMap } from 'yaml';
import { Composer, CST, isMap, isScalar, isSeq, Lexer, Parser } from 'yaml';
import type { Diagnostic, Outcome } from '../kernel/diagnostic.js';
import { byPosition } from '../kernel/diagnostic.js';
import type { LineIndex } from '../kernel/span.js';
import { lineIndex } from '../kernel/span.js';
import { plainScalar } from './plain-scalar.js';
import type { MapEntry, MapNode, ScalarNode, ScalarStyle, SourceDocument, SourceNode } from './source-document.js';
import { sourceDocument } from './source-document.js';
import type { Refusal } from './yaml-refusals.js';
import { YAML_REFUSALS, syntaxRefusal } from './yaml-refusals.js';

export const MAX_BYTES = 1024 * 1024;
export const MAX_LEVELS = 32;
/** A file with more problems of one kind than this repeats itself. */
const MAX_PER_CODE = 50;
/** After this many refused tokens nobody is helped by reading on. */
const MAX_TOKENS_REFUSED = 200;

/**
 * `file` is the name shown in diagnostics; a byte order mark is not part of the text. Not `ok`: the problems, in the
 * order of the file. Never throws.
 */
export function readYaml(file: string, rawText: string): Outcome<SourceDocument> {
  const text = rawText.startsWith('\uFEFF') ? rawText.slice(1) : rawText;
  const problems = new Problems(lineIndex(file, text));
  const root = readTree(text, problems);
  if (root === undefined || problems.exist()) return { ok: false, diagnostics: problems.inOrder() };
  return { ok: true, value: sourceDocument(file, text, root), diagnostics: [] };
}

/** Control characters but tab and line ends, lone CR, a byte order mark inside the text, halves of surrogate pairs. */
const UNWANTED = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufeff\ufffe\uffff]|\r(?!\n)|\p{Surrogate}/gu;

class Problems {
  private readonly found: Diagnostic[] = [];
  private readonly perCode = new Map<string, number>();

  constructor(readonly lines: LineIndex) {}

  exist(): boolean {
    return this.found.length > 0;
  }

  refuse(
    refusal: Refusal,
    start: number,
    end: number,
    related?: { message: string; start: number; end: number },
  ): void {
    const seen = (this.perCode.get(refusal.code) ?? 0) + 1;
    this.perCode.set(refusal.code, seen);
    if (seen > MAX_PER_CODE) return;
    const span = this.lines.span(start, end);
    const places = related && [{ message: related.message, span: this.lines.span(related.start, related.end) }];
    this.found.push({ severity: 'error', ...refusal, span, ...(places && { related: places }) });
  }

  inOrder(): readonly Diagnostic[] {
    return this.found.sort(byPosition);
  }
}

function readTree(text: string, problems: Problems): SourceNode | undefined {
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
    if (!stream.isExplained(start)) problems.refuse(syntaxRefusal(code, message), start, Math.max(end, start));
  }
  const root = document.contents;
  if (isEmptyDocument(root)) {
    if (!problems.exist()) problems.refuse(YAML_REFUSALS.emptyDocument(), 0, 0);
    return undefined;
  }
  return new TreeReader(text, problems).node(root);
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
function parseTokens(text: string, problems: Problems): TokenStream | undefined {
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

/** From the parser's nodes to ours. At most `MAX_LEVELS` deep, so it may recurse. */
class TreeReader {
  constructor(
    private readonly text: string,
    private readonly problems: Problems,
  ) {}

  node(node: ParsedNode | null, at = 0): SourceNode {
    if (isScalar(node)) return this.scalar(node);
    if (isMap(node)) return this.map(node);
    if (isSeq(node)) {
      const items = node.items.map((item) => this.node(item as ParsedNode | null, node.range[0]));
      return { kind: 'sequence', flow: node.flow === true, items, ...this.place(node) };
    }
    // An alias, refused as a token, or nothing.
    const [start, end] = node === null ? [at, at] : node.range;
    return { kind: 'scalar', style: 'plain', value: null, parentIndent: 0, start, end };
  }

  private map(map: YAMLMap.Parsed): MapNode {
    const entries = new Map<string, MapEntry>();
    for (const pair of map.items) {
      const entry = this.entry(pair, map.range[0]);
      if (entry === undefined) continue;
      const { key, keyStart, keyEnd } = entry;
      const first = entries.get(key);
      if (first === undefined) entries.set(key, entry);
      else {
        const related = { message: 'first defined here', start: first.keyStart, end: first.keyEnd };
        this.problems.refuse(YAML_REFUSALS.duplicateKey(key), keyStart, keyEnd, related);
      }
    }
    return { kind: 'map', flow: map.flow === true, entries, ...this.place(map) };
  }

  private entry(pair: Pair<ParsedNode | null, ParsedNode | null>, mapStart: number): MapEntry | undefined {
    const [keyStart, keyEnd] = pair.key?.range ?? [mapStart, mapStart];
    const node = this.node(pair.value, keyEnd);
    if (!isScalar(pair.key)) {
      // `{{ x }}` outside quotes was refused as tokens.
      if (!this.text.startsWith('{{', keyStart - 1)) {
        this.problems.refuse(YAML_REFUSALS.keyNotText(this.text.slice(keyStart, keyEnd)), keyStart, keyEnd);
      }
      return undefined;
    }
    const { source, type, value } = pair.key;
    if (type === 'PLAIN' && source === '<<') {
      this.problems.refuse(YAML_REFUSALS.mergeKey(), keyStart, keyEnd);
      return undefined;
    }
    if (type === 'PLAIN') {
      const plain = plainScalar(source);
      if (plain.kind === 'inexact number' || typeof plain.value !== 'string') {
        this.problems.refuse(YAML_REFUSALS.keyNotText(source), keyStart, keyEnd);
        return undefined;
      }
    }
    const key = String(value);
    this.refuseControlCharacters(key, keyStart, keyEnd);
    return { key, keyStart, keyEnd, node };
  }

  private scalar(scalar: Scalar.Parsed): ScalarNode {
    const [start, end] = scalar.range;
    const style = STYLES[scalar.type ?? 'PLAIN'];
    const token = scalar.srcToken;
    const place = {
      kind: 'scalar',
      style,
      start,
      end,
      parentIndent: token?.type === 'block-scalar' ? token.indent : 0,
    } as const;
    if (style !== 'plain') {
      const value = String(scalar.value);
      this.refuseControlCharacters(value, start, end);
      return { ...place, value };
    }
    const plain = plainScalar(scalar.source);
    if (plain.kind === 'value') return { ...place, value: plain.value };
    this.problems.refuse(YAML_REFUSALS.inexactNumber(scalar.source, plain.why), start, end);
    return { ...place, value: null };
  }

  /** Escapes can bring in what the text itself may not hold. */
  private refuseControlCharacters(value: string, start: number, end: number): void {
    const [character] = value.match(UNWANTED_IN_VALUES) ?? [];
    if (character !== undefined) this.problems.refuse(YAML_REFUSALS.controlCharacter(character), start, end);
  }

  /** Block collections end where their last line does, not where the next key begins. */
  private place({ range: [start, end] }: ParsedNode): { readonly start: number; readonly end: number } {
    return { start, end: start + this.text.slice(start, end).trimEnd().length };
  }
}

/** A carriage return may come from an escape; no other control character has a use in SQL or in a name. */
const UNWANTED_IN_VALUES = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]|\p{Surrogate}/gu;

const STYLES: Readonly<Record<Scalar.Type, ScalarStyle>> = {
  PLAIN: 'plain',
  QUOTE_SINGLE: 'single-quoted',
  QUOTE_DOUBLE: 'double-quoted',
  BLOCK_LITERAL: 'literal',
  BLOCK_FOLDED: 'folded',
};
