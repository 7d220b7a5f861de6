/** Single statements over a pair, each said for both sides at once. Another form is a function and a line in the list. */
import type { Statement } from './case.js';
import { plainColumns, type Column, type Draft, type Pair } from './draft.js';
import { newRow, rowValues, sideText, someRow, writable, type SideText } from './side-text.js';

/** Undefined where it does not fit the pair. */
export type Say = (draft: Draft, pair: Pair, side: 'old' | 'new') => ((text: SideText) => string) | undefined;

export interface Form {
  readonly name: string;
  readonly weight: number;
  readonly say: Say;
  /** Default: of both sides. */
  readonly sides?: readonly ('old' | 'new')[];
}

function values(columns: readonly Column[], row: ReadonlyMap<Column, string>, text: SideText): string {
  return columns.map((column) => text.given(column, row.get(column)!)).join(', ');
}

/** INSERT of rows; a child may come before its parent in one statement. */
function insertText(draft: Draft, pair: Pair, side: 'old' | 'new', count: number): (text: SideText) => string {
  const columns = writable(pair, side);
  const numbers = Array.from({ length: count }, () => (draft.choice.chance(0.9) ? newRow(draft) : someRow(draft)));
  const rows = numbers.map((n, index) => rowValues(draft, pair, n, numbers[index + 1]));
  return (text) =>
    `INSERT INTO ${text.table} (${text.names(columns)})${overriding(pair, text)} VALUES ${rows.map((row) => `(${values(columns, row, text)})`).join(', ')}`;
}

function overriding({ identity, sourceIdentity }: Pair, { side }: SideText): string {
  return (side === 'new' && identity === 'ALWAYS') || (side === 'old' && sourceIdentity)
    ? ' OVERRIDING SYSTEM VALUE'
    : '';
}

/** Which rows: by the last part of the key, several, by a value, all. */
function where(draft: Draft, pair: Pair, few = false): (text: SideText) => string {
  const { choice } = draft;
  const key = pair.key.at(-1)!;
  const literal = (): string => {
    const n = someRow(draft);
    const { spelled } = pair.keyType;
    return spelled !== undefined && choice.chance(0.3) ? spelled(n) : key.value(n);
  };
  const kind = choice.weighted([
    [5, 'one'],
    [few ? 0 : 3, 'some'],
    [few ? 0 : 2, 'value'],
    [few ? 0 : 1, 'all'],
  ] as const);
  const literals = [literal(), ...(kind === 'some' ? [literal(), literal()] : [])];
  const n = pair.columns.find(({ name }) => name === 'n')!;
  const limit = choice.between(2, 9);
  return (text) => {
    if (kind === 'all') return '';
    if (kind === 'value') return ` WHERE ${text.name(n)} < ${text.given(n, String(limit))}`;
    return ` WHERE ${text.name(key)} IN (${literals.join(', ')})`;
  };
}

function setValues(draft: Draft, pair: Pair, side: 'old' | 'new'): (text: SideText) => string {
  const { choice } = draft;
  const plain = plainColumns(pair).filter(
    ({ name, to }) => name !== 'note' && name !== 'kind' && (side === 'old' || to !== null),
  );
  const references = pair.references.flatMap(({ columns }) => columns);
  const chosen = choice.some(
    plain.filter((each) => !references.includes(each)),
    choice.between(1, 2),
  );
  const row = rowValues(draft, pair, someRow(draft));
  return (text) => chosen.map((each) => `${text.name(each)} = ${text.given(each, row.get(each)!)}`).join(', ');
}

const update: Say = (draft, pair, side) => {
  const [set, which] = [setValues(draft, pair, side), where(draft, pair)];
  return (text) => `UPDATE ${text.table} SET ${set(text)}${which(text)}`;
};

const refer: Say = (draft, pair) => {
  const reference = draft.choice.maybeOne(pair.references);
  if (reference === undefined) return undefined;
  const { parent, columns, nullable } = reference;
  const none = nullable && draft.choice.chance(0.25);
  const to = someRow(draft);
  const which = where(draft, pair);
  return (text) =>
    `UPDATE ${text.table} SET ${columns.map((each, at) => `${text.name(each)} = ${none ? 'NULL' : parent.key[at]!.value(to)}`).join(', ')}${which(text)}`;
};

/** An identity that is ALWAYS generated takes no new value. */
export function keyMoves({ keysMove }: Draft, { identity }: Pair, side: 'old' | 'new'): boolean {
  return keysMove && !(side === 'new' && identity === 'ALWAYS');
}

/** To a new key, another spelling of its own, or (of a composite one) with another part. */
const rekey: Say = (draft, pair, side) => {
  if (!keyMoves(draft, pair, side)) return undefined;
  const { choice, shapes } = draft;
  const from = someRow(draft);
  const { spelled } = pair.keyType;
  const own = spelled !== undefined && choice.chance(0.5);
  const to = own ? from : choice.chance(0.85) ? newRow(draft) : someRow(draft);
  const parts = pair.key.length === 1 ? pair.key : choice.one([pair.key, pair.key.slice(0, 1), pair.key.slice(1)]);
  const literals = parts.map((each) => (own ? (choice.chance(0.8) ? spelled(to) : each.value(to)) : each.value(to)));
  if (own) shapes.add('key gets another spelling');
  const which = pair.key.at(-1)!;
  const set = choice.chance(0.3) ? setValues(draft, pair, 'new') : undefined;
  return (text) =>
    `UPDATE ${text.table} SET ${parts.map((each, at) => `${text.name(each)} = ${literals[at]!}`).join(', ')}${set === undefined ? '' : `, ${set(text)}`} WHERE ${text.name(which)} = ${which.value(from)}`;
};

/** Many keys at once, by what they were. */
const shift: Say = (draft, pair, side) => {
  if (!keyMoves(draft, pair, side)) return undefined;
  const key = pair.key.at(-1)!;
  const number = ['int', 'bigint', 'numeric'].includes(key.type);
  if (!number && key.type !== 'text') return undefined;
  const by = draft.choice.one([100, 1000, 2000]);
  const which = where(draft, pair);
  return (text) =>
    `UPDATE ${text.table} SET ${text.name(key)} = ${number ? `${text.name(key)} + ${by}` : `${text.name(key)} || 'x${by}'`}${which(text)}`;
};

const remove: Say = (draft, pair) => {
  const which = where(draft, pair, draft.choice.chance(0.7));
  return (text) => `DELETE FROM ${text.table}${which(text)}`;
};

const upsert: Say = (draft, pair, side) => {
  const columns = writable(pair, side);
  const row = rowValues(draft, pair, draft.choice.chance(0.6) ? someRow(draft) : newRow(draft));
  const nothing = draft.choice.chance(0.3);
  const set = setValues(draft, pair, side);
  return (text) =>
    `INSERT INTO ${text.table} AS t (${text.names(columns)})${overriding(pair, text)} VALUES (${values(columns, row, text)}) ON CONFLICT (${text.names(pair.key)}) DO ${nothing ? 'NOTHING' : `UPDATE SET ${set(text)}`}`;
};

const merge: Say = (draft, pair, side) => {
  const columns = writable(pair, side);
  const rows = [rowValues(draft, pair, someRow(draft)), rowValues(draft, pair, newRow(draft))];
  const [set, gone] = [setValues(draft, pair, side), draft.choice.chance(0.3)];
  return (text) =>
    `MERGE INTO ${text.table} AS t USING (VALUES ${rows.map((row) => `(${values(columns, row, text)})`).join(', ')}) AS s (${text.names(columns)}) ON ${pair.key.map((each) => `t.${text.name(each)} = s.${text.name(each)}${castOf(each)}`).join(' AND ')} WHEN MATCHED THEN ${gone ? 'DELETE' : `UPDATE SET ${set(text)}`} WHEN NOT MATCHED THEN INSERT (${text.names(columns)})${overriding(pair, text)} VALUES (${columns.map((each) => `s.${text.name(each)}${castOf(each)}`).join(', ')})`;
};

/** A row of VALUES has text where a citext, a domain or a NULL is meant. */
function castOf({ type }: Column): string {
  return type.includes(' COLLATE') ? '' : `::${type}`;
}

/** Out and in again in one statement, with another key. */
const cte: Say = (draft, pair, side) => {
  if (side === 'new' || !draft.keysMove) return undefined;
  const columns = writable(pair, side);
  const [which, to] = [someRow(draft), newRow(draft)];
  const key = pair.key.at(-1)!;
  return (text) =>
    `WITH gone AS (DELETE FROM ${text.table} WHERE ${text.name(key)} = ${key.value(which)} RETURNING *) INSERT INTO ${text.table} (${text.names(columns)})${overriding(pair, text)} SELECT ${columns.map((each) => (each === key ? key.value(to) : each.name === 'note' ? `'note ${to * 1000}'` : text.name(each))).join(', ')} FROM gone`;
};

const copy: Say = (draft, pair, side) => {
  if (pair.identity === 'ALWAYS' && side === 'new') return undefined;
  const columns = writable(pair, side).filter(({ type }) => type !== 'boolean');
  const rows = Array.from({ length: draft.choice.between(1, 3) }, () => rowValues(draft, pair, newRow(draft)));
  const cell = (text: string): string => (text === 'NULL' ? '' : text.replace(/^'|'$/g, ''));
  // A column with an expression would have to be computed by whoever writes the file.
  if (side === 'new' && columns.some(({ expression }) => expression !== undefined)) return undefined;
  return (text) =>
    `COPY ${text.table} (${text.names(columns)}) FROM PROGRAM $$printf '%s\\n' ${rows.map((row) => `"${columns.map((each) => cell(row.get(each)!)).join(',')}"`).join(' ')}$$ (FORMAT csv)`;
};

const softly: Say = (draft, pair, side) => {
  const { live } = pair;
  if (live === null || side === 'new') return undefined;
  const [which, on] = [where(draft, pair), draft.choice.chance(0.5)];
  return (text) => `UPDATE ${text.table} SET ${text.name(live)} = ${on}${which(text)}`;
};

const throughView: Say = (draft, pair, side) => {
  if (pair.view === null || side === 'new') return undefined;
  const [set, which] = [setValues(draft, pair, side), where(draft, pair)];
  return (text) => `UPDATE ${pair.view!} SET ${set(text)}${which(text)}`;
};

export const FORMS: readonly Form[] = [
  { name: 'INSERT of one row', weight: 3, say: (draft, pair, side) => insertText(draft, pair, side, 1) },
  {
    name: 'INSERT of several rows',
    weight: 3,
    say: (draft, pair, side) => insertText(draft, pair, side, draft.choice.between(2, 4)),
  },
  { name: 'UPDATE', weight: 5, say: update },
  { name: 'UPDATE of a reference', weight: 2.5, say: refer },
  { name: 'UPDATE of a key', weight: 4, say: rekey },
  { name: 'UPDATE of many keys', weight: 1.5, say: shift },
  { name: 'DELETE', weight: 2.5, say: remove },
  { name: 'INSERT ON CONFLICT', weight: 2, say: upsert },
  { name: 'MERGE', weight: 2, say: merge },
  { name: 'CTE that moves a row', weight: 1, say: cte },
  { name: 'COPY', weight: 1, say: copy },
  { name: 'soft delete', weight: 3, say: softly },
  { name: 'UPDATE through a view', weight: 3, say: throughView },
];

/** A write to the new side is the same as one to the old side only where each holds exactly the other's rows. */
export function isWhole({ where, targetWhere }: Pair): boolean {
  return where === null && targetWhere === null;
}

/** A statement of either side, with what it answers. */
export function drawStatement(draft: Draft, side: 'old' | 'new', only?: string): Statement {
  const { choice, shapes } = draft;
  const pairs = side === 'old' ? draft.pairs : draft.pairs.filter(isWhole);
  for (;;) {
    const pair = choice.one(pairs);
    const form =
      only === undefined
        ? choice.weighted(FORMS.map((each) => [each.weight, each] as const))
        : FORMS.find(({ name }) => name === only)!;
    const say = form.say(draft, pair, side);
    if (say === undefined) continue;
    const text = sideText(pair, side);
    const returning = answers(draft, pair, form.name, side);
    shapes.add(form.name);
    if (returning !== undefined) shapes.add('RETURNING');
    const said = (each: SideText): string =>
      `${say(each)}${returning === undefined ? '' : ` RETURNING ${returning(each)}`}`;
    const beside = said(text);
    return { beside, alone: side === 'old' ? beside : said(sideText(pair, 'old')), form: form.name };
  }
}

function answers(
  draft: Draft,
  pair: Pair,
  form: string,
  side: 'old' | 'new',
): ((text: SideText) => string) | undefined {
  if (form === 'COPY' || form === 'MERGE' || !draft.choice.chance(0.35)) return undefined;
  // New columns in RETURNING * are what a window of columns may show.
  if (side === 'old' && draft.kind !== 'convert' && form !== 'UPDATE through a view') return () => '*';
  return (text) => text.names([...pair.key]);
}
