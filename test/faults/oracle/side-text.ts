/** How a statement speaks of one side of a pair: what the table and its columns are called there, and what a value is there. */
import { quoteLiteral } from '../../../src/sql/identifier.js';
import type { Column, Draft, Pair } from './draft.js';

export interface SideText {
  readonly side: 'old' | 'new';
  readonly table: string;
  readonly name: (column: Column) => string;
  readonly names: (columns: readonly Column[]) => string;
  /** A value that is meant for the column of the old side, as this side has it. */
  readonly given: (column: Column, text: string) => string;
}

export function sideText(pair: Pair, side: 'old' | 'new', throughView = false): SideText {
  const name = (column: Column): string => (side === 'old' ? column.name : column.to!);
  return {
    side,
    table: side === 'new' ? pair.target : throughView && pair.view !== null ? pair.view : pair.source,
    name,
    names: (columns) => columns.map(name).join(', '),
    given: (column, text) =>
      side === 'old' || column.expression === undefined ? text : column.expression.replace(/\bn\b/, `(${text})`),
  };
}

/** What a statement may give on both sides: for the new side, what is mapped. */
export function writable(pair: Pair, side: 'old' | 'new'): readonly Column[] {
  return pair.columns.filter(
    ({ counted, generated, to }) => counted !== true && generated !== true && (side === 'old' || to !== null),
  );
}

/** The key of row n, now and then spelled otherwise. */
export function keyLiteral({ choice, shapes }: Draft, pair: Pair, n: number): readonly string[] {
  if (pair.keyType.spelled === undefined || !choice.chance(0.3)) return pair.key.map(({ value }) => value(n));
  shapes.add('key spelled otherwise');
  return [pair.keyType.spelled(n)];
}

/** A row that is there, mostly. */
export function someRow({ choice, numbers }: Draft): number {
  return choice.chance(0.85) ? choice.between(1, 12) : choice.between(1, numbers);
}

export function newRow(draft: Draft): number {
  draft.numbers += 1;
  return draft.numbers;
}

/** Values for a row by column; where it refers to, it refers to rows that may be there. */
export function rowValues(draft: Draft, pair: Pair, n: number, above?: number): ReadonlyMap<Column, string> {
  const { choice } = draft;
  const values = new Map<Column, string>();
  for (const column of pair.columns)
    values.set(column, column.value(column.name === 'note' ? n * 1000 + choice.between(0, 999) : n));
  for (const [index, literal] of keyLiteral(draft, pair, n).entries()) values.set(pair.key[index]!, literal);
  for (const { parent, columns, nullable } of pair.references) {
    const none = nullable && choice.chance(0.25);
    const to = parent === pair && above !== undefined ? above : someRow(draft);
    for (const [index, column] of columns.entries()) values.set(column, none ? 'NULL' : parent.key[index]!.value(to));
  }
  const word = pair.columns.find(({ name }) => name === 'word')!;
  values.set(word, quoteLiteral(`${choice.one(['New', 'other', 'Third'])} ${n}`));
  const number = pair.columns.find(({ name }) => name === 'n')!;
  // Some of it a stricter target does not take.
  values.set(number, String(draft.open && choice.chance(0.08) ? 61 + choice.between(0, 20) : choice.between(0, 30)));
  return values;
}
