/**
 * From the parser's nodes to the neutral tree of a document. Owns what single nodes are refused for: keys that are not
 * text, or twice there; numbers that would be changed; texts that a comma split.
 */
import type { Pair, ParsedNode, Scalar, YAMLMap } from 'yaml';
import { isMap, isScalar, isSeq } from 'yaml';
import type { FlowPart } from './comma-split.js';
import { commaSplits } from './comma-split.js';
import { plainScalar } from './plain-scalar.js';
import type { MapEntry, MapNode, ScalarNode, ScalarStyle, SourceNode } from './source-document.js';
import type { YamlProblems } from './yaml-problems.js';
import { YAML_REFUSALS } from './yaml-refusals.js';

/** Recurses: the text was proved shallow before it was composed. */
export class YamlTreeReader {
  constructor(
    private readonly text: string,
    private readonly problems: YamlProblems,
  ) {}

  node(node: ParsedNode | null, at = 0): SourceNode {
    if (isScalar(node)) return this.scalar(node);
    if (isMap(node)) return this.map(node);
    if (isSeq(node)) {
      const items = this.withoutSplits(node, node.items.map(entryPart)).map((item) => {
        return this.node(item, node.range[0]);
      });
      return { kind: 'sequence', flow: node.flow === true, items, ...this.place(node) };
    }
    // An alias, refused as a token, or nothing.
    const [start, end] = node === null ? [at, at] : node.range;
    return { kind: 'scalar', style: 'plain', value: null, parentIndent: 0, start, end };
  }

  private map(map: YAMLMap.Parsed): MapNode {
    const entries = new Map<string, MapEntry>();
    for (const pair of this.withoutSplits(map, map.items.map(memberPart))) {
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

  /** The items of a collection but those that one text was split into; these are refused as one. */
  private withoutSplits<Item>({ flow, items }: { flow?: boolean; items: Item[] }, parts: readonly FlowPart[]): Item[] {
    if (flow !== true) return items;
    const splits = commaSplits(parts);
    for (const { first, last } of splits) {
      const [start, end] = [parts[first]!.start, parts[last]!.end];
      this.problems.refuse(YAML_REFUSALS.splitAtComma(this.text.slice(start, end)), start, end);
    }
    return items.filter((_, index) => !splits.some(({ first, last }) => first <= index && index <= last));
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

function entryPart(item: unknown): FlowPart {
  const scalar = isScalar(item) ? (item as Scalar.Parsed) : undefined;
  const [start, end] = scalar?.range ?? [0, 0];
  return { plainText: plainSource(scalar), bareKey: undefined, start, end };
}

function memberPart({ key, value }: Pair<ParsedNode | null, ParsedNode | null>): FlowPart {
  const empty = value === null || plainSource(value) === '';
  const [start, end] = (empty ? key : value)?.range ?? [0, 0];
  return { plainText: plainSource(value), bareKey: empty ? plainSource(key) : undefined, start, end };
}

function plainSource(node: ParsedNode | null | undefined): string | undefined {
  return isScalar(node) && node.type === 'PLAIN' ? node.source : undefined;
}
