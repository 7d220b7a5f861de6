/** How tables refer to each other, and what of others refers to them: actions, deferrable or not, on either side. */
import { column, EVERY, type Column, type Draft, type Feature, type Pair, type Reference } from '../draft.js';

interface ForeignKey {
  readonly onDelete: string;
  readonly onUpdate: string;
  readonly deferrable: string;
}

/** A reference from `child` to `parent` on both sides, with a foreign key where one is drawn. */
export function addReference(
  draft: Draft,
  child: Pair,
  parent: Pair,
  { circle = false }: { readonly circle?: boolean },
): Reference {
  const { choice, kind, shapes, references } = draft;
  const self = child === parent;
  const nullable = self || circle || choice.chance(0.6);
  const columns = parent.key.map((key): Column => {
    const name =
      parent.key.length === 1 ? `${parent.id}_${self ? 'up' : 'ref'}` : `${parent.id}_${self ? 'up_' : ''}${key.name}`;
    const to = choice.chance(0.3) ? `${name}_new` : name;
    return { ...column(name, to, key.type, nullable ? '' : ' NOT NULL', key.value), toType: key.toType };
  });
  child.columns.push(...columns);
  const reference: Reference = { parent, columns, nullable };
  child.references.push(reference);
  shapes.add(self ? 'tree' : circle ? 'circle' : 'parent');
  const drawn = foreignKey(draft, nullable, self || circle);
  const soft = kind === 'convert' ? choice.chance(0.15) : choice.chance(0.12);
  if (!soft) writeForeignKey(draft, child, reference, 'old', drawn);
  if (kind === 'convert') {
    references.push({
      ...{ table: child.source, columns: columns.map(({ name }) => name) },
      ...{ parent: parent.source, parentColumns: parent.key.map(({ name }) => name) },
    });
    if (soft) {
      shapes.add('soft reference');
      draft.soft.push({ column: `${child.source}.${columns[0]!.name}`, to: parent.source });
    }
    return reference;
  }
  // The same as on the old side, mostly; where it is absent there, the target has none that it could break.
  if (!soft && choice.chance(0.4)) {
    const same = choice.chance(0.8);
    writeForeignKey(
      draft,
      child,
      reference,
      'new',
      same ? drawn : { ...foreignKey(draft, nullable, true), deferrable: drawn.deferrable },
    );
    shapes.add(self ? 'tree among the targets' : circle ? 'circle among the targets' : 'parent among the targets');
    if (!same) shapes.add('other actions among the targets');
  }
  return reference;
}

function foreignKey({ choice, shapes }: Draft, nullable: boolean, circle: boolean): ForeignKey {
  const actions = (what: string): string => {
    const action = choice.weighted([
      [4, 'NO ACTION'],
      [4, 'CASCADE'],
      [nullable ? 2 : 0, 'SET NULL'],
      [1, 'RESTRICT'],
    ] as const);
    shapes.add(`${what} ${action}`);
    return action;
  };
  const deferrable = choice.weighted([
    [circle ? 3 : 5, ''],
    [1, ' DEFERRABLE'],
    [2, ' DEFERRABLE INITIALLY DEFERRED'],
  ] as const);
  shapes.add(deferrable === '' ? 'not deferrable' : deferrable.trim().toLowerCase());
  return { onDelete: actions('ON DELETE'), onUpdate: actions('ON UPDATE'), deferrable };
}

function writeForeignKey(
  { after }: Draft,
  child: Pair,
  { parent, columns }: Reference,
  side: 'old' | 'new',
  { onDelete, onUpdate, deferrable }: ForeignKey,
): void {
  const old = side === 'old';
  const called = (list: readonly Column[]): string => list.map(({ name, to }) => (old ? name : to!)).join(', ');
  const [own, theirs] = old ? [child.source, parent.source] : [child.target, parent.target];
  // The target's own constraint, added where the plan makes the table, too.
  after.push(
    `ALTER TABLE ${own} ADD CONSTRAINT ${own}_${columns[0]!.name}_fk FOREIGN KEY (${called(columns)}) REFERENCES ${theirs} (${called(parent.key)}) ON DELETE ${onDelete} ON UPDATE ${onUpdate}${deferrable}`,
  );
}

const ACTIONS = ['NO ACTION', 'CASCADE', 'SET NULL', 'RESTRICT', 'CASCADE'] as const;

/** A table of others that refers to one side, and is in no mapping. */
function hang(draft: Draft, side: 'old' | 'new'): boolean {
  const { choice, after, pairs, hangers, others, shapes } = draft;
  const pair = choice.one(pairs);
  if (side === 'new' && pair.made) return false;
  const [onDelete, onUpdate] = [choice.one(ACTIONS), choice.one(ACTIONS)];
  const table = `hang_${side}_${pair.id}`;
  const columns = pair.key.map(({ name }) => `to_${name}`);
  const types = pair.key.map(({ type }, index) => `${columns[index]!} ${type}`);
  const parent = side === 'old' ? pair.source : pair.target;
  const keys = pair.key.map(({ name, to }) => (side === 'old' ? name : to!));
  const deferrable = choice.one(['', '', ' DEFERRABLE INITIALLY DEFERRED']);
  after.push(
    `CREATE TABLE ${table} (nr int PRIMARY KEY, ${types.join(', ')}, note text, CONSTRAINT ${table}_fk FOREIGN KEY (${columns.join(', ')}) REFERENCES ${parent} (${keys.join(', ')}) ON DELETE ${onDelete} ON UPDATE ${onUpdate}${deferrable})`,
  );
  if (side === 'old') {
    after.push(
      `INSERT INTO ${table} SELECT row_number() OVER (ORDER BY note), ${keys.join(', ')}, note FROM ${pair.source} WHERE n % 3 = 0`,
    );
    const converted = draft.kind === 'convert' ? columns : [];
    others.push({ table, columns: ['nr', ...columns, 'note'], counted: [], converted, log: false });
    if (draft.kind === 'convert')
      draft.references.push({ table, columns, parent: pair.source, parentColumns: pair.key.map(({ name }) => name) });
  } else hangers.push({ table, mapping: pair.id, columns, mayBeNull: onUpdate === 'SET NULL' });
  shapes.add(`${side === 'old' ? 'referrer of the source' : 'referrer of the target'}, ON DELETE ${onDelete}`);
  shapes.add(`${side === 'old' ? 'referrer of the source' : 'referrer of the target'}, ON UPDATE ${onUpdate}`);
  return true;
}

export const REFERRERS: readonly Feature[] = [
  { name: 'table of others refers to a source', weight: 3, kinds: EVERY, add: (draft) => hang(draft, 'old') },
  { name: 'table of others refers to a target', weight: 5, add: (draft) => hang(draft, 'new') },
];
