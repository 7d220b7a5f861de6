/**
 * A document with its positions: where each value stands in the file, down to the character inside a scalar. Owns the
 * neutral tree that positions are asked of. Reading YAML into it belongs to `read-yaml`, drawing a span to `render`.
 */
import type { Path } from '../kernel/path.js';
import type { Span } from '../kernel/span.js';
import { lineIndex } from '../kernel/span.js';
import { scalarSourceMap } from './scalar-source-map.js';

export interface SourceDocument {
  readonly file: string;
  readonly text: string;
  /** Plain data: objects without a prototype (no key is inherited), arrays, strings, exact numbers, booleans, null. */
  readonly value: unknown;
  /**
   * The value at the path, or its key. A path that leads nowhere gives the nearest place above it that exists; a value
   * that was left empty gives its key.
   */
  spanOf(path: Path, part?: 'key' | 'value'): Span;
  /** Part of a string's *value*, in UTF-16 offsets, as the place in the file that it was written at. */
  spanWithin(path: Path, startOffset: number, endOffset: number): Span;
  /** How a scalar was written; undefined where no scalar stands. */
  scalarAt(path: Path): ScalarNode | undefined;
  /**
   * Whether what stands there could not be determined: a parameter without a value. The reason was reported; anything
   * said about the value itself would be a guess.
   */
  isUnsettled(path: Path): boolean;
  /** The written collection or scalar; undefined where nothing stands. */
  nodeAt(path: Path): SourceNode | undefined;
}

export type ScalarStyle = 'plain' | 'single-quoted' | 'double-quoted' | 'literal' | 'folded';

/** Offsets are UTF-16 code units of the file; `end` is exclusive and excludes trailing space and comments. */
interface NodePlace {
  readonly start: number;
  readonly end: number;
}

export interface ScalarNode extends NodePlace {
  readonly kind: 'scalar';
  readonly style: ScalarStyle;
  readonly value: string | number | boolean | null;
  /** Spaces that the parent of a block scalar is indented by: what its indentation indicator counts from. */
  readonly parentIndent: number;
}

export interface MapEntry {
  readonly key: string;
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly node: SourceNode;
}

export interface MapNode extends NodePlace {
  readonly kind: 'map';
  readonly flow: boolean;
  readonly entries: ReadonlyMap<string, MapEntry>;
}

export interface SequenceNode extends NodePlace {
  readonly kind: 'sequence';
  readonly flow: boolean;
  readonly items: readonly SourceNode[];
}

export type SourceNode = ScalarNode | MapNode | SequenceNode;

export function sourceDocument(file: string, text: string, root: SourceNode): SourceDocument {
  const lines = lineIndex(file, text);
  const spanOf = (path: Path, part: 'key' | 'value' = 'value'): Span => {
    const { entry, node, complete } = locate(root, path);
    const empty = node.start === node.end;
    if (entry !== undefined && (empty || (part === 'key' && complete))) return lines.span(entry.keyStart, entry.keyEnd);
    return lines.span(node.start, node.end);
  };
  const nodeAt = (path: Path): SourceNode | undefined => {
    const { node, complete } = locate(root, path);
    return complete ? node : undefined;
  };
  const scalarAt = (path: Path): ScalarNode | undefined => {
    const node = nodeAt(path);
    return node?.kind === 'scalar' ? node : undefined;
  };
  const spanWithin = (path: Path, startOffset: number, endOffset: number): Span => {
    const scalar = scalarAt(path);
    const map = scalar === undefined ? undefined : scalarSourceMap(text, scalar);
    if (map === undefined) return spanOf(path);
    const start = map.startOf(startOffset);
    return lines.span(start, endOffset > startOffset ? map.endOf(endOffset - 1) : start);
  };
  return { file, text, value: valueOf(root), spanOf, spanWithin, scalarAt, nodeAt, isUnsettled: () => false };
}

/** As far down the path as the tree goes, with the last map entry that was passed. */
function locate(root: SourceNode, path: Path): { node: SourceNode; entry: MapEntry | undefined; complete: boolean } {
  let node = root;
  let entry: MapEntry | undefined;
  for (const step of path) {
    const next = node.kind === 'map' ? node.entries.get(String(step)) : undefined;
    const item = node.kind === 'sequence' && typeof step === 'number' ? node.items[step] : undefined;
    if (next === undefined && item === undefined) return { node, entry, complete: false };
    entry = next;
    node = next?.node ?? item!;
  }
  return { node, entry, complete: true };
}

function valueOf(node: SourceNode): unknown {
  switch (node.kind) {
    case 'scalar':
      return node.value;
    case 'sequence':
      return node.items.map(valueOf);
    case 'map': {
      const object = Object.create(null) as Record<string, unknown>;
      for (const { key, node: member } of node.entries.values()) object[key] = valueOf(member);
      return object;
    }
  }
}
