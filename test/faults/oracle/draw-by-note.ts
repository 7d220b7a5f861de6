/** Statements in which rows are chosen by their note, so that one text means the same whichever keys have the names. */
import type { Statement, Unit } from './case.js';
import { wordOf, type Draft, type Pair } from './draft.js';
import { newRow, someRow } from './side-text.js';

export function drawByNote(draft: Draft, side: 'old' | 'new'): Unit {
  const { choice, shapes, pairs } = draft;
  const pair = choice.one(pairs);
  const kind =
    draft.edits && choice.chance(0.3) ? 'edit' : choice.one(['insert', 'refer', 'update', 'delete'] as const);
  const sql = BY_NOTE[kind](draft, pair) ?? BY_NOTE.update(draft, pair)!;
  shapes.add(`by note: ${kind}`).add(`${side} side`);
  const statement: Statement = { beside: sql, alone: sql, form: `by note: ${kind}` };
  // The names mean the side that has them: never called otherwise.
  return { statements: [statement], isolation: 'READ COMMITTED', end: 'COMMIT', span: 'now', side: 'new' };
}

const note = (n: number): string => `'note ${n}'`;

const BY_NOTE: Readonly<
  Record<'insert' | 'refer' | 'update' | 'delete' | 'edit', (draft: Draft, pair: Pair) => string | undefined>
> = {
  insert: (draft, pair) => {
    if (!pair.sourceIdentity) return undefined;
    const n = newRow(draft);
    const columns = pair.references.map(({ columns: [column], parent }) => ({
      name: column!.name,
      value: `(SELECT id FROM ${parent.source} WHERE note = ${note(someRow(draft))})`,
    }));
    return `INSERT INTO ${pair.source} (${['word', 'note', ...columns.map(({ name }) => name)].join(', ')}) VALUES (${[`'By note ${n}'`, note(n * 1000), ...columns.map(({ value }) => value)].join(', ')})`;
  },
  refer: (draft, pair) => {
    const reference = draft.choice.maybeOne(pair.references);
    if (reference === undefined) return undefined;
    const { parent, columns, nullable } = reference;
    const to =
      nullable && draft.choice.chance(0.3)
        ? 'NULL'
        : `(SELECT id FROM ${parent.source} WHERE note = ${note(someRow(draft))})`;
    return `UPDATE ${pair.source} SET ${columns[0]!.name} = ${to} WHERE note IN (${note(someRow(draft))}, ${note(someRow(draft))})`;
  },
  update: (draft, pair) =>
    `UPDATE ${pair.source} SET ${wordOf(pair).name} = 'By note ${newRow(draft)}' WHERE note IN (${note(someRow(draft))}, ${note(someRow(draft))})`,
  delete: (draft, pair) => `DELETE FROM ${pair.source} WHERE note = ${note(someRow(draft))}`,
  edit: (draft) =>
    `UPDATE edits SET body = 'By note ${newRow(draft)}' WHERE nr IN (${someRow(draft)}, ${someRow(draft)})`,
};
