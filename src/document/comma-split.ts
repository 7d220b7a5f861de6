/**
 * A text that YAML split at a comma: `{ name: coalesce(a, b) }` is a map with the keys `name` and `b)`. Found by what no
 * author means: an unquoted text with an open parenthesis, followed by keys or entries that close it.
 */

/** A member of a flow map, or an entry of a flow list, in the order of the file. Offsets of the file. */
export interface FlowPart {
  /** What was written without quotes: the value of a member, or the entry; undefined for anything else. */
  readonly plainText: string | undefined;
  /** The key of a member that has no value: where a split text goes on. */
  readonly bareKey: string | undefined;
  readonly start: number;
  readonly end: number;
}

export interface CommaSplit {
  /** The positions of the first and the last part among the given ones. */
  readonly first: number;
  readonly last: number;
}

export function commaSplits(parts: readonly FlowPart[]): readonly CommaSplit[] {
  const splits: CommaSplit[] = [];
  for (let first = 0; first < parts.length; first++) {
    let open = openParentheses(parts[first]!.plainText ?? '');
    let last = first;
    while (open > 0 && last + 1 < parts.length) {
      const next = parts[last + 1]!;
      const continued = next.bareKey ?? next.plainText;
      if (continued === undefined) break;
      open += openParentheses(continued);
      last++;
    }
    if (open > 0 || last === first) continue;
    splits.push({ first, last });
    first = last;
  }
  return splits;
}

/** Opened minus closed, outside SQL strings. */
function openParentheses(text: string): number {
  const bare = text.replaceAll(/'[^']*'/g, '');
  return bare.split('(').length - bare.split(')').length;
}
