/**
 * A parameter's value inside SQL: always one literal. The proof that it stays one is the grammar's. The text is parsed
 * with a stand-in for each value, a literal of the same form that occurs nowhere else; where the tree does not hold that
 * literal, the reference stood inside a string, a quoted name, a comment, a function body, or where no value belongs.
 */
import type { SqlSlot } from '../kernel/json-schema.js';
import { isSyntaxError } from '../sql/grammar.js';
import type { Grammar } from '../sql/grammar.js';
import { quoteLiteral } from '../sql/identifier.js';
import { walkTree } from '../sql/tree-walk.js';
import type { ParamValue } from './params.js';
import { sqlProblem } from './sql-text.js';

/** A reference and the literal that replaced it; UTF-16 offsets, ends exclusive. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly newStart: number;
  readonly newEnd: number;
}

export interface SqlWithValues {
  readonly text: string;
  readonly edits: readonly Edit[];
  /** References that cannot stand where they stand. */
  readonly misplaced: readonly RegExpExecArray[];
}

export function putIntoSql(
  grammar: Grammar,
  slot: SqlSlot,
  text: string,
  references: readonly RegExpExecArray[],
  values: readonly ParamValue[],
): SqlWithValues {
  const written = replace(text, references, values.map(literal));
  const salt = saltFor(text);
  const standIns = values.map((value, index) => standIn(value, index, salt));
  const trial = replace(
    text,
    references,
    values.map((value, index) => literalLike(value, standIns[index]!)),
  );
  const seen = literalsOf(grammar, slot, trial.text);
  const misplaced = references.filter((reference, index) => {
    if (touchesWord(text, reference)) return true;
    if (!('offset' in seen)) return !seen.has(standIns[index]!);
    const { newStart, newEnd } = trial.edits[index]!;
    return seen.offset >= newStart && seen.offset < newEnd;
  });
  // No tree, no proof. The text with the values is refused for its own syntax error then; if it is not, here.
  const unproved = 'offset' in seen && misplaced.length === 0 && sqlProblem(grammar, slot, written.text) === undefined;
  return { ...written, misplaced: unproved ? references : misplaced };
}

function literal(value: ParamValue): string {
  return literalLike(value, typeof value === 'number' ? String(Math.abs(value)) : String(value));
}

/** Negative numbers and booleans in parentheses: `- -5` and `--5` are not the same, and `-5::text` is `-(5::text)`. */
function literalLike(value: ParamValue, written: string): string {
  if (typeof value === 'string') return ` ${quoteLiteral(written)}`;
  if (typeof value === 'boolean') return `(${written})`;
  return value < 0 ? `(-${written})` : written;
}

/** Numbers stand for numbers and booleans, texts for texts: what the lexer makes of them must be the same. */
function standIn(value: ParamValue, index: number, salt: number): string {
  // Beyond what fits an integer of the grammar, so that it is kept letter by letter.
  if (typeof value !== 'string') return `${salt}${String(index).padStart(6, '0')}`;
  // A backslash makes another kind of string constant.
  return `lockstep parameter ${salt} ${index}${value.includes('\\') ? ' \\' : ''}`;
}

/** A number whose digits occur nowhere in the text: a constant of the author's must not pass for a stand-in. */
function saltFor(text: string): number {
  let salt = 7_610_493;
  while (text.includes(String(salt))) salt++;
  return salt;
}

function replace(
  text: string,
  references: readonly RegExpExecArray[],
  literals: readonly string[],
): { readonly text: string; readonly edits: readonly Edit[] } {
  const edits: Edit[] = [];
  let made = '';
  let at = 0;
  for (const [position, { index, 0: written }] of references.entries()) {
    made += text.slice(at, index);
    at = index + written.length;
    edits.push({ start: index, end: at, newStart: made.length, newEnd: made.length + literals[position]!.length });
    made += literals[position]!;
  }
  return { text: made + text.slice(at), edits };
}

/** `abc{{ n }}` would become `abc5`, another word. */
function touchesWord(text: string, { index, 0: written }: RegExpExecArray): boolean {
  const before = text[index - 1] ?? ' ';
  const after = text[index + written.length] ?? ' ';
  return [before, after].some((char) => /[\p{L}\p{N}\p{M}\p{Surrogate}_$"'.]/u.test(char));
}

/** The constants of the text that stand where an expression stands, or where the grammar stopped. */
function literalsOf(grammar: Grammar, slot: SqlSlot, text: string): ReadonlySet<string> | { readonly offset: number } {
  const prefix = slot === 'expression' || slot === 'condition' ? 'SELECT\n' : '';
  const statements = grammar.statements(prefix + text);
  if (isSyntaxError(statements)) return { offset: statements.offset - prefix.length };
  const found: string[] = [];
  for (const { node } of statements) {
    walkTree(node, (kind, fields) => {
      if (kind !== 'A_Const') return;
      const { sval, fval } = fields as ConstantFields;
      if (sval?.sval !== undefined) found.push(sval.sval);
      if (fval?.fval !== undefined) found.push(fval.fval.replace(/^-/, ''));
    });
  }
  return new Set(found);
}

interface ConstantFields {
  readonly sval?: { readonly sval?: string };
  readonly fval?: { readonly fval?: string };
}
