/** The condition of a partial index, out of what `pg_get_indexdef` prints. */
import { isSyntaxError, type Grammar } from './grammar.js';

/** Undefined where it has none. The server prints WHERE last, and nothing of an index stands outside parentheses after it. */
export function indexPredicate(grammar: Grammar, definition: string): string | undefined {
  const statements = grammar.statements(definition);
  if (isSyntaxError(statements)) return undefined;
  let depth = 0;
  for (const token of statements[0]?.tokens() ?? []) {
    if (token.text === '(') depth++;
    else if (token.text === ')') depth--;
    else if (depth === 0 && token.text.toUpperCase() === 'WHERE') return definition.slice(token.end).trim();
  }
  return undefined;
}
