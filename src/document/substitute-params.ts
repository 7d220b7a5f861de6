/**
 * Puts the values of parameters where the plan says `{{ name }}`. Outside SQL that is a whole scalar, which becomes the
 * typed value. Inside SQL it is one literal, and only where the grammar sees an expression: a value can never become
 * code. The new document still points at what the author wrote.
 */
import type { Diagnostic } from '../kernel/diagnostic.js';
import { byPosition } from '../kernel/diagnostic.js';
import { didYouMean } from '../kernel/did-you-mean.js';
import type { JsonSchema, SqlSlot } from '../kernel/json-schema.js';
import type { Path } from '../kernel/path.js';
import type { Grammar } from '../sql/grammar.js';
import { collectSlots } from './collect-slots.js';
import type { Param, ParamInputs, ParamValue } from './params.js';
import { readParams } from './params.js';
import { isObject } from './schema-walk.js';
import type { SourceDocument } from './source-document.js';
import type { Edit } from './sql-params.js';
import { putIntoSql } from './sql-params.js';

export interface Substitution {
  /** With values in place of references; what has none is unsettled in it. Equal to the given one where nothing is put in. */
  readonly document: SourceDocument;
  /** By name, as far as they are known. */
  readonly values: Readonly<Record<string, ParamValue>>;
  /** In the order of the file. With an error among them the plan must not run. */
  readonly diagnostics: readonly Diagnostic[];
}

/** `schema` says which texts are SQL. The declarations under `params` are read, and left as they are. */
export function substituteParams(
  document: SourceDocument,
  schema: JsonSchema,
  inputs: ParamInputs,
  grammar: Grammar,
): Substitution {
  const { params, diagnostics } = readParams(document, inputs);
  const sqlSlots = new Map<string, SqlSlot>();
  for (const slot of collectSlots(schema, document.value)) {
    if (slot.kind === 'sql') sqlSlots.set(keyOf(slot.path), slot.slot);
  }
  const walk = new Substituter(document, params, sqlSlots, grammar);
  const value = walk.value(document.value, []);
  const values: Record<string, ParamValue> = {};
  for (const [name, param] of params) if (param.value !== undefined) values[name] = param.value;
  return {
    document: walk.changed ? substituted(document, value, walk) : document,
    values,
    diagnostics: [...diagnostics, ...walk.diagnostics].sort(byPosition),
  };
}

/** A reference, with the name in the first group. Anything else in double braces is text. */
export const REFERENCE = /\{\{[ \t]*([\p{L}_][\p{L}\p{N}_-]*)[ \t]*\}\}/gu;
const WHOLE = new RegExp(`^\\s*${REFERENCE.source}\\s*$`, 'u');

const keyOf = (path: Path): string => JSON.stringify(path);

class Substituter {
  readonly diagnostics: Diagnostic[] = [];
  readonly edits = new Map<string, readonly Edit[]>();
  readonly unsettled = new Set<string>();
  changed = false;

  constructor(
    private readonly document: SourceDocument,
    private readonly params: ReadonlyMap<string, Param>,
    private readonly sqlSlots: ReadonlyMap<string, SqlSlot>,
    private readonly grammar: Grammar,
  ) {}

  value(value: unknown, path: Path): unknown {
    if (path.length === 1 && path[0] === 'params') return value;
    if (typeof value === 'string') return this.text(value, path);
    if (Array.isArray(value)) return value.map((item: unknown, index) => this.value(item, [...path, index]));
    if (!isObject(value)) return value;
    const copy = Object.create(null) as Record<string, unknown>;
    for (const [key, member] of Object.entries(value)) {
      const at = [...path, key];
      if (key.search(REFERENCE) !== -1) this.report('LS1306', IN_KEY, this.document.spanOf(at, 'key'));
      copy[key] = this.value(member, at);
    }
    return copy;
  }

  private text(text: string, path: Path): unknown {
    const references = [...text.matchAll(REFERENCE)];
    if (references.length === 0) return text;
    this.changed = true;
    const known = references.map((match) => this.lookUp(match, path));
    const slot = this.sqlSlots.get(keyOf(path));
    const whole = slot === undefined && WHOLE.test(text);
    if (slot === undefined && !whole) {
      const [{ 0: written, index }] = references as [RegExpExecArray];
      this.report('LS1306', IN_TEXT, this.document.spanWithin(path, index, index + written.length));
    }
    const values = known.flatMap((param) => (param?.value === undefined ? [] : [param.value]));
    if (values.length < known.length || (slot === undefined && !whole)) {
      this.unsettled.add(keyOf(path));
      return text;
    }
    if (slot === undefined) return values[0];
    const put = putIntoSql(this.grammar, slot, text, references, values);
    for (const { index, 0: written } of put.misplaced) {
      this.report('LS1307', IN_SQL(written), this.document.spanWithin(path, index, index + written.length));
    }
    if (put.misplaced.length > 0) this.unsettled.add(keyOf(path));
    this.edits.set(keyOf(path), put.edits);
    return put.text;
  }

  private lookUp({ 0: written, 1: name = '', index }: RegExpExecArray, path: Path): Param | undefined {
    const param = this.params.get(name);
    if (param !== undefined) return param;
    const names = [...this.params.keys()];
    const meant = didYouMean(name, names);
    const detail = `the plan declares no parameter \`${name}\`${meant === undefined ? '' : `; did you mean \`${meant}\`?`}`;
    const help =
      meant !== undefined ? `declared: ${names.map((each) => `\`${each}\``).join(', ')}` : 'declare it under `params`';
    const words = { summary: 'an unknown parameter', detail, help };
    this.report('LS1302', words, this.document.spanWithin(path, index, index + written.length));
    return undefined;
  }

  private report(code: Diagnostic['code'], words: Words, span: NonNullable<Diagnostic['span']>): void {
    this.diagnostics.push({ code, severity: 'error', ...words, span });
  }
}

type Words = Pick<Diagnostic, 'summary' | 'detail' | 'help'>;

const IN_TEXT: Words = {
  summary: 'a parameter inside a longer text',
  detail: 'outside SQL a parameter stands for a whole value, not for a part of one',
  help: 'make the whole text the parameter',
};
const IN_KEY: Words = {
  summary: 'a parameter inside a longer text',
  detail: 'a parameter cannot be a key, or a part of one',
  help: 'write the key out',
};
const IN_SQL = (written: string): Words => ({
  summary: 'a parameter where SQL has no place for a value',
  detail: `\`${written}\` becomes one literal, and here the grammar sees no expression: inside a string, a name, a comment or a word`,
  help: "let SQL join the pieces: 'prefix' || {{ name }}; a name must be written out",
});

function substituted(original: SourceDocument, value: unknown, walk: Substituter): SourceDocument {
  return {
    ...original,
    value,
    isUnsettled: (path) => walk.unsettled.has(keyOf(path)),
    spanWithin(path, start, end) {
      const edits = walk.edits.get(keyOf(path)) ?? [];
      return original.spanWithin(path, originalOffset(edits, start, 'start'), originalOffset(edits, end, 'end'));
    },
  };
}

/** Inside what was put in, the whole reference is the place: from its start, to its end. */
function originalOffset(edits: readonly Edit[], offset: number, side: 'start' | 'end'): number {
  let shift = 0;
  for (const edit of edits) {
    const inside =
      side === 'start'
        ? offset >= edit.newStart && offset < edit.newEnd
        : offset > edit.newStart && offset <= edit.newEnd;
    if (inside) return side === 'start' ? edit.start : edit.end;
    if (offset < edit.newEnd) break;
    shift = edit.end - edit.newEnd;
  }
  return offset + shift;
}
