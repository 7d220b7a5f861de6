/** One piece of SQL in a plan, read as its slot asks for. */
import type { SqlSlot } from '../kernel/json-schema.js';
import type { FragmentProblem } from '../sql/fragment.js';
import { readCondition, readExpression, readQuery, readStatement, readStatements } from '../sql/fragment.js';
import type { Grammar } from '../sql/grammar.js';

/** Undefined where the text is what the slot asks for. */
export function sqlProblem(grammar: Grammar, slot: SqlSlot, text: string): FragmentProblem | undefined {
  const read = READERS[slot](grammar, text);
  return read.ok ? undefined : read;
}

type Reader = (grammar: Grammar, text: string) => { readonly ok: true } | ({ readonly ok: false } & FragmentProblem);

const READERS: Readonly<Record<SqlSlot, Reader>> = {
  expression: readExpression,
  condition: readCondition,
  query: readQuery,
  // Not the readers themselves: their third parameter is not for callers here.
  statement: (grammar, text) => readStatement(grammar, text),
  statements: (grammar, text) => readStatements(grammar, text),
};
