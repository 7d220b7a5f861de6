/** Cuts the text of one clause out of a statement. The tree says where a clause begins; the tokens say where it ends. */
import type { ParsedStatement, Token } from './grammar.js';

export interface SourceText {
  /** From an offset to the comma or parenthesis that ends it, or to the first of `stops` behind it. */
  clause(start: number, stops?: readonly number[]): readonly Token[];
  text(tokens: readonly Token[]): string;
  /** The parts between the commas that stand in no parentheses: one for each command of an ALTER TABLE. */
  readonly commands: readonly (readonly Token[])[];
}

export function sourceText(statement: ParsedStatement): SourceText {
  const tokens = statement.tokens();
  const text = (part: readonly Token[]): string => {
    const [first, last] = [part[0], part.at(-1)];
    if (first === undefined || last === undefined) return '';
    return statement.text.slice(first.start - statement.start, last.end - statement.start);
  };
  return {
    clause: (start, stops = []) => {
      const from = tokens.findIndex((token) => token.start >= start);
      const stop = Math.min(...stops.filter((offset) => offset > start));
      const behind = from === -1 ? [] : tokens.slice(from);
      return behind.slice(0, endOfClause(behind, stop));
    },
    text,
    commands: splitAtCommas(tokens),
  };
}

function endOfClause(tokens: readonly Token[], stop: number): number {
  let depth = 0;
  for (const [index, token] of tokens.entries()) {
    if (token.start >= stop) return index;
    depth += depthChange(token);
    if (depth < 0 || (depth === 0 && token.text === ',')) return index;
  }
  return tokens.length;
}

export function splitAtCommas(tokens: readonly Token[]): readonly (readonly Token[])[] {
  const parts: Token[][] = [[]];
  let depth = 0;
  for (const token of tokens) {
    depth += depthChange(token);
    if (depth === 0 && token.text === ',') parts.push([]);
    else parts.at(-1)!.push(token);
  }
  return parts;
}

function depthChange(token: Token): number {
  if (token.text === '(' || token.text === '[') return 1;
  return token.text === ')' || token.text === ']' ? -1 : 0;
}
