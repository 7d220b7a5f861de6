import { describe, expect, it } from 'vitest';

import type { Column, Index } from '../../../src/catalog/catalog-snapshot.js';
import { primaryKeyOf, uniqueKeysOf, walkableKeyOf } from '../../../src/catalog/walkable-key.js';
import { column, table, uniqueIndex } from './catalog-fixture.js';

const columns = [column('id', 'bigint'), column('code', 'text'), column('note', 'text', { notNull: false })];

/** The reason against one index, or the columns of the key. */
function walk(index: Partial<Index>, changed: Partial<Column> = {}, keys: Index['keys'] = ['code']): string {
  const changedColumns = columns.map((each) => (each.name === 'code' ? { ...each, ...changed } : each));
  const key = walkableKeyOf(table('t', { columns: changedColumns, indexes: [uniqueIndex('i', keys, index)] }), 'i');
  return key.ok ? key.value.columns.map(({ name }) => name).join() : key.diagnostics[0]!.detail;
}

describe('walkableKeyOf', () => {
  it('takes the primary key before any other, and the named index before it', () => {
    const indexes = [uniqueIndex('a', ['code']), uniqueIndex('t_pkey', ['id'], { primary: true })];
    const relation = table('t', { columns, indexes });
    expect(walkableKeyOf(relation)).toMatchObject({
      value: { index: 't_pkey', columns: [{ name: 'id', type: 'bigint' }] },
    });
    expect(walkableKeyOf(relation, 'a')).toMatchObject({ value: { index: 'a' } });
  });

  it('takes another index where the primary key cannot be walked', () => {
    const indexes = [uniqueIndex('t_pkey', ['id'], { primary: true, deferrable: true }), uniqueIndex('a', ['code'])];
    expect(walkableKeyOf(table('t', { columns, indexes }))).toMatchObject({ value: { index: 'a' } });
  });

  it.each<[string, Partial<Index>, Partial<Column>, Index['keys']]>([
    ['it is not unique', { unique: false }, {}, ['code']],
    ['it is not valid', { valid: false }, {}, ['code']],
    ['it is a hash index', { method: 'hash' }, {}, ['code']],
    ['it is partial', { partial: true }, {}, ['code']],
    ['it may hold doubles until COMMIT', { deferrable: true }, {}, ['code']],
    ['its collation takes different texts for equal', { deterministicCollation: false }, {}, ['code']],
    ['the collation of `code` takes different texts for equal', {}, { deterministicCollation: false }, ['code']],
    ['its order is not that of the comparison', { rowOrder: false }, {}, ['code']],
    ['its key 2 is an expression', {}, {}, ['id', null]],
    ['`note` may be NULL', {}, {}, ['id', 'note']],
    ['`code` is real', {}, { type: 'real' }, ['code']],
    ['`code` is public.ratio', {}, { type: 'public.ratio', baseType: 'double precision' }, ['code']],
    ['`code` is double precision[]', {}, { type: 'double precision[]' }, ['code']],
  ])('refuses an index because %s', (reason, index, changed, keys) => {
    expect(walk(index, changed, keys)).toContain(reason);
  });

  it('compares under the collation of the index where it is not that of the column', () => {
    const relation = table('t', {
      columns,
      indexes: [uniqueIndex('i', ['code'], { keyCollations: ['pg_catalog."C"'] })],
    });
    expect(walkableKeyOf(relation)).toMatchObject({
      value: { columns: [{ name: 'code', type: 'text', collation: 'pg_catalog."C"' }] },
    });
  });

  it('gives every reason against every unique index, and a remedy', () => {
    const indexes = [
      uniqueIndex('p', ['id'], { primary: true, deferrable: true }),
      uniqueIndex('n', ['note'], { partial: true }),
      uniqueIndex('plain', ['id'], { unique: false }),
    ];
    const refused = walkableKeyOf(table('t', { columns, indexes }));
    expect(refused.diagnostics).toHaveLength(1);
    expect(refused.diagnostics[0]).toMatchObject({ code: 'LS2006' });
    expect(refused.diagnostics[0]!.detail.split('\n')).toEqual([
      '`public.t` has no unique index that can be walked:',
      '`p`: it may hold doubles until COMMIT (make its constraint NOT DEFERRABLE).',
      '`n`: it is partial, so it does not hold every row (build one without WHERE); `note` may be NULL, and a row with NULL ' +
        'comes after no other (ALTER COLUMN note SET NOT NULL).',
    ]);
    expect(walkableKeyOf(table('t', { columns })).diagnostics[0]!.detail).toContain(
      'no primary key and no unique index',
    );
  });

  it('knows the index that was probably meant', () => {
    const refused = walkableKeyOf(table('t', { columns, indexes: [uniqueIndex('t_code', ['code'])] }), 't_cod');
    expect(refused.diagnostics[0]).toMatchObject({ code: 'LS2007', help: 'did you mean `t_code`?' });
  });
});

describe('the keys of a relation', () => {
  const relation = table('t', {
    columns,
    indexes: [
      uniqueIndex('b', ['note']),
      uniqueIndex('a', ['code', 'id']),
      uniqueIndex('p', ['id'], { primary: true }),
      uniqueIndex('e', ['id', null]),
      uniqueIndex('d', ['code'], { deferrable: true }),
      uniqueIndex('w', ['code'], { partial: true }),
      uniqueIndex('v', ['code'], { valid: false }),
    ],
  });

  it('names the primary key', () => {
    expect(primaryKeyOf(relation)).toEqual(['id']);
    expect(primaryKeyOf(table('t'))).toBeUndefined();
  });

  it('lists what a conflict target can be inferred from, primary key first', () => {
    expect(uniqueKeysOf(relation).map(({ columns: key }) => key)).toEqual([['id'], ['note'], ['code', 'id']]);
  });
});
