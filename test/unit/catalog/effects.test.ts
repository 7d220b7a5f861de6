import { describe, expect, it } from 'vitest';

import type { CatalogSnapshot, Constraint, Relation } from '../../../src/catalog/catalog-snapshot.js';
import { applyEffects, type CatalogEffect } from '../../../src/catalog/effects.js';
import { walkableKeyOf } from '../../../src/catalog/walkable-key.js';
import { catalogOf, column, table, uniqueIndex } from './catalog-fixture.js';

const users = { schema: 'public', name: 'users' };
const posts = { schema: 'public', name: 'posts' };
const authorKey = constraint('posts_author', 'foreign key', ['author'], {
  references: { table: users, columns: ['id'] },
});
const before = freeze(
  catalogOf(
    table('users', {
      columns: [column('id', 'bigint'), column('name', 'text', { notNull: false, default: `'x'` })],
      indexes: [uniqueIndex('users_pkey', ['id'], { primary: true }), uniqueIndex('users_name', ['name'])],
      constraints: [constraint('users_pkey', 'primary key', ['id'])],
    }),
    table('posts', { columns: [column('id', 'bigint'), column('author', 'bigint')], constraints: [authorKey] }),
    table('events', { kind: 'partitioned table' }),
    table('events_1', { parent: { schema: 'public', name: 'events' }, partition: true }),
  ),
);

function constraint(
  name: string,
  kind: Constraint['kind'],
  columns: readonly string[],
  given: Partial<Constraint> = {},
): Constraint {
  return { name, kind, columns, validated: true, deferrable: false, definition: '', ...given };
}

/** A change in place throws. */
function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(freeze);
  return value;
}

function after(...effects: readonly CatalogEffect[]): CatalogSnapshot {
  return applyEffects(before, effects);
}

function relation(snapshot: CatalogSnapshot, key: string): Relation {
  const found = snapshot.relations[key];
  if (found === undefined) throw new Error(`no ${key}`);
  return found;
}

describe('applyEffects', () => {
  it('returns another snapshot and leaves the first as it was', () => {
    const copy = structuredClone(before);
    expect(after({ kind: 'relation dropped', relation: users }).relations).not.toHaveProperty(['public.users']);
    expect(before).toEqual(copy);
  });

  it('makes a table that the next step can use, with the key that its constraint brings', () => {
    const made = { schema: 'public', name: 'made' };
    const next = after(
      {
        kind: 'relation created',
        relation: made,
        relationKind: 'table',
        columns: [column('id', 'uuid', { notNull: false })],
      },
      { kind: 'constraint added', relation: made, constraint: constraint('made_pkey', 'primary key', ['id']) },
    );
    const table = relation(next, 'public.made');
    expect(table).toMatchObject({ owner: 'ann', estimatedRows: 0, columns: [{ name: 'id', notNull: true }] });
    expect(walkableKeyOf(table)).toMatchObject({ ok: true, value: { index: 'made_pkey' } });
  });

  it('keeps a relation that is there when it is created or declared again', () => {
    const again: CatalogEffect = { kind: 'relation created', relation: users, relationKind: 'table', columns: [] };
    expect(after(again, { kind: 'relation declared', relation: users })).toEqual(before);
  });

  it('marks a declared relation opaque', () => {
    const next = after({ kind: 'relation declared', relation: { schema: 'public', name: 'x' } });
    expect(relation(next, 'public.x').opaque).toBe(true);
  });

  it('takes partitions and the foreign keys of others along with a table', () => {
    const next = after(
      { kind: 'relation dropped', relation: users },
      { kind: 'relation dropped', relation: { schema: 'public', name: 'events' } },
    );
    expect(Object.keys(next.relations)).toEqual(['public.posts']);
    expect(relation(next, 'public.posts').constraints).toEqual([]);
  });

  it('drops what is in a schema with the schema', () => {
    const next = after({ kind: 'schema dropped', schema: 'public' });
    expect(next.relations).toEqual({});
    expect(next.schemas).toEqual(['auth']);
  });

  it('follows a rename into references and partitions', () => {
    const next = after(
      { kind: 'relation renamed', relation: users, to: { schema: 'auth', name: 'people' } },
      { kind: 'relation renamed', relation: { schema: 'public', name: 'events' }, to: { schema: 'public', name: 'e' } },
      { kind: 'column renamed', relation: { schema: 'auth', name: 'people' }, column: 'id', to: 'key' },
    );
    expect(next.relations).not.toHaveProperty(['public.users']);
    expect(relation(next, 'auth.people')).toMatchObject({
      name: 'people',
      columns: [{ name: 'key' }, { name: 'name' }],
      indexes: [{ keys: ['key'] }, { keys: ['name'] }],
      constraints: [{ columns: ['key'] }],
    });
    const { references } = relation(next, 'public.posts').constraints[0]!;
    expect(references).toEqual({ table: { schema: 'auth', name: 'people' }, columns: ['key'] });
    expect(relation(next, 'public.events_1').parent).toEqual({ schema: 'public', name: 'e' });
  });

  it('drops keys and references with their column', () => {
    const next = after({ kind: 'column dropped', relation: users, column: 'id' });
    expect(relation(next, 'public.users')).toMatchObject({ indexes: [{ name: 'users_name' }], constraints: [] });
    expect(relation(next, 'public.posts').constraints).toEqual([]);
  });

  it('changes what is said of a column and keeps the rest', () => {
    const next = after({ kind: 'column changed', relation: users, column: 'name', notNull: true, default: null });
    const name = relation(next, 'public.users').columns[1];
    expect(name).toEqual(column('name', 'text'));
    const typed = after({ kind: 'column changed', relation: users, column: 'name', type: 'varchar(9)' });
    expect(relation(typed, 'public.users').columns[1]).toMatchObject({
      type: 'varchar(9)',
      notNull: false,
      default: `'x'`,
    });
  });

  it('lets a constraint take over an index, and drops the index with it', () => {
    const unique = constraint('users_name', 'unique', ['name'], { deferrable: true });
    const next = after({ kind: 'constraint added', relation: users, constraint: unique });
    expect(relation(next, 'public.users').indexes.filter(({ name }) => name === 'users_name')).toMatchObject([
      { deferrable: true, primary: false },
    ]);
    const gone = applyEffects(next, [{ kind: 'constraint dropped', relation: users, constraint: 'users_name' }]);
    expect(relation(gone, 'public.users').indexes.map(({ name }) => name)).toEqual(['users_pkey']);
  });

  it('drops a foreign key with the last key that it can rest on', () => {
    const second: CatalogEffect = { kind: 'index added', relation: users, index: uniqueIndex('second', ['id']) };
    const drop: CatalogEffect = { kind: 'constraint dropped', relation: users, constraint: 'users_pkey' };
    expect(relation(after(second, drop), 'public.posts').constraints).toEqual([authorKey]);
    expect(relation(after(drop), 'public.posts').constraints).toEqual([]);
    const last: CatalogEffect = { kind: 'index dropped', relation: users, index: 'second' };
    expect(relation(after(second, drop, last), 'public.posts').constraints).toEqual([]);
  });

  it('takes a column for NOT NULL only when the constraint is validated', () => {
    const notValid = constraint('nn', 'not null', ['name'], { validated: false });
    const added = after({ kind: 'constraint added', relation: users, constraint: notValid });
    const notNull = (snapshot: CatalogSnapshot): boolean | undefined =>
      relation(snapshot, 'public.users').columns[1]?.notNull;
    expect(notNull(added)).toBe(false);
    const validated = applyEffects(added, [{ kind: 'constraint validated', relation: users, constraint: 'nn' }]);
    expect(notNull(validated)).toBe(true);
    const dropped = applyEffects(validated, [{ kind: 'constraint dropped', relation: users, constraint: 'nn' }]);
    expect(notNull(dropped)).toBe(false);
  });

  it('changes nothing for what is not there', () => {
    const nobody = { schema: 'public', name: 'nobody' };
    expect(
      after(
        { kind: 'relation dropped', relation: nobody },
        { kind: 'column added', relation: nobody, column: column('id', 'int') },
        { kind: 'constraint dropped', relation: posts, constraint: 'x' },
        { kind: 'trigger dropped', relation: posts, trigger: 'x' },
      ),
    ).toEqual(before);
  });

  it('survives the way through JSON', () => {
    const effects: readonly CatalogEffect[] = [
      { kind: 'index added', relation: posts, index: uniqueIndex('e', ['id', null]) },
      { kind: 'trigger added', relation: posts, trigger: { name: 't', definition: '', enabled: 'origin', events: [] } },
      {
        kind: 'function created',
        function: { kind: 'function', schema: 'public', name: 'f', arguments: 'integer', volatility: 'stable' },
      },
    ];
    const stored = JSON.parse(JSON.stringify(effects)) as readonly CatalogEffect[];
    expect(after(...stored)).toEqual(after(...effects));
    expect(after(...effects).functions).toHaveProperty(['public.f(integer)']);
  });
});
