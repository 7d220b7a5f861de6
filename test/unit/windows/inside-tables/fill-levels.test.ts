/** One pass for a table wherever its references do not lead back to it. */
import { expect, it } from 'vitest';

import type { Twin, TwinTable, ValueRule } from '../../../../src/windows/inside-tables/columns-window.js';
import { fillLevels } from '../../../../src/windows/inside-tables/fill-levels.js';

/** `references`: tables whose key each refers to. */
function table(name: string, references: readonly string[] = [], how: 'random' | 'cast' = 'random'): TwinTable {
  const by: ValueRule = { how };
  const twin = { new: 'new', legacy: 'legacy', type: 'integer', notNull: true, default: null, swaps: true };
  const own: Twin = { ...twin, old: 'id', value: { kind: 'own', by, oldValue: null } };
  const lookedUp = references.map((parent): Twin => {
    const also = { also: [], where: null, whereReads: [], upheld: true, orphans: 'fail' as const };
    return { ...twin, old: parent, value: { kind: 'looked up', by, parent, parentColumn: 'id', ...also } };
  });
  return { name, relation: {} as TwinTable['relation'], key: [], parts: [], twins: [own, ...lookedUp] };
}

/** `table.column: level`, of all columns. */
function levels(...tables: readonly TwinTable[]): readonly string[] {
  const levelOf = fillLevels({ tables });
  return tables.flatMap((one) => one.twins.map((twin) => `${one.name}.${twin.old}: ${levelOf(one, twin)}`));
}

it('fills the key of a child with its references, and grandchildren after it', () => {
  expect(levels(table('users'), table('posts', ['users']), table('votes', ['posts', 'users']))).toEqual([
    ...['users.id: 0', 'posts.id: 1', 'posts.users: 1', 'votes.id: 2', 'votes.posts: 2', 'votes.users: 2'],
  ]);
});

it('fills the key of a table that refers to itself before the reference', () => {
  expect(levels(table('staff', ['staff']), table('desks', ['staff']))).toEqual([
    ...['staff.id: 0', 'staff.staff: 1', 'desks.id: 1', 'desks.staff: 1'],
  ]);
});

it('fills the keys of a circle before what refers to them, also behind a parent of their own', () => {
  expect(levels(table('firms'), table('teams', ['staff', 'firms']), table('staff', ['teams']))).toEqual([
    ...['firms.id: 0', 'teams.id: 0', 'teams.staff: 1', 'teams.firms: 1', 'staff.id: 0', 'staff.teams: 1'],
  ]);
});

it('waits for nobody where a value is computed from the own row', () => {
  expect(levels(table('users', [], 'cast'), table('posts', ['users'], 'cast'))).toEqual([
    ...['users.id: 0', 'posts.id: 0', 'posts.users: 0'],
  ]);
});

it('takes its time for no graph twice', () => {
  const names = Array.from({ length: 60 }, (_, index) => `t${index}`);
  const tables = names.map((name, index) => table(name, names.slice(Math.max(0, index - 3), index)));
  expect(levels(...tables).at(-1)).toBe('t59.t58: 59');
});
