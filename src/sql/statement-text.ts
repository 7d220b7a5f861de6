/**
 * Rewrites a statement word by word and leaves the rest as its author wrote it: parts are cut out, named anew, put behind
 * another head. The tree says where a name stands, the tokens where it ends. What is written is parsed again by whoever
 * uses it, so that nothing is believed that the grammar does not say.
 */
import type { ParsedStatement, RangeVar, Token } from './grammar.js';
import { splitAtCommas } from './source-text.js';
import { nodeAs, type FieldsOf } from './tree-walk.js';

/** Without the first place where these words follow each other outside parentheses: `IF NOT EXISTS`. */
export function withoutWords(statement: ParsedStatement, words: readonly string[]): string {
  const tokens = statement.tokens();
  const at = findWords(tokens, words);
  if (at === undefined) return statement.text;
  const from = tokens[at]!.start - statement.start;
  const to = (tokens[at + words.length]?.start ?? statement.end) - statement.start;
  return (statement.text.slice(0, from) + statement.text.slice(to)).trimEnd();
}

/** From the first word behind the name of a relation, with a star that may follow it, to the end of the statement. */
export function behindName(statement: ParsedStatement, relation: RangeVar): string {
  return textOf(statement, tokensBehindName(statement, relation));
}

/** The commands of an ALTER TABLE, each as its author wrote it. */
export function alterTableCommands(
  statement: ParsedStatement,
  alter: FieldsOf<'AlterTableStmt'>,
): readonly { readonly command: FieldsOf<'AlterTableCmd'>; readonly text: string }[] {
  const texts = splitAtCommas(tokensBehindName(statement, alter.relation!));
  return (alter.cmds ?? []).map((node, index) => ({
    command: nodeAs(node, 'AlterTableCmd')!,
    text: textOf(statement, texts[index] ?? []),
  }));
}

function tokensBehindName(statement: ParsedStatement, relation: RangeVar): readonly Token[] {
  const tokens = statement.tokens();
  let at = tokens.findIndex(({ start }) => start >= statement.utf16Offset(relation.location ?? 0));
  while (tokens[at + 1]?.text === '.') at += 2;
  if (tokens[at + 1]?.text === '*') at += 1;
  return tokens.slice(at + 1);
}

/** The words, from the first of some tokens to the last. */
export function textOf(statement: ParsedStatement, tokens: readonly Token[]): string {
  const [first, last] = [tokens[0], tokens.at(-1)];
  if (first === undefined || last === undefined) return '';
  return statement.text.slice(first.start - statement.start, last.end - statement.start);
}

function findWords(tokens: readonly Token[], words: readonly string[]): number | undefined {
  let depth = 0;
  for (const [at, { text }] of tokens.entries()) {
    if (text === '(') depth += 1;
    if (text === ')') depth -= 1;
    if (depth === 0 && words.every((word, index) => tokens[at + index]?.text.toUpperCase() === word)) return at;
  }
  return undefined;
}
