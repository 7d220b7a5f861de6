/** What only conversions of keys have: references of two parts, and what is made by hand of both. */
import { column, type Draft, type Feature } from '../draft.js';

/** A child refers to a row and to the parent of that row with one foreign key of two columns, both of which are converted. */
function composite(draft: Draft): boolean {
  const [parent, child] = draft.pairs;
  const reference = child?.references[0];
  if (parent === undefined || child === undefined || reference === undefined || reference.parent !== parent)
    return false;
  const own = reference.columns[0]!.name;
  const type = parent.key[0]!.type;
  const unique = `${child.source}_both`;
  const [up, to] = ['edit_up', 'edit_to'];
  const actions = draft.choice.one(['', ' ON DELETE CASCADE', ' ON UPDATE CASCADE ON DELETE SET NULL']);
  draft.after.push(
    `ALTER TABLE ${child.source} ADD CONSTRAINT ${unique} UNIQUE (${own}, id)`,
    `CREATE TABLE edits (nr int PRIMARY KEY, ${up} ${type}, ${to} ${type}, note text, body text, CONSTRAINT edits_fk FOREIGN KEY (${up}, ${to}) REFERENCES ${child.source} (${own}, id)${actions})`,
    `INSERT INTO edits SELECT row_number() OVER (ORDER BY note), ${own}, CASE WHEN ${own} IS NOT NULL THEN id END, note, 'body' FROM ${child.source}`,
    'CREATE INDEX ON edits (edit_to)',
  );
  draft.others.push({
    table: 'edits',
    columns: ['nr', up, to, 'note', 'body'],
    counted: [],
    converted: [up, to],
    log: false,
  });
  draft.references.push({ table: 'edits', columns: [up, to], parent: child.source, parentColumns: [own, 'id'] });
  draft.edits = true;
  return true;
}

/** Another column that no conversion reads, beside the keys. */
function plainColumn(draft: Draft): boolean {
  const pair = draft.choice.one(draft.pairs);
  pair.columns.push(column('secret', null, 'text', " DEFAULT 'kept'", (n) => `'secret ${n}'`));
  return true;
}

export const CONVERSIONS: readonly Feature[] = [
  { name: 'composite reference of two parts', weight: 8, kinds: ['convert'], add: composite },
  { name: 'column that is not converted', weight: 1, kinds: ['convert'], add: plainColumn },
];
