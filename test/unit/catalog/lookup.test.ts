import { describe, expect, it } from 'vitest';

import { findColumn, findRelation, findTable } from '../../../src/catalog/lookup.js';
import { lineIndex } from '../../../src/kernel/span.js';
import type { Outcome } from '../../../src/kernel/diagnostic.js';
import { catalogOf, column, table } from './catalog-fixture.js';

const users = table('users', { columns: [column('id', 'bigint'), column('Email', 'text')] });
const catalog = catalogOf(
  users,
  table('sessions', { schema: 'auth' }),
  table('a.b', { schema: 'Weird "s"' }),
  table('recent', { kind: 'view' }),
  table('later', { opaque: true }),
);
const place = { defaultSchema: 'public' };

function told(outcome: Outcome<unknown>): string {
  if (outcome.ok) throw new Error('nothing was wrong');
  const [{ code, detail, help } = { code: '', detail: '' }] = outcome.diagnostics;
  return `${code} ${detail} → ${help ?? ''}`;
}

describe('findRelation', () => {
  it('finds a name in the default schema, and elsewhere only with its schema', () => {
    expect(findRelation(catalog, ['users'], place)).toMatchObject({ ok: true, value: users });
    expect(findRelation(catalog, ['auth', 'sessions'], place).ok).toBe(true);
    expect(findRelation(catalog, ['Weird "s"', 'a.b'], place).ok).toBe(true);
    expect(told(findRelation(catalog, ['sessions'], place))).toBe(
      'LS2001 There is no `sessions` in schema `public` of `shop`. → it exists in another schema: write `auth.sessions`',
    );
  });

  it.each([
    [['user'], 'LS2001 There is no `user` in schema `public` of `shop`. → did you mean `users`?'],
    [['Users'], 'LS2001 There is no `Users` in schema `public` of `shop`. → did you mean `users`?'],
    [['sesions'], 'LS2001 There is no `sesions` in schema `public` of `shop`. → did you mean `auth.sessions`?'],
    [['aut', 'nothing'], 'LS2002 There is no schema `aut` in `shop`. → did you mean the schema `auth`?'],
    [
      ['x', 'sessions'],
      'LS2002 There is no schema `x` in `shop`. → it exists in another schema: write `auth.sessions`',
    ],
    [['xyz', 'q'], 'LS2002 There is no schema `xyz` in `shop`. → there are: Weird "s", auth, public'],
  ])('says what was probably meant by %j', (parts, words) => {
    expect(told(findRelation(catalog, parts, place))).toBe(words);
  });

  it('refuses a name of three parts, and puts the place of the name into the diagnostic', () => {
    const span = lineIndex('plan.yaml', 'table: a.b.c').span(7, 12);
    const found = findRelation(catalog, ['a', 'b', 'c'], { ...place, span });
    expect(told(found)).toContain('LS2008 `a.b.c` has 3 parts');
    expect(found.diagnostics[0]?.span).toEqual(span);
  });
});

describe('findTable', () => {
  it('refuses what has no rows of its own', () => {
    expect(findTable(catalog, ['users'], place).ok).toBe(true);
    expect(told(findTable(catalog, ['recent'], place))).toContain('LS2005 `public.recent` is a view.');
  });
});

describe('findColumn', () => {
  it('never folds a name', () => {
    expect(findColumn(users, 'Email').ok).toBe(true);
    expect(told(findColumn(users, 'email'))).toBe(
      'LS2003 `public.users` has no column `email`. → did you mean `Email`?',
    );
    expect(told(findColumn(users, 'telephone'))).toBe(
      'LS2003 `public.users` has no column `telephone`. → it has: id, Email',
    );
  });

  it('does not claim to know the columns of a table that a step declares', () => {
    expect(told(findColumn(catalog.relations['public.later']!, 'id'))).toContain('LS2004');
  });
});
